//! `GetUser`: a user; without a name the caller.

use crate::Iam;
use crate::caller::user_name_or_own;
use crate::entity::find;
use crate::error::Error;
use crate::{records, views};
use service::{Ctx, Reply};

#[derive(serde::Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    user_name: Option<String>,
}

#[derive(serde::Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output {
    user: views::User,
}

pub(crate) async fn run(_: &Iam, ctx: &Ctx, input: Input) -> Result<Reply<Output>, Error> {
    let name = user_name_or_own(ctx, input.user_name)?;
    let found = find::<records::User>(ctx, &name).await?;
    Ok(Reply::new(Output { user: views::User::full(ctx.account(), &found.value) }))
}
