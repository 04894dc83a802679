//! `TagResource`.

use crate::Lambda;
use crate::error::Error;
use crate::names::find;
use crate::records::FUNCTION;
use serde::Deserialize;
use serde_json::{Value, json};
use service::{Ctx, Reply};
use std::collections::BTreeMap;
use store::Batch;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    resource: String,
    tags: BTreeMap<String, String>,
}

pub(crate) async fn run(_: &Lambda, ctx: &Ctx, input: Input) -> Result<Reply<Value>, Error> {
    let found = find(ctx, &input.resource).await?;
    let mut function = found.value;
    function.tags.extend(input.tags);
    let mut batch = Batch::new();
    batch.put(FUNCTION, &found.key, &function, found.expect);
    Ok(Reply::with(json!({}), batch))
}
