//! `ListQueueTags`: a queue's tags.

use super::OfQueue;
use crate::error::Error;
use crate::{Sqs, address};
use serde::Serialize;
use service::{Ctx, Reply};
use std::collections::BTreeMap;

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output {
    tags: BTreeMap<String, String>,
}

pub(crate) async fn run(_: &Sqs, ctx: &Ctx, input: OfQueue) -> Result<Reply<Output>, Error> {
    let found = address::find(ctx, input.queue_url.as_deref()).await?;
    Ok(Reply::new(Output { tags: found.value.tags }))
}
