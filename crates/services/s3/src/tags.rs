//! Tags of buckets and objects.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::Error;

/// Tags an object can have.
// AWS: AmazonS3/latest/userguide/object-tagging.html
pub(crate) const MOST_ON_OBJECT: usize = 10;
/// Tags a bucket can have.
pub(crate) const MOST_ON_BUCKET: usize = 50;

/// One tag as the API writes it.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct Tag {
    pub(crate) key: String,
    pub(crate) value: String,
}

/// Tags as the API writes them.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct TagSet {
    pub(crate) tag_set: Vec<Tag>,
}

impl TagSet {
    /// The API's form of stored tags.
    pub(crate) fn of(tags: &BTreeMap<String, String>) -> Self {
        let tag = |(key, value): (&String, &String)| Tag { key: key.clone(), value: value.clone() };
        Self { tag_set: tags.iter().map(tag).collect() }
    }

    /// The tags, checked.
    ///
    /// # Errors
    /// `InvalidTag`, or `BadRequest` when there are too many.
    pub(crate) fn read(self, most: usize) -> Result<BTreeMap<String, String>, Error> {
        let pairs = self.tag_set.into_iter().map(|tag| (tag.key, tag.value));
        collect(pairs, most)
    }
}

/// The tags of an `x-amz-tagging` header: a query string.
///
/// # Errors
/// `InvalidTag`, `InvalidArgument`.
pub(crate) fn read_header(header: Option<&str>) -> Result<BTreeMap<String, String>, Error> {
    let Some(header) = header else { return Ok(BTreeMap::new()) };
    let mut pairs = Vec::new();
    for pair in header.split('&').filter(|pair| !pair.is_empty()) {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        pairs.push((decode(key)?, decode(value)?));
    }
    collect(pairs.into_iter(), MOST_ON_OBJECT)
}

fn collect(
    pairs: impl Iterator<Item = (String, String)>,
    most: usize,
) -> Result<BTreeMap<String, String>, Error> {
    let mut tags = BTreeMap::new();
    for (key, value) in pairs {
        if key.is_empty() || key.chars().count() > 128 || key.starts_with("aws:") {
            return Err(Error::InvalidTag("The TagKey you have provided is invalid".to_owned()));
        }
        if value.chars().count() > 256 {
            return Err(Error::InvalidTag("The TagValue you have provided is invalid".to_owned()));
        }
        if tags.insert(key, value).is_some() {
            let message = "Cannot provide multiple Tags with the same key";
            return Err(Error::InvalidTag(message.to_owned()));
        }
    }
    if tags.len() > most {
        let what = if most == MOST_ON_OBJECT { "Object" } else { "Bucket" };
        return Err(Error::InvalidTag(format!("{what} tags cannot be greater than {most}")));
    }
    Ok(tags)
}

pub(crate) fn decode(text: &str) -> Result<String, Error> {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let digits = bytes.get(at + 1..at + 3);
        match (byte, digits.map(hex::decode)) {
            (b'%', Some(Ok(escaped))) => {
                decoded.extend(escaped);
                at += 3;
            }
            (b'+', _) => {
                decoded.push(b' ');
                at += 1;
            }
            (byte, _) => {
                decoded.push(*byte);
                at += 1;
            }
        }
    }
    String::from_utf8(decoded).map_err(|_| {
        let message = "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters without tag name duplicates.";
        Error::InvalidArgument(message.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers() {
        let check = |header| {
            let tags = read_header(Some(header)).ok()?;
            Some(tags.into_iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>())
        };
        assert_eq!(check(""), Some(vec![]));
        assert_eq!(check("a=1&b=x%20y+z"), Some(vec!["a=1".to_owned(), "b=x y z".to_owned()]));
        assert_eq!(check("a"), Some(vec!["a=".to_owned()]));
        assert_eq!(check("a=1&a=2"), None);
        assert_eq!(check("=1"), None);
        assert_eq!(check("a=%ff"), None);
        assert_eq!(check("a=%f"), Some(vec!["a=%f".to_owned()]));
    }
}
