//! `UntagInstanceProfile`: removes tags from an instance profile.

use crate::error::Error;
use crate::records::InstanceProfile;
use crate::views::Empty;
use crate::{Iam, carrier};
use service::{Ctx, Reply};

#[derive(serde::Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    instance_profile_name: String,
    tag_keys: Vec<String>,
}

pub(crate) async fn run(_: &Iam, ctx: &Ctx, input: Input) -> Result<Reply<Empty>, Error> {
    carrier::untag::<InstanceProfile>(ctx, &input.instance_profile_name, &input.tag_keys).await
}
