//! `PutUserPolicy`: puts an inline policy of a user in place, or replaces it.

use crate::error::Error;
use crate::records::User;
use crate::views::Empty;
use crate::{Iam, carrier};
use service::{Ctx, Reply};

#[derive(serde::Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    user_name: String,
    policy_name: String,
    policy_document: String,
}

pub(crate) async fn run(_: &Iam, ctx: &Ctx, input: Input) -> Result<Reply<Empty>, Error> {
    carrier::put_inline::<User>(ctx, &input.user_name, input.policy_name, input.policy_document)
        .await
}
