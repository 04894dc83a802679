//! `CreateGroup`: makes a group of users.

use crate::Iam;
use crate::entity::{create, name_is_free, new_id, path_or_root, within_quota};
use crate::error::Error;
use crate::records::{self, Policies};
use crate::views;
use service::{Ctx, Reply};
use store::Batch;

#[derive(serde::Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    path: Option<String>,
    group_name: String,
}

#[derive(serde::Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output {
    group: views::Group,
}

pub(crate) async fn run(_: &Iam, ctx: &Ctx, input: Input) -> Result<Reply<Output>, Error> {
    name_is_free::<records::Group>(ctx, &input.group_name).await?;
    within_quota::<records::Group>(ctx, "GroupsPerAccount", 300).await?;
    let group = records::Group {
        name: input.group_name,
        path: path_or_root(input.path),
        id: new_id(ctx, "AGPA"),
        created_ms: ctx.now_ms,
        policies: Policies::default(),
    };
    let mut batch = Batch::new();
    create(&mut batch, &group);
    Ok(Reply::with(Output { group: views::Group::new(ctx.account(), &group) }, batch))
}
