//! `DeleteApiDestination`.

use crate::Events;
use crate::destination::{self, DESTINATION};
use crate::error::Error;
use serde::Deserialize;
use serde_json::{Value, json};
use service::{Ctx, Reply};
use store::Batch;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    name: String,
}

pub(crate) async fn run(_: &Events, ctx: &Ctx, input: Input) -> Result<Reply<Value>, Error> {
    let found = destination::find(ctx, &input.name).await?;
    let mut batch = Batch::new();
    batch.remove(DESTINATION, found.key, found.expect);
    Ok(Reply::with(json!({}), batch))
}
