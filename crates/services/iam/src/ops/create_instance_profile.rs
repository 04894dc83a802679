//! `CreateInstanceProfile`: makes an instance profile, still without a role.

use crate::Iam;
use crate::entity::{checked_tags, create, name_is_free, new_id, path_or_root, within_quota};
use crate::error::Error;
use crate::records::{self, Tags};
use crate::views::{self, Tag};
use service::{Ctx, Reply};
use store::Batch;

#[derive(serde::Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    instance_profile_name: String,
    path: Option<String>,
    tags: Option<Vec<Tag>>,
}

#[derive(serde::Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output {
    instance_profile: views::InstanceProfile,
}

pub(crate) async fn run(_: &Iam, ctx: &Ctx, input: Input) -> Result<Reply<Output>, Error> {
    let name = input.instance_profile_name;
    name_is_free::<records::InstanceProfile>(ctx, &name).await?;
    within_quota::<records::InstanceProfile>(ctx, "InstanceProfilesPerAccount", 1000).await?;
    let profile = records::InstanceProfile {
        name,
        path: path_or_root(input.path),
        id: new_id(ctx, "AIPA"),
        created_ms: ctx.now_ms,
        role: None,
        tags: checked_tags::<records::InstanceProfile>(
            &Tags::new(),
            input.tags.unwrap_or_default(),
        )?,
    };
    let mut batch = Batch::new();
    create(&mut batch, &profile);
    let instance_profile = views::InstanceProfile::created(ctx.account(), &profile);
    Ok(Reply::with(Output { instance_profile }, batch))
}
