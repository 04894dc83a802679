//! `PutUserPermissionsBoundary`: makes a managed policy the permissions boundary of a user.

use crate::error::Error;
use crate::records::User;
use crate::views::Empty;
use crate::{Iam, carrier};
use service::{Ctx, Reply};

#[derive(serde::Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    user_name: String,
    permissions_boundary: String,
}

pub(crate) async fn run(_: &Iam, ctx: &Ctx, input: Input) -> Result<Reply<Empty>, Error> {
    carrier::put_boundary::<User>(ctx, &input.user_name, input.permissions_boundary).await
}
