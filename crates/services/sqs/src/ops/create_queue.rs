//! `CreateQueue`: a new queue, or the one that is there already with these attributes.

use super::QueueUrl;
use crate::attributes::{self, Given};
use crate::error::Error;
use crate::records::{Queue, is_fifo_name, put_queue, queue_named};
use crate::{Sqs, sweep};
use serde::Deserialize;
use service::{Ctx, Reply};
use std::collections::BTreeMap;
use store::{Batch, Expect};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    queue_name: Option<String>,
    attributes: Option<Given>,
    #[serde(rename = "tags")]
    tags: Option<BTreeMap<String, String>>,
}

pub(crate) async fn run(sqs: &Sqs, ctx: &Ctx, input: Input) -> Result<Reply<QueueUrl>, Error> {
    let asked = attributes::asked(input.attributes.as_ref());
    let name = name(input.queue_name, &asked)?;
    let output = QueueUrl { queue_url: sqs.url(ctx, &name) };
    if let Some(found) = queue_named(ctx, &name).await? {
        return match attributes::difference(&found.value, &asked) {
            Some(attribute) => Err(Error::QueueExists { attribute: attribute.to_owned() }),
            None => Ok(Reply::new(output)),
        };
    }
    let mut queue = Queue {
        name,
        region: ctx.region.clone(),
        id: ctx.uuid(),
        created_ms: ctx.now_ms,
        modified_ms: ctx.now_ms,
        purged_ms: None,
        attributes: BTreeMap::new(),
        tags: BTreeMap::new(),
    };
    attributes::set(ctx, &mut queue, &asked, true).await?;
    super::tag_queue::add(&mut queue, input.tags.unwrap_or_default())?;
    let mut batch = Batch::new();
    put_queue(&mut batch, &queue, Expect::Absent);
    Ok(Reply::with(output, batch).work(sweep::item(&queue, sweep::next_ms(&queue, ctx.now_ms))))
}

/// The queue's name, checked.
fn name(given: Option<String>, asked: &[(&str, &str)]) -> Result<String, Error> {
    let refuse = |text: &str| Err(Error::InvalidParameter(text.to_owned()));
    let Some(name) = given else {
        return refuse(
            "Value for parameter QueueName is invalid. Reason: Must specify a queue name.",
        );
    };
    if name.is_empty() {
        return refuse("Queue name cannot be empty");
    }
    let is_fifo = asked.contains(&("FifoQueue", "true"));
    let stem = name.strip_suffix(".fifo").filter(|_| is_fifo).unwrap_or(&name);
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    let is_good = !stem.is_empty() && name.len() <= 80 && stem.bytes().all(is_plain);
    if is_fifo && !(is_good && is_fifo_name(&name)) {
        return refuse(
            "The name of a FIFO queue can only include alphanumeric characters, hyphens, or underscores, must end with .fifo suffix and be 1 to 80 in length.",
        );
    }
    if !is_good {
        return refuse(
            "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length",
        );
    }
    Ok(name)
}
