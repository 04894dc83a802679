//! `DeleteRepository`. A repository is always empty, so that `force` changes nothing.

use crate::Ecr;
use crate::error::Error;
use crate::records::{REPOSITORY, find};
use serde::Deserialize;
use serde_json::{Value, json};
use service::{Ctx, Reply};
use store::Batch;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Input {
    registry_id: Option<String>,
    repository_name: String,
}

pub(crate) async fn run(_: &Ecr, ctx: &Ctx, input: Input) -> Result<Reply<Value>, Error> {
    let found = find(ctx, input.registry_id.as_deref(), &input.repository_name).await?;
    let mut batch = Batch::new();
    batch.remove(REPOSITORY, found.key, found.expect);
    Ok(Reply::with(json!({"repository": found.value.view()}), batch))
}
