//! `CopyObject`

use serde::{Deserialize, Serialize};
use service::{Ctx, Reply};

use super::put_object::{NewObject, write};
use super::{quoted, seconds};
use crate::conditions::{ReadConditions, WriteConditions};
use crate::content::Staged;
use crate::copy::{Source, stage};
use crate::records::{Algorithm, Attributes, Sum};
use crate::{Error, S3, tags};

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    pub(crate) bucket: String,
    pub(crate) key: String,
    pub(crate) copy_source: String,
    pub(crate) metadata_directive: Option<String>,
    pub(crate) tagging_directive: Option<String>,
    pub(crate) tagging: Option<String>,
    pub(crate) checksum_algorithm: Option<String>,
    pub(crate) if_match: Option<String>,
    pub(crate) if_none_match: Option<String>,
    #[serde(flatten)]
    pub(crate) attributes: Attributes,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output {
    pub(crate) copy_object_result: CopyResult,
    pub(crate) version_id: Option<String>,
    pub(crate) copy_source_version_id: Option<String>,
    pub(crate) server_side_encryption: String,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct CopyResult {
    #[serde(rename = "ETag")]
    pub(crate) etag: String,
    /// Unix seconds.
    pub(crate) last_modified: i64,
    #[serde(skip)]
    pub(crate) sum: Option<Sum>,
}

/// A copy whose content is staged.
#[derive(Debug, Clone)]
pub(crate) struct Copy {
    new: NewObject,
    source_version_id: Option<String>,
}

impl Copy {
    /// The content.
    pub(crate) fn staged(&self) -> &Staged {
        &self.new.staged
    }
}

/// Copies the content.
pub(crate) async fn prepare(
    s3: &S3,
    ctx: &Ctx,
    input: Input,
    source: &Source,
    conditions: &ReadConditions,
) -> Result<Copy, Error> {
    let (object, source_version_id) = source.find(ctx, conditions).await?;
    let replace = replaces(input.metadata_directive.as_deref(), "x-amz-metadata-directive")?;
    let same = source.bucket == input.bucket && source.key == input.key;
    let says_nothing_new = input.attributes.storage_class.is_none()
        && input.attributes.website_redirect_location.is_none()
        && input.attributes.server_side_encryption.is_none();
    if same && !replace && says_nothing_new && source.version_id.is_none() {
        return Err(Error::InvalidRequest("This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, storage class, website redirect location or encryption attributes.".to_owned()));
    }
    let attributes = if replace {
        input.attributes
    } else {
        Attributes {
            storage_class: input.attributes.storage_class,
            website_redirect_location: input.attributes.website_redirect_location,
            server_side_encryption: input.attributes.server_side_encryption,
            kms_key_id: input.attributes.kms_key_id,
            bucket_key_enabled: input.attributes.bucket_key_enabled,
            ..object.attributes.clone()
        }
    };
    let tags = if replaces(input.tagging_directive.as_deref(), "x-amz-tagging-directive")? {
        tags::read_header(input.tagging.as_deref())?
    } else {
        object.tags.clone()
    };
    let algorithm = input.checksum_algorithm.as_deref().and_then(Algorithm::named);
    let staged = stage(s3, &object, 0..object.size_bytes, algorithm).await?;
    let new = NewObject {
        bucket: input.bucket,
        key: input.key,
        etag: staged.md5_hex(),
        attributes,
        tags,
        sum: staged.sum.clone(),
        part_sizes: Vec::new(),
        conditions: WriteConditions {
            if_match: input.if_match,
            if_none_match: input.if_none_match,
        },
        staged,
    };
    Ok(Copy { new, source_version_id })
}

/// Whether a directive says `REPLACE`.
fn replaces(directive: Option<&str>, header: &str) -> Result<bool, Error> {
    match directive {
        None | Some("COPY") => Ok(false),
        Some("REPLACE") => Ok(true),
        Some(_) => Err(Error::InvalidArgument(format!("Unknown {header} header."))),
    }
}

/// Writes the record.
pub(crate) async fn finish(s3: &S3, ctx: &Ctx, copy: &Copy) -> Result<Reply<Output>, Error> {
    let reply = write(s3, ctx, &copy.new).await?;
    let copy_object_result = CopyResult {
        etag: quoted(&copy.new.etag),
        last_modified: seconds(ctx.now_ms),
        sum: copy.new.sum.clone(),
    };
    Ok(reply.map(|written| Output {
        copy_object_result,
        version_id: written.version_id,
        copy_source_version_id: copy.source_version_id.clone(),
        server_side_encryption: written.encryption,
    }))
}

pub(crate) async fn run(s3: &S3, ctx: &Ctx, input: Input) -> Result<Reply<Output>, Error> {
    let source = Source::parse(&input.copy_source)?;
    let copy = prepare(s3, ctx, input, &source, &ReadConditions::default()).await?;
    let reply = finish(s3, ctx, &copy).await?;
    copy.staged().keep();
    Ok(reply)
}
