//! `UploadPart`

use serde::{Deserialize, Serialize};
use serde_json::Value;
use service::{Ctx, Reply};
use store::{Batch, Expect};

use super::put_object::json_body;
use super::{quoted, upload};
use crate::content::{Announced, Staged, stage};
use crate::records::{Algorithm, PARTS, PartRecord, part_key};
use crate::{Error, S3};

/// The most parts of an upload.
// AWS: AmazonS3/latest/userguide/qfacts.html
pub(crate) const MAX_PARTS: u32 = 10_000;

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    #[serde(flatten)]
    pub(crate) place: Place,
    #[serde(default)]
    pub(crate) body: Value,
}

/// Which part of which upload.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Place {
    pub(crate) bucket: String,
    pub(crate) key: String,
    pub(crate) upload_id: String,
    pub(crate) part_number: i64,
}

impl Place {
    /// The part's number.
    ///
    /// # Errors
    /// `InvalidArgument`.
    pub(crate) fn number(&self) -> Result<u32, Error> {
        let number = u32::try_from(self.part_number).ok();
        number.filter(|number| (1..=MAX_PARTS).contains(number)).ok_or_else(|| {
            Error::InvalidArgument(format!(
                "Part number must be an integer between 1 and {MAX_PARTS}, inclusive"
            ))
        })
    }
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output {
    #[serde(rename = "ETag")]
    pub(crate) etag: String,
}

/// The checksum algorithm that the upload wants of its parts.
///
/// # Errors
/// `NoSuchUpload`, `InvalidArgument`.
pub(crate) async fn check(ctx: &Ctx, place: &Place) -> Result<Option<Algorithm>, Error> {
    place.number()?;
    let upload = upload(ctx, &place.bucket, &place.key, &place.upload_id).await?;
    Ok(upload.value.algorithm)
}

/// Writes the record of a part whose content is staged.
pub(crate) async fn write(
    s3: &S3,
    ctx: &Ctx,
    place: &Place,
    staged: &Staged,
) -> Result<Reply<Output>, Error> {
    let number = place.number()?;
    let upload = upload(ctx, &place.bucket, &place.key, &place.upload_id).await?;
    let key = part_key(&place.bucket, &place.upload_id, number);
    let before = ctx.records::<PartRecord>(PARTS).get(&key).await?;
    let part = PartRecord {
        number,
        blob: staged.blob().clone(),
        size_bytes: staged.size_bytes,
        etag: staged.md5_hex(),
        modified_ms: ctx.now_ms,
        sum: staged.sum.clone(),
    };
    let mut batch = Batch::new();
    // The upload must not have been completed or aborted meanwhile.
    batch.checks.push((crate::records::UPLOADS.to_owned(), upload.key, upload.expect));
    let expect = before.as_ref().map_or(Expect::Absent, |found| found.expect);
    batch.put(PARTS, key, &part, expect);
    let discard = s3.discard(before.map(|found| found.value.blob).into_iter().collect());
    Ok(Reply::with(Output { etag: quoted(&part.etag) }, batch).after(discard))
}

pub(crate) async fn run(s3: &S3, ctx: &Ctx, input: Input) -> Result<Reply<Output>, Error> {
    let algorithm = check(ctx, &input.place).await?;
    let body = json_body(&input.body);
    let content = futures_util::stream::iter([Ok::<_, std::io::Error>(body)]);
    let sums = algorithm.map(|algorithm| (algorithm, None)).into_iter().collect();
    let announced = Announced { sums, ..Announced::default() };
    let staged = stage(&s3.blobs, content, &announced).await?;
    let reply = write(s3, ctx, &input.place, &staged).await?;
    staged.keep();
    Ok(reply)
}
