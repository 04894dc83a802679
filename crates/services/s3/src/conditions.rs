//! Conditional requests.

use crate::Error;
use crate::records::ObjectRecord;

/// The conditions of a read.
#[derive(Debug, Clone, Default)]
#[allow(clippy::struct_field_names, reason = "the headers' names")]
pub(crate) struct ReadConditions {
    pub(crate) if_match: Option<String>,
    pub(crate) if_none_match: Option<String>,
    /// Unix milliseconds.
    pub(crate) if_modified_since: Option<i64>,
    /// Unix milliseconds.
    pub(crate) if_unmodified_since: Option<i64>,
}

impl ReadConditions {
    /// # Errors
    /// `PreconditionFailed` or `NotModified`.
    // AWS: AmazonS3/latest/API/API_GetObject.html (which of two headers wins)
    pub(crate) fn check(&self, object: &ObjectRecord) -> Result<(), Error> {
        // Headers carry whole seconds.
        let modified = object.modified_ms.div_euclid(1000);
        match (&self.if_match, self.if_unmodified_since) {
            (Some(tag), _) if !matches(tag, &object.etag) => {
                return Err(Error::PreconditionFailed("If-Match"));
            }
            (None, Some(since)) if modified > since.div_euclid(1000) => {
                return Err(Error::PreconditionFailed("If-Unmodified-Since"));
            }
            _ => {}
        }
        let unchanged = match (&self.if_none_match, self.if_modified_since) {
            (Some(tag), _) => matches(tag, &object.etag),
            (None, Some(since)) => modified <= since.div_euclid(1000),
            (None, None) => false,
        };
        if unchanged {
            let (etag, modified_ms) = (object.etag.clone(), object.modified_ms);
            return Err(Error::NotModified { etag, modified_ms });
        }
        Ok(())
    }

    /// The same for the source of a copy, where nothing is "not modified".
    pub(crate) fn check_source(&self, object: &ObjectRecord) -> Result<(), Error> {
        self.check(object).map_err(|error| match error {
            Error::NotModified { .. } => {
                Error::PreconditionFailed("x-amz-copy-source-If-None-Match")
            }
            other => other,
        })
    }
}

/// The conditions of a write.
#[derive(Debug, Clone, Default)]
pub(crate) struct WriteConditions {
    pub(crate) if_match: Option<String>,
    pub(crate) if_none_match: Option<String>,
}

impl WriteConditions {
    /// # Errors
    /// `PreconditionFailed`, or `NoSuchKey` when a given version is to be replaced and nothing is there.
    // AWS: AmazonS3/latest/userguide/conditional-writes.html
    pub(crate) fn check(&self, key: &str, current: Option<&ObjectRecord>) -> Result<(), Error> {
        let current = current.filter(|object| !object.is_delete_marker());
        if let Some(tag) = &self.if_none_match {
            if tag != "*" {
                return Err(Error::NotImplemented(
                    "A header you provided implies functionality that is not implemented",
                ));
            }
            if current.is_some() {
                return Err(Error::PreconditionFailed("If-None-Match"));
            }
        }
        match (&self.if_match, current) {
            (Some(_), None) => Err(Error::NoSuchKey { key: key.to_owned(), delete_marker: None }),
            (Some(tag), Some(object)) if !matches(tag, &object.etag) => {
                Err(Error::PreconditionFailed("If-Match"))
            }
            _ => Ok(()),
        }
    }
}

/// Whether a header's list of entity tags holds this one.
fn matches(header: &str, etag: &str) -> bool {
    header
        .split(',')
        .map(|tag| tag.trim().trim_start_matches("W/").trim_matches('"'))
        .any(|tag| tag == "*" || tag == etag)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(etag: &str, modified_ms: i64) -> ObjectRecord {
        ObjectRecord { etag: etag.to_owned(), ..ObjectRecord::delete_marker(modified_ms) }
    }

    #[test]
    fn reads() {
        let check =
            |none: Option<&str>, matching: Option<&str>, since: Option<i64>, until: Option<i64>| {
                let conditions = ReadConditions {
                    if_match: matching.map(str::to_owned),
                    if_none_match: none.map(str::to_owned),
                    if_modified_since: since,
                    if_unmodified_since: until,
                };
                match conditions.check(&object("abc", 10_500)) {
                    Ok(()) => 200,
                    Err(Error::NotModified { .. }) => 304,
                    Err(_) => 412,
                }
            };
        for (none, matching, since, until, status) in [
            (None, None, None, None, 200),
            (Some("\"abc\""), None, None, None, 304),
            (Some("\"x\", \"abc\""), None, None, None, 304),
            (Some("\"x\""), None, None, None, 200),
            (Some("\"x\""), None, Some(20_000), None, 200),
            (None, Some("\"abc\""), None, Some(0), 200),
            (None, Some("\"x\""), None, None, 412),
            (None, Some("*"), None, None, 200),
            (None, None, Some(10_000), None, 304),
            (None, None, Some(9_000), None, 200),
            (None, None, None, Some(10_000), 200),
            (None, None, None, Some(9_000), 412),
        ] {
            assert_eq!(check(none, matching, since, until), status, "{none:?} {matching:?}");
        }
    }
}
