//! `ListMultipartUploads`

use serde::{Deserialize, Serialize};
use service::{Ctx, Reply};

use super::list_objects_v2::CommonPrefix;
use super::{Owner, bucket, owner, seconds};
use crate::listing::{common_prefix, encode, page_size};
use crate::records::{UPLOADS, UploadRecord, within};
use crate::{Error, S3};

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    pub(crate) bucket: String,
    #[serde(default)]
    pub(crate) prefix: String,
    pub(crate) delimiter: Option<String>,
    #[serde(default)]
    pub(crate) key_marker: String,
    #[serde(default)]
    pub(crate) upload_id_marker: String,
    pub(crate) max_uploads: Option<i64>,
    pub(crate) encoding_type: Option<String>,
}

#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output {
    pub(crate) bucket: String,
    pub(crate) prefix: String,
    pub(crate) delimiter: Option<String>,
    pub(crate) key_marker: String,
    pub(crate) upload_id_marker: String,
    pub(crate) next_key_marker: Option<String>,
    pub(crate) next_upload_id_marker: Option<String>,
    pub(crate) max_uploads: usize,
    pub(crate) is_truncated: bool,
    pub(crate) encoding_type: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) uploads: Vec<Upload>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) common_prefixes: Vec<CommonPrefix>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Upload {
    pub(crate) key: String,
    pub(crate) upload_id: String,
    /// Unix seconds.
    pub(crate) initiated: i64,
    pub(crate) owner: Owner,
    pub(crate) initiator: Owner,
    pub(crate) storage_class: String,
}

pub(crate) async fn run(_: &S3, ctx: &Ctx, input: Input) -> Result<Reply<Output>, Error> {
    bucket(ctx, &input.bucket).await?;
    let most = page_size(input.max_uploads, "max-uploads")?;
    let prefix = within(&input.bucket, "");
    let mut uploads: Vec<(String, String, UploadRecord)> = ctx
        .records::<UploadRecord>(UPLOADS)
        .all(&prefix)
        .await?
        .into_iter()
        .filter(|found| found.value.key.starts_with(&input.prefix))
        .map(|found| {
            let id = found.key.get(prefix.len()..).unwrap_or_default().to_owned();
            (found.value.key.clone(), id, found.value)
        })
        .filter(|(key, id, _)| is_after(&input, key, id))
        .collect();
    uploads.sort_by(|one, other| (&one.0, &one.1).cmp(&(&other.0, &other.1)));
    let encoding = input.encoding_type.as_deref();
    let mut output = Output { max_uploads: most, ..Output::default() };
    let mut last_prefix = String::new();
    for (key, upload_id, upload) in uploads {
        let common = common_prefix(&key, &input.prefix, input.delimiter.as_deref());
        if common.is_some_and(|common| common == last_prefix || common == input.key_marker) {
            continue;
        }
        if output.uploads.len() + output.common_prefixes.len() == most {
            output.is_truncated = most > 0;
            break;
        }
        if let Some(common) = common {
            common.clone_into(&mut last_prefix);
            output.next_key_marker = Some(encode(common, encoding));
            output.next_upload_id_marker = None;
            output.common_prefixes.push(CommonPrefix { prefix: encode(common, encoding) });
            continue;
        }
        output.next_key_marker = Some(encode(&key, encoding));
        output.next_upload_id_marker = Some(upload_id.clone());
        output.uploads.push(Upload {
            key: encode(&key, encoding),
            upload_id,
            initiated: seconds(upload.initiated_ms),
            owner: owner(ctx),
            initiator: owner(ctx),
            storage_class: upload.attributes.storage_class.unwrap_or_else(|| "STANDARD".to_owned()),
        });
    }
    if !output.is_truncated {
        (output.next_key_marker, output.next_upload_id_marker) = (None, None);
    }
    Ok(Reply::new(Output {
        prefix: encode(&input.prefix, encoding),
        delimiter: input.delimiter.as_deref().map(|delimiter| encode(delimiter, encoding)),
        key_marker: encode(&input.key_marker, encoding),
        upload_id_marker: input.upload_id_marker,
        bucket: input.bucket,
        encoding_type: input.encoding_type,
        ..output
    }))
}

/// Whether an upload comes after the page before.
fn is_after(input: &Input, key: &str, upload_id: &str) -> bool {
    match key.cmp(&input.key_marker) {
        std::cmp::Ordering::Greater => true,
        std::cmp::Ordering::Equal => {
            !input.upload_id_marker.is_empty() && *upload_id > *input.upload_id_marker
        }
        std::cmp::Ordering::Less => false,
    }
}
