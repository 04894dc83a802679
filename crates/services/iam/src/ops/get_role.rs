//! `GetRole`: a role with its trust policy.

use crate::Iam;
use crate::entity::find;
use crate::error::Error;
use crate::{records, views};
use service::{Ctx, Reply};

#[derive(serde::Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    role_name: String,
}

#[derive(serde::Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output {
    role: views::Role,
}

pub(crate) async fn run(_: &Iam, ctx: &Ctx, input: Input) -> Result<Reply<Output>, Error> {
    let found = find::<records::Role>(ctx, &input.role_name).await?;
    Ok(Reply::new(Output { role: views::Role::full(ctx.account(), &found.value) }))
}
