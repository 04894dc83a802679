//! `ListGroups`: the groups of the account.

use crate::Iam;
use crate::entity::all;
use crate::error::Error;
use crate::page::{Paging, Truncation};
use crate::{records, views};
use service::{Ctx, Reply};

#[derive(serde::Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    path_prefix: Option<String>,
    #[serde(flatten)]
    paging: Paging,
}

#[derive(serde::Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output {
    groups: Vec<views::Group>,
    #[serde(flatten)]
    truncation: Truncation,
}

pub(crate) async fn run(_: &Iam, ctx: &Ctx, input: Input) -> Result<Reply<Output>, Error> {
    let groups = all::<records::Group>(ctx, input.path_prefix.as_deref()).await?;
    let question = format!("groups under {}", input.path_prefix.unwrap_or_default());
    let (page, truncation) =
        input.paging.page(&question, groups, |group| records::key(&group.name))?;
    let groups = page.iter().map(|group| views::Group::new(ctx.account(), group)).collect();
    Ok(Reply::new(Output { groups, truncation }))
}
