//! `CreatePolicy`: makes a managed policy with its first version.

use crate::Iam;
use crate::document;
use crate::entity::{checked_tags, create, name_is_free, new_id, path_or_root, within_quota};
use crate::error::Error;
use crate::policy_versions;
use crate::records::{self, PolicyVersion, Tags};
use crate::views::{self, Tag};
use service::{Ctx, Reply};
use std::collections::BTreeMap;
use store::Batch;

#[derive(serde::Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    policy_name: String,
    path: Option<String>,
    policy_document: String,
    description: Option<String>,
    tags: Option<Vec<Tag>>,
}

#[derive(serde::Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output {
    policy: views::Policy,
}

pub(crate) async fn run(_: &Iam, ctx: &Ctx, input: Input) -> Result<Reply<Output>, Error> {
    name_is_free::<records::Policy>(ctx, &input.policy_name).await?;
    document::check_identity(&input.policy_document)?;
    policy_versions::check_size(&input.policy_document)?;
    within_quota::<records::Policy>(ctx, "PoliciesPerAccount", 1500).await?;
    let first = PolicyVersion { document: input.policy_document, created_ms: ctx.now_ms };
    let policy = records::Policy {
        name: input.policy_name,
        path: path_or_root(input.path),
        id: new_id(ctx, "ANPA"),
        created_ms: ctx.now_ms,
        updated_ms: ctx.now_ms,
        description: input.description,
        default_version: 1,
        next_version: 2,
        versions: BTreeMap::from([(1, first)]),
        tags: checked_tags::<records::Policy>(&Tags::new(), input.tags.unwrap_or_default())?,
    };
    let mut batch = Batch::new();
    create(&mut batch, &policy);
    let policy = views::Policy::created(ctx.account(), &policy);
    Ok(Reply::with(Output { policy }, batch))
}
