//! `UpdateRoleDescription`: changes the description of a role.

use crate::Iam;
use crate::entity::{find, save};
use crate::error::Error;
use crate::{records, views};
use service::{Ctx, Reply};
use store::Batch;

#[derive(serde::Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    role_name: String,
    description: String,
}

#[derive(serde::Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output {
    role: views::Role,
}

pub(crate) async fn run(_: &Iam, ctx: &Ctx, input: Input) -> Result<Reply<Output>, Error> {
    let mut found = find::<records::Role>(ctx, &input.role_name).await?;
    found.value.description = Some(input.description);
    let mut batch = Batch::new();
    save(&mut batch, &found);
    Ok(Reply::with(Output { role: views::Role::described(ctx.account(), &found.value) }, batch))
}
