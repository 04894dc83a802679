//! `DeleteGroupPolicy`: removes an inline policy of a group.

use crate::error::Error;
use crate::records::Group;
use crate::views::Empty;
use crate::{Iam, carrier};
use service::{Ctx, Reply};

#[derive(serde::Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    group_name: String,
    policy_name: String,
}

pub(crate) async fn run(_: &Iam, ctx: &Ctx, input: Input) -> Result<Reply<Empty>, Error> {
    carrier::delete_inline::<Group>(ctx, &input.group_name, &input.policy_name).await
}
