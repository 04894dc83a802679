//! `TagInstanceProfile`: adds tags to an instance profile, or gives them new values.

use crate::error::Error;
use crate::records::InstanceProfile;
use crate::views::{Empty, Tag};
use crate::{Iam, carrier};
use service::{Ctx, Reply};

#[derive(serde::Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    instance_profile_name: String,
    tags: Vec<Tag>,
}

pub(crate) async fn run(_: &Iam, ctx: &Ctx, input: Input) -> Result<Reply<Empty>, Error> {
    carrier::tag::<InstanceProfile>(ctx, &input.instance_profile_name, input.tags).await
}
