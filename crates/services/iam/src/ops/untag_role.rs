//! `UntagRole`: removes tags from a role.

use crate::error::Error;
use crate::records::Role;
use crate::views::Empty;
use crate::{Iam, carrier};
use service::{Ctx, Reply};

#[derive(serde::Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    role_name: String,
    tag_keys: Vec<String>,
}

pub(crate) async fn run(_: &Iam, ctx: &Ctx, input: Input) -> Result<Reply<Empty>, Error> {
    carrier::untag::<Role>(ctx, &input.role_name, &input.tag_keys).await
}
