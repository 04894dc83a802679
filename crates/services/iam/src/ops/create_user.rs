//! `CreateUser`: makes a user.

use crate::Iam;
use crate::carrier::rely_on;
use crate::entity::{checked_tags, create, name_is_free, new_id, path_or_root, within_quota};
use crate::error::Error;
use crate::managed;
use crate::records::{self, Policies, Tags};
use crate::views::{self, Tag};
use service::{Ctx, Reply};
use std::collections::BTreeSet;
use store::Batch;

#[derive(serde::Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    path: Option<String>,
    user_name: String,
    permissions_boundary: Option<String>,
    tags: Option<Vec<Tag>>,
}

#[derive(serde::Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output {
    user: views::User,
}

pub(crate) async fn run(_: &Iam, ctx: &Ctx, input: Input) -> Result<Reply<Output>, Error> {
    name_is_free::<records::User>(ctx, &input.user_name).await?;
    within_quota::<records::User>(ctx, "UsersPerAccount", 5000).await?;
    let mut batch = Batch::new();
    if let Some(arn) = &input.permissions_boundary {
        rely_on(&mut batch, &managed::find_boundary(ctx, arn).await?);
    }
    let user = records::User {
        name: input.user_name,
        path: path_or_root(input.path),
        id: new_id(ctx, "AIDA"),
        created_ms: ctx.now_ms,
        boundary: input.permissions_boundary,
        groups: BTreeSet::new(),
        policies: Policies::default(),
        tags: checked_tags::<records::User>(&Tags::new(), input.tags.unwrap_or_default())?,
    };
    create(&mut batch, &user);
    Ok(Reply::with(Output { user: views::User::full(ctx.account(), &user) }, batch))
}
