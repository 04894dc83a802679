//! `UploadPartCopy`

use serde::{Deserialize, Serialize};
use service::{Ctx, Reply};

use super::seconds;
use super::upload_part::{Place, check, write};
use crate::conditions::ReadConditions;
use crate::content::Staged;
use crate::copy::{self, Source};
use crate::{Error, S3};

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    #[serde(flatten)]
    pub(crate) place: Place,
    pub(crate) copy_source: String,
    pub(crate) copy_source_range: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output {
    pub(crate) copy_part_result: CopyResult,
    pub(crate) copy_source_version_id: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct CopyResult {
    #[serde(rename = "ETag")]
    pub(crate) etag: String,
    /// Unix seconds.
    pub(crate) last_modified: i64,
}

/// A part whose content is staged.
#[derive(Debug, Clone)]
pub(crate) struct Copy {
    pub(crate) place: Place,
    pub(crate) staged: Staged,
    pub(crate) source_version_id: Option<String>,
}

/// Copies the content.
pub(crate) async fn prepare(
    s3: &S3,
    ctx: &Ctx,
    place: Place,
    source: &Source,
    range: Option<&str>,
    conditions: &ReadConditions,
) -> Result<Copy, Error> {
    let algorithm = check(ctx, &place).await?;
    let (object, source_version_id) = source.find(ctx, conditions).await?;
    let range = match range {
        None => 0..object.size_bytes,
        Some(header) => source_range(header, object.size_bytes)?,
    };
    let staged = copy::stage(s3, &object, range, algorithm).await?;
    Ok(Copy { place, staged, source_version_id })
}

/// The range of an `x-amz-copy-source-range` header: unlike others, it must be wholly inside.
fn source_range(header: &str, size_bytes: u64) -> Result<std::ops::Range<u64>, Error> {
    let invalid = || {
        Error::InvalidArgument("The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the zero-based offsets of the first and last bytes to copy".to_owned())
    };
    match s3s::dto::Range::parse(header) {
        Ok(s3s::dto::Range::Int { first, last: Some(last) }) if last < size_bytes => {
            Ok(first..last + 1)
        }
        Ok(s3s::dto::Range::Int { last: Some(_), .. }) => Err(Error::InvalidArgument(format!(
            "Range specified is not valid for source object of size: {size_bytes}"
        ))),
        _ => Err(invalid()),
    }
}

/// Writes the record.
pub(crate) async fn finish(s3: &S3, ctx: &Ctx, copy: &Copy) -> Result<Reply<Output>, Error> {
    let reply = write(s3, ctx, &copy.place, &copy.staged).await?;
    let last_modified = seconds(ctx.now_ms);
    Ok(reply.map(|part| Output {
        copy_part_result: CopyResult { etag: part.etag, last_modified },
        copy_source_version_id: copy.source_version_id.clone(),
    }))
}

pub(crate) async fn run(s3: &S3, ctx: &Ctx, input: Input) -> Result<Reply<Output>, Error> {
    let source = Source::parse(&input.copy_source)?;
    let range = input.copy_source_range.as_deref();
    let conditions = ReadConditions::default();
    let copy = prepare(s3, ctx, input.place, &source, range, &conditions).await?;
    let reply = finish(s3, ctx, &copy).await?;
    copy.staged.keep();
    Ok(reply)
}
