//! `ListUsers`: the users of the account.

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
    users: Vec<views::User>,
    #[serde(flatten)]
    truncation: Truncation,
}

pub(crate) async fn run(_: &Iam, ctx: &Ctx, input: Input) -> Result<Reply<Output>, Error> {
    let users = all::<records::User>(ctx, input.path_prefix.as_deref()).await?;
    let question = format!("users under {}", input.path_prefix.unwrap_or_default());
    let (page, truncation) =
        input.paging.page(&question, users, |user| records::key(&user.name))?;
    let users = page.iter().map(|user| views::User::listed(ctx.account(), user)).collect();
    Ok(Reply::new(Output { users, truncation }))
}
