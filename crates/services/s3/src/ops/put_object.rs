//! `PutObject`, and writing an object's record in general.

use std::collections::BTreeMap;

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use service::{Ctx, Reply};

use super::{bucket, quoted};
use crate::conditions::WriteConditions;
use crate::content::{Announced, Staged, stage};
use crate::records::{Attributes, BucketRecord, ObjectRecord, Sum};
use crate::{Error, S3, names, tags, versions};

/// The longest user metadata, in bytes of names and values.
// AWS: AmazonS3/latest/userguide/UsingMetadata.html
const MAX_METADATA_BYTES: usize = 2048;

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    pub(crate) bucket: String,
    pub(crate) key: String,
    /// Text, or any other JSON value, which is stored as its JSON text.
    #[serde(default)]
    pub(crate) body: Value,
    pub(crate) tagging: Option<String>,
    pub(crate) if_match: Option<String>,
    pub(crate) if_none_match: Option<String>,
    #[serde(flatten)]
    pub(crate) attributes: Attributes,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output {
    #[serde(rename = "ETag")]
    pub(crate) etag: String,
    pub(crate) version_id: Option<String>,
    pub(crate) server_side_encryption: String,
}

/// An object about to be written.
#[derive(Debug, Clone)]
pub(crate) struct NewObject {
    pub(crate) bucket: String,
    pub(crate) key: String,
    pub(crate) staged: Staged,
    /// Without quotes.
    pub(crate) etag: String,
    pub(crate) attributes: Attributes,
    pub(crate) tags: BTreeMap<String, String>,
    pub(crate) sum: Option<Sum>,
    pub(crate) part_sizes: Vec<u64>,
    pub(crate) conditions: WriteConditions,
}

/// What was written.
#[derive(Debug, Clone)]
pub(crate) struct Written {
    pub(crate) version_id: Option<String>,
    pub(crate) encryption: String,
}

/// What can be refused before the content is read.
///
/// # Errors
/// `NoSuchBucket`, `KeyTooLongError`, `MetadataTooLarge`.
pub(crate) async fn check(
    ctx: &Ctx,
    bucket_name: &str,
    key: &str,
    attributes: &Attributes,
) -> Result<BucketRecord, Error> {
    let settings = bucket(ctx, bucket_name).await?.value;
    names::check_key(key)?;
    let metadata_bytes: usize =
        attributes.metadata.iter().map(|(name, value)| name.len() + value.len()).sum();
    if metadata_bytes > MAX_METADATA_BYTES {
        return Err(Error::Other(service::AwsError::new(
            "MetadataTooLarge",
            "Your metadata headers exceed the maximum allowed metadata size",
        )));
    }
    Ok(settings)
}

/// Writes the record of staged content.
pub(crate) async fn write(s3: &S3, ctx: &Ctx, new: &NewObject) -> Result<Reply<Written>, Error> {
    let settings = check(ctx, &new.bucket, &new.key, &new.attributes).await?;
    let current = versions::newest(ctx, &new.bucket, &new.key).await?;
    new.conditions.check(&new.key, current.as_ref().map(|found| &found.value))?;
    let mut attributes = new.attributes.clone();
    let encryption =
        attributes.server_side_encryption.get_or_insert(settings.encryption.algorithm.clone());
    let encryption = encryption.clone();
    if attributes.kms_key_id.is_none() && encryption == settings.encryption.algorithm {
        attributes.kms_key_id.clone_from(&settings.encryption.kms_key_id);
    }
    let record = ObjectRecord {
        blob: Some(new.staged.blob().clone()),
        size_bytes: new.staged.size_bytes,
        etag: new.etag.clone(),
        attributes,
        tags: new.tags.clone(),
        sum: new.sum.clone(),
        part_sizes: new.part_sizes.clone(),
        ..ObjectRecord::delete_marker(ctx.now_ms)
    };
    let change = versions::put(ctx, &settings, &new.bucket, &new.key, record, current).await?;
    let written = Written { version_id: change.version_id, encryption };
    Ok(Reply::with(written, change.batch).after(s3.discard(change.discarded)))
}

/// The content that a JSON request carries.
pub(crate) fn json_body(body: &Value) -> Bytes {
    match body {
        Value::Null => Bytes::new(),
        Value::String(text) => Bytes::copy_from_slice(text.as_bytes()),
        other => Bytes::from(other.to_string()),
    }
}

pub(crate) async fn run(s3: &S3, ctx: &Ctx, input: Input) -> Result<Reply<Output>, Error> {
    check(ctx, &input.bucket, &input.key, &input.attributes).await?;
    let tags = tags::read_header(input.tagging.as_deref())?;
    let body = json_body(&input.body);
    let content = futures_util::stream::iter([Ok::<_, std::io::Error>(body)]);
    let staged = stage(&s3.blobs, content, &Announced::default()).await?;
    let new = NewObject {
        bucket: input.bucket,
        key: input.key,
        etag: staged.md5_hex(),
        attributes: input.attributes,
        tags,
        sum: staged.sum.clone(),
        part_sizes: Vec::new(),
        conditions: WriteConditions {
            if_match: input.if_match,
            if_none_match: input.if_none_match,
        },
        staged,
    };
    let reply = write(s3, ctx, &new).await?;
    new.staged.keep();
    Ok(reply.map(|written| Output {
        etag: quoted(&new.etag),
        version_id: written.version_id,
        server_side_encryption: written.encryption,
    }))
}
