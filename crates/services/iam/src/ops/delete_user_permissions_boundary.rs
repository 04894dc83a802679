//! `DeleteUserPermissionsBoundary`: takes the permissions boundary of a user away.

use crate::error::Error;
use crate::records::User;
use crate::views::Empty;
use crate::{Iam, carrier};
use service::{Ctx, Reply};

#[derive(serde::Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    user_name: String,
}

pub(crate) async fn run(_: &Iam, ctx: &Ctx, input: Input) -> Result<Reply<Empty>, Error> {
    carrier::delete_boundary::<User>(ctx, &input.user_name).await
}
