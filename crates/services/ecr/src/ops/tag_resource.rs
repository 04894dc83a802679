//! `TagResource`.

use crate::Ecr;
use crate::error::Error;
use crate::records::{REPOSITORY, Tag, find_by_arn, to_map};
use serde::Deserialize;
use serde_json::{Value, json};
use service::{Ctx, Reply};
use store::Batch;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Input {
    resource_arn: String,
    tags: Vec<Tag>,
}

pub(crate) async fn run(_: &Ecr, ctx: &Ctx, input: Input) -> Result<Reply<Value>, Error> {
    let found = find_by_arn(ctx, &input.resource_arn).await?;
    let mut repository = found.value;
    repository.tags.extend(to_map(input.tags));
    let mut batch = Batch::new();
    batch.put(REPOSITORY, repository.key(), &repository, found.expect);
    Ok(Reply::with(json!({}), batch))
}
