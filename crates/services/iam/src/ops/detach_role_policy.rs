//! `DetachRolePolicy`: detaches a managed policy from a role.

use crate::error::Error;
use crate::records::Role;
use crate::views::Empty;
use crate::{Iam, carrier};
use service::{Ctx, Reply};

#[derive(serde::Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    role_name: String,
    policy_arn: String,
}

pub(crate) async fn run(_: &Iam, ctx: &Ctx, input: Input) -> Result<Reply<Empty>, Error> {
    carrier::detach::<Role>(ctx, &input.role_name, &input.policy_arn).await
}
