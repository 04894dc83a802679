//! `CompleteMultipartUpload`: the parts become one object.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use service::{Ctx, Found, Reply};

use super::put_object::{NewObject, write};
use super::{quoted, upload};
use crate::conditions::WriteConditions;
use crate::content::{Staged, concatenate, etag_of_parts, sum_of_sums};
use crate::records::{Algorithm, PARTS, PartRecord, Sum, UPLOADS, UploadRecord, parts_prefix};
use crate::{Error, S3};

/// The smallest part but the last, in bytes.
// AWS: AmazonS3/latest/userguide/qfacts.html
const MIN_PART_BYTES: u64 = 5 << 20;

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    pub(crate) bucket: String,
    pub(crate) key: String,
    pub(crate) upload_id: String,
    #[serde(default)]
    pub(crate) multipart_upload: Completed,
    pub(crate) if_match: Option<String>,
    pub(crate) if_none_match: Option<String>,
    pub(crate) mpu_object_size: Option<u64>,
    /// What the client says the checksum of the whole is.
    #[serde(skip)]
    pub(crate) expected: Option<(Algorithm, String)>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Completed {
    #[serde(default)]
    pub(crate) parts: Vec<Part>,
}

/// A part as the client names it.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Part {
    pub(crate) part_number: i64,
    /// With or without quotes.
    #[serde(rename = "ETag")]
    pub(crate) etag: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output {
    pub(crate) bucket: String,
    pub(crate) key: String,
    #[serde(rename = "ETag")]
    pub(crate) etag: String,
    pub(crate) location: String,
    pub(crate) version_id: Option<String>,
    pub(crate) server_side_encryption: String,
    #[serde(skip)]
    pub(crate) sum: Option<Sum>,
}

/// An object whose content is staged.
#[derive(Debug, Clone)]
pub(crate) struct Whole {
    new: NewObject,
    upload_id: String,
    parts: Vec<PartRecord>,
}

impl Whole {
    /// The content.
    pub(crate) fn staged(&self) -> &Staged {
        &self.new.staged
    }
}

/// The uploaded parts that the client names, in order.
fn choose(named: &[Part], uploaded: Vec<Found<PartRecord>>) -> Result<Vec<PartRecord>, Error> {
    if named.is_empty() {
        return Err(Error::MalformedXml);
    }
    if named.windows(2).any(|pair| pair[0].part_number >= pair[1].part_number) {
        return Err(Error::InvalidPartOrder);
    }
    let mut uploaded: BTreeMap<i64, PartRecord> =
        uploaded.into_iter().map(|part| (i64::from(part.value.number), part.value)).collect();
    let mut parts = Vec::with_capacity(named.len());
    for part in named {
        let found = uploaded.remove(&part.part_number).ok_or(Error::InvalidPart)?;
        if found.etag != part.etag.trim_matches('"') {
            return Err(Error::InvalidPart);
        }
        parts.push(found);
    }
    let all_but_last = parts.len().saturating_sub(1);
    if parts.iter().take(all_but_last).any(|part| part.size_bytes < MIN_PART_BYTES) {
        return Err(Error::EntityTooSmall);
    }
    Ok(parts)
}

/// The checksum of checksums.
fn composite(upload: &UploadRecord, parts: &[PartRecord]) -> Option<Sum> {
    let algorithm = upload.algorithm.filter(|_| upload.composite)?;
    let values: Option<Vec<String>> = parts
        .iter()
        .map(|part| {
            let sum = part.sum.as_ref().filter(|sum| sum.algorithm == algorithm)?;
            Some(sum.value.clone())
        })
        .collect();
    let value = sum_of_sums(algorithm, &values?)?;
    Some(Sum { algorithm, value, composite: true })
}

/// Joins the parts' content.
pub(crate) async fn prepare(s3: &S3, ctx: &Ctx, input: Input) -> Result<Whole, Error> {
    let upload = upload(ctx, &input.bucket, &input.key, &input.upload_id).await?.value;
    let prefix = parts_prefix(&input.bucket, &input.upload_id);
    let uploaded = ctx.records::<PartRecord>(PARTS).all(&prefix).await?;
    let parts = choose(&input.multipart_upload.parts, uploaded)?;
    let size_bytes: u64 = parts.iter().map(|part| part.size_bytes).sum();
    if input.mpu_object_size.is_some_and(|expected| expected != size_bytes) {
        return Err(Error::InvalidRequest(format!(
            "The provided 'x-amz-mp-object-size' header value {} does not match what was computed: {size_bytes}",
            input.mpu_object_size.unwrap_or_default(),
        )));
    }
    let blobs: Vec<_> = parts.iter().map(|part| part.blob.clone()).collect();
    let full = if upload.composite {
        None
    } else {
        Some(upload.algorithm.unwrap_or(Algorithm::Crc64Nvme))
    };
    let staged = concatenate(&s3.blobs, &blobs, full).await?;
    let sum = if upload.composite { composite(&upload, &parts) } else { staged.sum.clone() };
    if let (Some((algorithm, expected)), Some(sum)) = (&input.expected, &sum)
        && *algorithm == sum.algorithm
        && *expected != sum.value
    {
        return Err(Error::BadDigest(algorithm.name()));
    }
    let new = NewObject {
        bucket: input.bucket,
        key: input.key,
        etag: etag_of_parts(parts.iter().map(|part| part.etag.as_str())),
        attributes: upload.attributes,
        tags: upload.tags,
        sum,
        part_sizes: parts.iter().map(|part| part.size_bytes).collect(),
        conditions: WriteConditions {
            if_match: input.if_match,
            if_none_match: input.if_none_match,
        },
        staged,
    };
    Ok(Whole { new, upload_id: input.upload_id, parts })
}

/// Writes the object's record and forgets the upload.
pub(crate) async fn finish(s3: &S3, ctx: &Ctx, whole: &Whole) -> Result<Reply<Output>, Error> {
    let new = &whole.new;
    let upload = upload(ctx, &new.bucket, &new.key, &whole.upload_id).await?;
    let prefix = parts_prefix(&new.bucket, &whole.upload_id);
    let uploaded = ctx.records::<PartRecord>(PARTS).all(&prefix).await?;
    let unchanged = whole.parts.iter().all(|part| {
        uploaded
            .iter()
            .any(|found| found.value.number == part.number && found.value.blob == part.blob)
    });
    if !unchanged {
        return Err(Error::InvalidPart);
    }
    let mut reply = write(s3, ctx, new).await?;
    reply.batch.remove(UPLOADS, upload.key, upload.expect);
    reply.batch.remove_prefixes.push((PARTS.to_owned(), prefix));
    let discard = s3.discard(uploaded.into_iter().map(|part| part.value.blob).collect());
    let written = reply.after.take();
    let reply = reply.after(move || {
        if let Some(written) = written {
            written();
        }
        discard();
    });
    Ok(reply.map(|written| Output {
        bucket: new.bucket.clone(),
        key: new.key.clone(),
        etag: quoted(&new.etag),
        location: format!("/{}/{}", new.bucket, new.key),
        version_id: written.version_id,
        server_side_encryption: written.encryption,
        sum: new.sum.clone(),
    }))
}

pub(crate) async fn run(s3: &S3, ctx: &Ctx, input: Input) -> Result<Reply<Output>, Error> {
    let whole = prepare(s3, ctx, input).await?;
    let reply = finish(s3, ctx, &whole).await?;
    whole.staged().keep();
    Ok(reply)
}
