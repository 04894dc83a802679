//! Tags as Step Functions lists them: `[{key, value}]`.

use crate::error::Error;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Most tags of one resource.
// AWS: API reference of TagResource.
const MOST_TAGS: usize = 50;

/// One tag.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Tag {
    key: Option<String>,
    value: Option<String>,
}

/// Adds tags to those that are there.
pub(crate) fn add(tags: &mut BTreeMap<String, String>, given: Vec<Tag>) -> Result<(), Error> {
    for Tag { key, value } in given {
        if let Some(key) = key {
            tags.insert(key, value.unwrap_or_default());
        }
    }
    if tags.len() > MOST_TAGS { Err(Error::TooManyTags(MOST_TAGS)) } else { Ok(()) }
}

/// The tags of a new resource.
pub(crate) fn new(given: Option<Vec<Tag>>) -> Result<BTreeMap<String, String>, Error> {
    let mut tags = BTreeMap::new();
    add(&mut tags, given.unwrap_or_default())?;
    Ok(tags)
}

/// The tags as they are listed.
pub(crate) fn list(tags: &BTreeMap<String, String>) -> Vec<Tag> {
    tags.iter()
        .map(|(key, value)| Tag { key: Some(key.clone()), value: Some(value.clone()) })
        .collect()
}
