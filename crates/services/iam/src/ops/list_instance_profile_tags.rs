//! `ListInstanceProfileTags`: the tags of an instance profile.

use crate::Iam;
use crate::carrier::{self, TagPage};
use crate::error::Error;
use crate::page::Paging;
use crate::records::InstanceProfile;
use service::{Ctx, Reply};

#[derive(serde::Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    instance_profile_name: String,
    #[serde(flatten)]
    paging: Paging,
}

pub(crate) async fn run(_: &Iam, ctx: &Ctx, input: Input) -> Result<Reply<TagPage>, Error> {
    carrier::list_tags::<InstanceProfile>(ctx, &input.instance_profile_name, &input.paging).await
}
