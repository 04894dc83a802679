//! `UntagQueue`: takes tags off a queue.

use super::Nothing;
use crate::error::Error;
use crate::records::put_queue;
use crate::{Sqs, address};
use serde::Deserialize;
use service::{Ctx, Reply};
use store::Batch;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    queue_url: Option<String>,
    tag_keys: Option<Vec<String>>,
}

pub(crate) async fn run(_: &Sqs, ctx: &Ctx, input: Input) -> Result<Reply<Nothing>, Error> {
    let found = address::find(ctx, input.queue_url.as_deref()).await?;
    let keys = input.tag_keys.filter(|keys| !keys.is_empty());
    let keys = keys.ok_or_else(|| Error::Missing("TagKeys".to_owned()))?;
    let mut queue = found.value;
    for key in &keys {
        queue.tags.remove(key);
    }
    let mut batch = Batch::new();
    put_queue(&mut batch, &queue, found.expect);
    Ok(Reply::with(Nothing {}, batch))
}
