//! `CreateRole`: makes a role with its trust policy.

use crate::Iam;
use crate::carrier::rely_on;
use crate::entity::{checked_tags, create, name_is_free, new_id, path_or_root, within_quota};
use crate::error::Error;
use crate::records::{self, Policies, Tags};
use crate::views::{self, Tag};
use crate::{document, managed};
use service::{Ctx, Reply};
use store::Batch;

#[derive(serde::Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    path: Option<String>,
    role_name: String,
    assume_role_policy_document: String,
    description: Option<String>,
    max_session_duration: Option<i64>,
    permissions_boundary: Option<String>,
    tags: Option<Vec<Tag>>,
}

#[derive(serde::Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output {
    role: views::Role,
}

pub(crate) async fn run(_: &Iam, ctx: &Ctx, input: Input) -> Result<Reply<Output>, Error> {
    name_is_free::<records::Role>(ctx, &input.role_name).await?;
    document::check_trust(ctx, &input.assume_role_policy_document).await?;
    within_quota::<records::Role>(ctx, "RolesPerAccount", 1000).await?;
    let mut batch = Batch::new();
    if let Some(arn) = &input.permissions_boundary {
        rely_on(&mut batch, &managed::find_boundary(ctx, arn).await?);
    }
    let role = records::Role {
        name: input.role_name,
        path: path_or_root(input.path),
        id: new_id(ctx, "AROA"),
        created_ms: ctx.now_ms,
        description: input.description,
        max_session_seconds: input.max_session_duration.unwrap_or(3600),
        trust: input.assume_role_policy_document,
        boundary: input.permissions_boundary,
        policies: Policies::default(),
        tags: checked_tags::<records::Role>(&Tags::new(), input.tags.unwrap_or_default())?,
    };
    create(&mut batch, &role);
    Ok(Reply::with(Output { role: views::Role::created(ctx.account(), &role) }, batch))
}
