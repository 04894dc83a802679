//! `TagUser`: adds tags to a user, or gives them new values.

use crate::error::Error;
use crate::records::User;
use crate::views::{Empty, Tag};
use crate::{Iam, carrier};
use service::{Ctx, Reply};

#[derive(serde::Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    user_name: String,
    tags: Vec<Tag>,
}

pub(crate) async fn run(_: &Iam, ctx: &Ctx, input: Input) -> Result<Reply<Empty>, Error> {
    carrier::tag::<User>(ctx, &input.user_name, input.tags).await
}
