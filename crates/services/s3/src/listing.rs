//! Listing a bucket: prefix, delimiter, pages.

use service::Ctx;
use store::Scan;

use crate::Error;
use crate::records::{OBJECTS, ObjectRecord, within};

/// The most that one page lists.
// AWS: AmazonS3/latest/API/API_ListObjectsV2.html
pub(crate) const MAX_KEYS: usize = 1000;

/// What is listed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Question<'a> {
    pub(crate) bucket: &'a str,
    pub(crate) prefix: &'a str,
    pub(crate) delimiter: Option<&'a str>,
    /// Only what comes after this key or common prefix.
    pub(crate) after: &'a str,
    pub(crate) most: usize,
    /// Also objects whose newest version is a delete marker.
    pub(crate) delete_markers: bool,
}

/// One line of a listing.
#[derive(Debug, Clone)]
pub(crate) enum Item {
    /// An object.
    Object(String, Box<ObjectRecord>),
    /// Keys that go on after a delimiter, as one.
    CommonPrefix(String),
}

impl Item {
    /// Where in the listing it stands.
    pub(crate) fn place(&self) -> &str {
        match self {
            Self::Object(key, _) => key,
            Self::CommonPrefix(prefix) => prefix,
        }
    }
}

/// A page.
#[derive(Debug, Default)]
pub(crate) struct Listed {
    pub(crate) items: Vec<Item>,
    /// There is more after the last item.
    pub(crate) truncated: bool,
}

/// Lists.
pub(crate) async fn list(ctx: &Ctx, question: Question<'_>) -> Result<Listed, Error> {
    let mut listed = Listed::default();
    if question.most == 0 {
        return Ok(listed);
    }
    let own = within(question.bucket, "");
    let prefix = within(question.bucket, question.prefix);
    let mut after = within(question.bucket, question.after);
    let page_size = question.most.saturating_add(1).min(MAX_KEYS);
    'pages: loop {
        let mut scan = Scan::of(OBJECTS, &prefix, page_size);
        scan.after = (after.len() > own.len()).then_some(after.as_str());
        let (found, next) = ctx.records::<ObjectRecord>(OBJECTS).scan(scan).await?;
        for record in found {
            let key = record.key.get(own.len()..).unwrap_or_default();
            if record.value.is_delete_marker() && !question.delete_markers {
                continue;
            }
            let common = common_prefix(key, question.prefix, question.delimiter);
            // A common prefix that the page before ended with.
            let seen = common.is_some_and(|common| common == question.after);
            if !seen && listed.items.len() == question.most {
                listed.truncated = true;
                return Ok(listed);
            }
            if let Some(common) = common {
                if !seen {
                    listed.items.push(Item::CommonPrefix(common.to_owned()));
                }
                // What has the same prefix need not be read.
                after = format!("{own}{common}\u{10ffff}");
                continue 'pages;
            }
            listed.items.push(Item::Object(key.to_owned(), Box::new(record.value)));
        }
        match next {
            Some(cursor) => after = cursor,
            None => return Ok(listed),
        }
    }
}

/// The part of a key up to and with the first delimiter after the prefix.
pub(crate) fn common_prefix<'a>(
    key: &'a str,
    prefix: &str,
    delimiter: Option<&str>,
) -> Option<&'a str> {
    let delimiter = delimiter.filter(|delimiter| !delimiter.is_empty())?;
    let at = key.get(prefix.len()..)?.find(delimiter)?;
    key.get(..prefix.len() + at + delimiter.len())
}

/// The page size to use; `None` when the request's is not a number of keys.
pub(crate) fn page_size(asked: Option<i64>, argument: &str) -> Result<usize, Error> {
    let Some(asked) = asked else { return Ok(MAX_KEYS) };
    usize::try_from(asked).map(|asked| asked.min(MAX_KEYS)).map_err(|_| {
        Error::InvalidArgument(format!(
            "Argument {argument} must be an integer between 0 and 2147483647"
        ))
    })
}

/// Text as listings show it when the client asked for `encoding-type=url`.
pub(crate) fn encode(text: &str, encoding: Option<&str>) -> String {
    if encoding != Some("url") {
        return text.to_owned();
    }
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'*' | b'/' => {
                encoded.push(char::from(byte));
            }
            _ => {
                encoded.push('%');
                encoded.push_str(&hex::encode_upper([byte]));
            }
        }
    }
    encoded
}
