//! `ListUserTags`: the tags of a user.

use crate::Iam;
use crate::carrier::{self, TagPage};
use crate::error::Error;
use crate::page::Paging;
use crate::records::User;
use service::{Ctx, Reply};

#[derive(serde::Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    user_name: String,
    #[serde(flatten)]
    paging: Paging,
}

pub(crate) async fn run(_: &Iam, ctx: &Ctx, input: Input) -> Result<Reply<TagPage>, Error> {
    carrier::list_tags::<User>(ctx, &input.user_name, &input.paging).await
}
