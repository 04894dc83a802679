//! `TagRole`: adds tags to a role, or gives them new values.

use crate::error::Error;
use crate::records::Role;
use crate::views::{Empty, Tag};
use crate::{Iam, carrier};
use service::{Ctx, Reply};

#[derive(serde::Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    role_name: String,
    tags: Vec<Tag>,
}

pub(crate) async fn run(_: &Iam, ctx: &Ctx, input: Input) -> Result<Reply<Empty>, Error> {
    carrier::tag::<Role>(ctx, &input.role_name, input.tags).await
}
