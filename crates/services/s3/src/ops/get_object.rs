//! `GetObject`, and selecting what of an object is asked for in general.

use std::ops::Range;

use serde::{Deserialize, Serialize};
use service::{Ctx, Reply};

use super::{bucket, quoted, seconds, shown_version};
use crate::access::hide_absence;
use crate::conditions::ReadConditions;
use crate::records::{Attributes, ObjectRecord};
use crate::{Error, S3, content, versions};

/// The longest content that is returned as text, in bytes.
const MAX_TEXT_BYTES: u64 = 64 << 20;

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    pub(crate) bucket: String,
    pub(crate) key: String,
    pub(crate) version_id: Option<String>,
    pub(crate) range: Option<String>,
    pub(crate) part_number: Option<u32>,
    pub(crate) if_match: Option<String>,
    pub(crate) if_none_match: Option<String>,
    /// Unix seconds.
    pub(crate) if_modified_since: Option<f64>,
    /// Unix seconds.
    pub(crate) if_unmodified_since: Option<f64>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) body: Option<String>,
    pub(crate) accept_ranges: &'static str,
    pub(crate) content_length: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) content_range: Option<String>,
    #[serde(rename = "ETag")]
    pub(crate) etag: String,
    /// Unix seconds.
    pub(crate) last_modified: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) version_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) parts_count: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) tag_count: Option<usize>,
    #[serde(flatten)]
    pub(crate) attributes: Attributes,
}

/// What of an object is asked for.
#[derive(Debug, Clone)]
pub(crate) struct Selected {
    pub(crate) object: ObjectRecord,
    pub(crate) version_id: Option<String>,
    pub(crate) range: Range<u64>,
    /// It is not the whole object.
    pub(crate) partial: bool,
    pub(crate) parts_count: Option<usize>,
}

impl Selected {
    /// The `Content-Range` header.
    pub(crate) fn content_range(&self) -> Option<String> {
        let Range { start, end } = self.range;
        (self.partial && end > start)
            .then(|| format!("bytes {start}-{}/{}", end - 1, self.object.size_bytes))
    }

    /// The JSON form without content.
    pub(crate) fn describe(&self) -> Output {
        let mut attributes = self.object.attributes.clone();
        attributes.content_type.get_or_insert("binary/octet-stream".to_owned());
        Output {
            body: None,
            accept_ranges: "bytes",
            content_length: self.range.end - self.range.start,
            content_range: self.content_range(),
            etag: quoted(&self.object.etag),
            last_modified: seconds(self.object.modified_ms),
            version_id: self.version_id.clone(),
            parts_count: self.parts_count,
            tag_count: Some(self.object.tags.len()).filter(|count| *count > 0),
            attributes,
        }
    }
}

/// Selects.
///
/// # Errors
/// Absent, denied, a condition that does not hold, a range outside of the object.
pub(crate) async fn select(ctx: &Ctx, input: &Input) -> Result<Selected, Error> {
    let settings = bucket(ctx, &input.bucket).await?.value;
    let version = input.version_id.as_deref();
    let object = match versions::find(ctx, &input.bucket, &input.key, version).await {
        Ok(found) => found.value,
        Err(error) => return Err(hide_absence(ctx, &input.bucket, error).await),
    };
    let conditions = ReadConditions {
        if_match: input.if_match.clone(),
        if_none_match: input.if_none_match.clone(),
        if_modified_since: input.if_modified_since.map(|seconds| (seconds * 1000.0) as i64),
        if_unmodified_since: input.if_unmodified_since.map(|seconds| (seconds * 1000.0) as i64),
    };
    conditions.check(&object)?;
    let version_id = shown_version(&settings, &object.version_id);
    let parts_count =
        Some(object.part_sizes.len()).filter(|count| *count > 0 && input.part_number.is_some());
    let range = match (input.part_number, &input.range) {
        (Some(_), Some(_)) => {
            let message = "Cannot specify both Range header and partNumber query parameter";
            return Err(Error::InvalidRequest(message.to_owned()));
        }
        (Some(number), None) => Some(part_range(&object, number)?),
        (None, Some(header)) => byte_range(header, object.size_bytes)?,
        (None, None) => None,
    };
    let partial = range.is_some();
    let range = range.unwrap_or(0..object.size_bytes);
    Ok(Selected { object, version_id, range, partial, parts_count })
}

/// The bytes of a part.
fn part_range(object: &ObjectRecord, number: u32) -> Result<Range<u64>, Error> {
    let whole = [object.size_bytes];
    let sizes = if object.part_sizes.is_empty() { &whole } else { object.part_sizes.as_slice() };
    let at = (number as usize).checked_sub(1).ok_or(Error::InvalidPartNumber)?;
    let size = sizes.get(at).ok_or(Error::InvalidPartNumber)?;
    let start: u64 = sizes[..at].iter().sum();
    Ok(start..start + size)
}

/// The bytes that a `Range` header asks for; `None` when it is none that S3 heeds.
fn byte_range(header: &str, size_bytes: u64) -> Result<Option<Range<u64>>, Error> {
    let Ok(range) = s3s::dto::Range::parse(header) else { return Ok(None) };
    let range = range.check(size_bytes).map_err(|_| Error::InvalidRange)?;
    // The last bytes of nothing are nothing, which no Content-Range can say.
    if range.is_empty() { Err(Error::InvalidRange) } else { Ok(Some(range)) }
}

pub(crate) async fn run(s3: &S3, ctx: &Ctx, input: Input) -> Result<Reply<Output>, Error> {
    let selected = select(ctx, &input).await?;
    let mut output = selected.describe();
    if let Some(blob) = &selected.object.blob {
        let text = content::text(&s3.blobs, blob, selected.range, MAX_TEXT_BYTES).await?;
        output.body = Some(text);
    }
    Ok(Reply::new(output))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges() {
        for (header, size, expected) in [
            ("bytes=0-4", 10, Some(0..5)),
            ("bytes=4-", 10, Some(4..10)),
            ("bytes=-3", 10, Some(7..10)),
            ("bytes=-30", 10, Some(0..10)),
            ("bytes=8-100", 10, Some(8..10)),
            ("bytes=0-1,3-4", 10, None),
            ("lines=0-1", 10, None),
            ("", 10, None),
            ("bytes=18446744073709551615-", 10, None),
        ] {
            assert_eq!(byte_range(header, size).unwrap(), expected, "{header}");
        }
        for (header, size) in
            [("bytes=10-", 10), ("bytes=-0", 10), ("bytes=0-", 0), ("bytes=-1", 0)]
        {
            assert!(byte_range(header, size).is_err(), "{header}");
        }
    }
}
