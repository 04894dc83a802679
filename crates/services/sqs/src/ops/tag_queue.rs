//! `TagQueue`: adds tags to a queue.

use super::Nothing;
use crate::error::Error;
use crate::records::{Queue, put_queue};
use crate::{Sqs, address};
use serde::Deserialize;
use service::{Ctx, Reply};
use std::collections::BTreeMap;
use store::Batch;

// AWS: quotas of tags.
const MOST_TAGS: usize = 50;
const LONGEST_KEY: usize = 128;
const LONGEST_VALUE: usize = 256;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    queue_url: Option<String>,
    tags: Option<BTreeMap<String, String>>,
}

pub(crate) async fn run(_: &Sqs, ctx: &Ctx, input: Input) -> Result<Reply<Nothing>, Error> {
    let found = address::find(ctx, input.queue_url.as_deref()).await?;
    let tags = input.tags.filter(|tags| !tags.is_empty());
    let tags = tags.ok_or_else(|| Error::Missing("Tags".to_owned()))?;
    let mut queue = found.value;
    add(&mut queue, tags)?;
    let mut batch = Batch::new();
    put_queue(&mut batch, &queue, found.expect);
    Ok(Reply::with(Nothing {}, batch))
}

/// Adds tags; those of the same key are replaced.
///
/// # Errors
/// `InvalidParameterValue`.
pub(crate) fn add(queue: &mut Queue, tags: BTreeMap<String, String>) -> Result<(), Error> {
    let is_good = |key: &str, value: &str| {
        (1..=LONGEST_KEY).contains(&key.chars().count())
            && value.chars().count() <= LONGEST_VALUE
            && !key.to_ascii_lowercase().starts_with("aws:")
    };
    if let Some((key, _)) = tags.iter().find(|(key, value)| !is_good(key, value)) {
        // UNVERIFIED: the words.
        return Err(Error::InvalidParameter(format!("Tag {key} is not valid.")));
    }
    queue.tags.extend(tags);
    if queue.tags.len() > MOST_TAGS {
        return Err(Error::InvalidParameter(format!(
            "Too many tags added for queue {}.",
            queue.name
        )));
    }
    Ok(())
}
