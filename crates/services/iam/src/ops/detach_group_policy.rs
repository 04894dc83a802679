//! `DetachGroupPolicy`: detaches a managed policy from a group.

use crate::error::Error;
use crate::records::Group;
use crate::views::Empty;
use crate::{Iam, carrier};
use service::{Ctx, Reply};

#[derive(serde::Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    group_name: String,
    policy_arn: String,
}

pub(crate) async fn run(_: &Iam, ctx: &Ctx, input: Input) -> Result<Reply<Empty>, Error> {
    carrier::detach::<Group>(ctx, &input.group_name, &input.policy_arn).await
}
