//! `CreateMultipartUpload`

use serde::{Deserialize, Serialize};
use service::{Ctx, Reply};
use store::{Batch, Expect};

use super::put_object::check;
use crate::records::{Algorithm, Attributes, UPLOADS, UploadRecord, within};
use crate::{Error, S3, tags};

/// Characters of upload ids.
const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    pub(crate) bucket: String,
    pub(crate) key: String,
    pub(crate) tagging: Option<String>,
    pub(crate) checksum_algorithm: Option<String>,
    pub(crate) checksum_type: Option<String>,
    #[serde(flatten)]
    pub(crate) attributes: Attributes,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output {
    pub(crate) bucket: String,
    pub(crate) key: String,
    pub(crate) upload_id: String,
    pub(crate) checksum_algorithm: Option<&'static str>,
    pub(crate) checksum_type: Option<&'static str>,
}

pub(crate) async fn run(_: &S3, ctx: &Ctx, input: Input) -> Result<Reply<Output>, Error> {
    check(ctx, &input.bucket, &input.key, &input.attributes).await?;
    let algorithm = input.checksum_algorithm.as_deref().map(|name| {
        Algorithm::named(name).ok_or_else(|| {
            Error::InvalidRequest(
                "Checksum algorithm provided is unsupported. Please try again with any of the valid types: [CRC32, CRC32C, CRC64NVME, SHA1, SHA256]".to_owned(),
            )
        })
    });
    let algorithm = algorithm.transpose()?;
    // AWS: AmazonS3/latest/userguide/checking-object-integrity.html (which kinds each algorithm has)
    let composite = match (algorithm, input.checksum_type.as_deref()) {
        (Some(Algorithm::Crc64Nvme), Some("COMPOSITE")) => {
            let message =
                "The COMPOSITE checksum type cannot be used with the crc64nvme checksum algorithm.";
            return Err(Error::InvalidRequest(message.to_owned()));
        }
        (Some(algorithm), Some("FULL_OBJECT")) if algorithm.only_composite() => {
            return Err(Error::InvalidRequest(format!(
                "The FULL_OBJECT checksum type cannot be used with the {} checksum algorithm.",
                algorithm.name().to_lowercase()
            )));
        }
        (Some(Algorithm::Crc64Nvme) | None, _) | (_, Some("FULL_OBJECT")) => false,
        _ => true,
    };
    let record = UploadRecord {
        key: input.key.clone(),
        initiated_ms: ctx.now_ms,
        attributes: input.attributes,
        tags: tags::read_header(input.tagging.as_deref())?,
        algorithm,
        composite,
    };
    let upload_id = ctx.kit.entropy.text(ALPHABET, 64);
    let mut batch = Batch::new();
    batch.put(UPLOADS, within(&input.bucket, &upload_id), &record, Expect::Absent);
    let output = Output {
        bucket: input.bucket,
        key: input.key,
        upload_id,
        checksum_algorithm: algorithm.map(Algorithm::name),
        checksum_type: algorithm.map(|_| if composite { "COMPOSITE" } else { "FULL_OBJECT" }),
    };
    Ok(Reply::with(output, batch))
}
