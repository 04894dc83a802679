//! `ListRoles`: the roles of the account.

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
    roles: Vec<views::Role>,
    #[serde(flatten)]
    truncation: Truncation,
}

pub(crate) async fn run(_: &Iam, ctx: &Ctx, input: Input) -> Result<Reply<Output>, Error> {
    let roles = all::<records::Role>(ctx, input.path_prefix.as_deref()).await?;
    let question = format!("roles under {}", input.path_prefix.unwrap_or_default());
    let (page, truncation) =
        input.paging.page(&question, roles, |role| records::key(&role.name))?;
    let roles = page.iter().map(|role| views::Role::listed(ctx.account(), role)).collect();
    Ok(Reply::new(Output { roles, truncation }))
}
