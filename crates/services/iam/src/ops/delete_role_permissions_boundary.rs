//! `DeleteRolePermissionsBoundary`: takes the permissions boundary of a role away.

use crate::error::Error;
use crate::records::Role;
use crate::views::Empty;
use crate::{Iam, carrier};
use service::{Ctx, Reply};

#[derive(serde::Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    role_name: String,
}

pub(crate) async fn run(_: &Iam, ctx: &Ctx, input: Input) -> Result<Reply<Empty>, Error> {
    carrier::delete_boundary::<Role>(ctx, &input.role_name).await
}
