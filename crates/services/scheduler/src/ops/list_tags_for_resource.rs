//! `ListTagsForResource`.

use crate::Scheduler;
use crate::error::Error;
use crate::ops::tagged::{Tag, find};
use serde::{Deserialize, Serialize};
use service::{Ctx, Reply};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    resource_arn: String,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output {
    tags: Vec<Tag>,
}

pub(crate) async fn run(_: &Scheduler, ctx: &Ctx, input: Input) -> Result<Reply<Output>, Error> {
    let (group, _) = find(ctx, &input.resource_arn).await?;
    let tags = group.tags.into_iter().map(|(key, value)| Tag { key, value }).collect();
    Ok(Reply::new(Output { tags }))
}
