//! `ListParts`

use serde::{Deserialize, Serialize};
use service::{Ctx, Reply};
use store::Scan;

use super::{Owner, owner, quoted, seconds, upload};
use crate::listing::page_size;
use crate::records::{Algorithm, PARTS, PartRecord, Sum, part_key, parts_prefix};
use crate::{Error, S3};

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    pub(crate) bucket: String,
    pub(crate) key: String,
    pub(crate) upload_id: String,
    pub(crate) max_parts: Option<i64>,
    pub(crate) part_number_marker: Option<u32>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output {
    pub(crate) bucket: String,
    pub(crate) key: String,
    pub(crate) upload_id: String,
    pub(crate) part_number_marker: u32,
    pub(crate) next_part_number_marker: Option<u32>,
    pub(crate) max_parts: usize,
    pub(crate) is_truncated: bool,
    pub(crate) parts: Vec<Part>,
    pub(crate) owner: Owner,
    pub(crate) storage_class: String,
    pub(crate) checksum_algorithm: Option<&'static str>,
    pub(crate) checksum_type: Option<&'static str>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Part {
    pub(crate) part_number: u32,
    /// Unix seconds.
    pub(crate) last_modified: i64,
    #[serde(rename = "ETag")]
    pub(crate) etag: String,
    pub(crate) size: u64,
    #[serde(skip)]
    pub(crate) sum: Option<Sum>,
}

pub(crate) async fn run(_: &S3, ctx: &Ctx, input: Input) -> Result<Reply<Output>, Error> {
    let upload = upload(ctx, &input.bucket, &input.key, &input.upload_id).await?.value;
    let prefix = parts_prefix(&input.bucket, &input.upload_id);
    let marker = input.part_number_marker.unwrap_or_default();
    let after = part_key(&input.bucket, &input.upload_id, marker);
    let most = page_size(input.max_parts, "max-parts")?;
    let mut scan = Scan::of(PARTS, &prefix, most.max(1));
    scan.after = Some(&after);
    let (found, next) = ctx.records::<PartRecord>(PARTS).scan(scan).await?;
    let parts: Vec<Part> = found
        .into_iter()
        .take(most)
        .map(|part| Part {
            part_number: part.value.number,
            last_modified: seconds(part.value.modified_ms),
            etag: quoted(&part.value.etag),
            size: part.value.size_bytes,
            sum: part.value.sum.filter(|_| upload.algorithm.is_some()),
        })
        .collect();
    let last = parts.last().map(|part| part.part_number);
    Ok(Reply::new(Output {
        bucket: input.bucket,
        key: input.key,
        upload_id: input.upload_id,
        part_number_marker: marker,
        next_part_number_marker: last.or(Some(marker)),
        max_parts: most,
        is_truncated: most > 0 && next.is_some(),
        parts,
        owner: owner(ctx),
        storage_class: upload.attributes.storage_class.unwrap_or_else(|| "STANDARD".to_owned()),
        checksum_algorithm: upload.algorithm.map(Algorithm::name),
        checksum_type: upload
            .algorithm
            .map(|_| if upload.composite { "COMPOSITE" } else { "FULL_OBJECT" }),
    }))
}
