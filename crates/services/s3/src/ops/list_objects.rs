//! `ListObjects`

use serde::{Deserialize, Serialize};
use service::{Ctx, Reply};

use super::list_objects_v2::{CommonPrefix, Object, show};
use super::{bucket, owner};
use crate::listing::{Question, encode, list, page_size};
use crate::{Error, S3};

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    pub(crate) bucket: String,
    #[serde(default)]
    pub(crate) prefix: String,
    pub(crate) delimiter: Option<String>,
    pub(crate) max_keys: Option<i64>,
    #[serde(default)]
    pub(crate) marker: String,
    pub(crate) encoding_type: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output {
    pub(crate) name: String,
    pub(crate) prefix: String,
    pub(crate) marker: String,
    pub(crate) delimiter: Option<String>,
    pub(crate) max_keys: usize,
    pub(crate) is_truncated: bool,
    pub(crate) next_marker: Option<String>,
    pub(crate) encoding_type: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) contents: Vec<Object>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) common_prefixes: Vec<CommonPrefix>,
}

pub(crate) async fn run(_: &S3, ctx: &Ctx, input: Input) -> Result<Reply<Output>, Error> {
    bucket(ctx, &input.bucket).await?;
    let most = page_size(input.max_keys, "maxKeys")?;
    let question = Question {
        bucket: &input.bucket,
        prefix: &input.prefix,
        delimiter: input.delimiter.as_deref(),
        after: &input.marker,
        most,
        delete_markers: false,
    };
    let listed = list(ctx, question).await?;
    let truncated = listed.truncated;
    let encoding = input.encoding_type.as_deref();
    // Only listings with a delimiter say where to go on; without one it is the last key.
    // AWS: AmazonS3/latest/API/API_ListObjects.html (NextMarker)
    let next_marker = (truncated && input.delimiter.is_some())
        .then(|| listed.items.last().map(|item| encode(item.place(), encoding)))
        .flatten();
    let (contents, common_prefixes) = show(listed, encoding, Some(&owner(ctx)));
    Ok(Reply::new(Output {
        prefix: encode(&input.prefix, encoding),
        marker: encode(&input.marker, encoding),
        delimiter: input.delimiter.map(|delimiter| encode(&delimiter, encoding)),
        name: input.bucket,
        max_keys: most,
        is_truncated: truncated,
        next_marker,
        encoding_type: input.encoding_type,
        contents,
        common_prefixes,
    }))
}
