//! `UntagResource`.

use crate::Scheduler;
use crate::error::Error;
use crate::ops::tagged::find;
use crate::records::{GROUP, group_key};
use serde::Deserialize;
use serde_json::{Value, json};
use service::{Ctx, Reply};
use store::Batch;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    resource_arn: String,
    tag_keys: Vec<String>,
}

pub(crate) async fn run(_: &Scheduler, ctx: &Ctx, input: Input) -> Result<Reply<Value>, Error> {
    let (mut group, expect) = find(ctx, &input.resource_arn).await?;
    group.tags.retain(|key, _| !input.tag_keys.contains(key));
    let mut batch = Batch::new();
    batch.put(GROUP, group_key(&ctx.region, &group.name), &group, expect);
    Ok(Reply::with(json!({}), batch))
}
