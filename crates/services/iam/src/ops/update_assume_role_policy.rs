//! `UpdateAssumeRolePolicy`: replaces the trust policy of a role.

use crate::Iam;
use crate::document;
use crate::entity::{find, save};
use crate::error::Error;
use crate::records::Role;
use crate::views::Empty;
use service::{Ctx, Reply};
use store::Batch;

#[derive(serde::Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    role_name: String,
    policy_document: String,
}

pub(crate) async fn run(_: &Iam, ctx: &Ctx, input: Input) -> Result<Reply<Empty>, Error> {
    let mut found = find::<Role>(ctx, &input.role_name).await?;
    document::check_trust(ctx, &input.policy_document).await?;
    found.value.trust = input.policy_document;
    let mut batch = Batch::new();
    save(&mut batch, &found);
    Ok(Reply::with(Empty {}, batch))
}
