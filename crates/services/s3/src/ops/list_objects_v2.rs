//! `ListObjectsV2`

use serde::{Deserialize, Serialize};
use service::{Ctx, PageToken, Reply};

use super::{Owner, bucket, owner, quoted, seconds};
use crate::listing::{Item, Listed, Question, encode, list, page_size};
use crate::records::ObjectRecord;
use crate::{Error, S3};

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    pub(crate) bucket: String,
    #[serde(default)]
    pub(crate) prefix: String,
    pub(crate) delimiter: Option<String>,
    pub(crate) max_keys: Option<i64>,
    pub(crate) continuation_token: Option<String>,
    pub(crate) start_after: Option<String>,
    pub(crate) encoding_type: Option<String>,
    #[serde(default)]
    pub(crate) fetch_owner: bool,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output {
    pub(crate) name: String,
    pub(crate) prefix: String,
    pub(crate) delimiter: Option<String>,
    pub(crate) max_keys: usize,
    pub(crate) key_count: usize,
    pub(crate) is_truncated: bool,
    pub(crate) encoding_type: Option<String>,
    pub(crate) start_after: Option<String>,
    pub(crate) continuation_token: Option<String>,
    pub(crate) next_continuation_token: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) contents: Vec<Object>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) common_prefixes: Vec<CommonPrefix>,
}

/// An object as listings show it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Object {
    pub(crate) key: String,
    /// Unix seconds.
    pub(crate) last_modified: i64,
    /// With quotes.
    #[serde(rename = "ETag")]
    pub(crate) etag: String,
    pub(crate) size: u64,
    pub(crate) storage_class: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) checksum_algorithm: Option<[&'static str; 1]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) checksum_type: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) owner: Option<Owner>,
}

impl Object {
    fn of(key: String, object: &ObjectRecord, owner: Option<Owner>) -> Self {
        Self {
            key,
            last_modified: seconds(object.modified_ms),
            etag: quoted(&object.etag),
            size: object.size_bytes,
            storage_class: object.storage_class().to_owned(),
            checksum_algorithm: object.sum.as_ref().map(|sum| [sum.algorithm.name()]),
            checksum_type: object.sum.as_ref().map(crate::records::Sum::kind),
            owner,
        }
    }
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct CommonPrefix {
    pub(crate) prefix: String,
}

/// A page's objects and common prefixes as the API shows them.
pub(crate) fn show(
    listed: Listed,
    encoding: Option<&str>,
    owner: Option<&Owner>,
) -> (Vec<Object>, Vec<CommonPrefix>) {
    let (mut contents, mut common_prefixes) = (Vec::new(), Vec::new());
    for item in listed.items {
        match item {
            Item::Object(key, object) => {
                contents.push(Object::of(encode(&key, encoding), &object, owner.cloned()));
            }
            Item::CommonPrefix(prefix) => {
                common_prefixes.push(CommonPrefix { prefix: encode(&prefix, encoding) });
            }
        }
    }
    (contents, common_prefixes)
}

pub(crate) async fn run(_: &S3, ctx: &Ctx, input: Input) -> Result<Reply<Output>, Error> {
    bucket(ctx, &input.bucket).await?;
    let question = format!(
        "{}\0{}\0{}",
        input.bucket,
        input.prefix,
        input.delimiter.as_deref().unwrap_or_default()
    );
    let pages = PageToken { question: &question };
    let token = input.continuation_token.as_deref();
    let after = pages.read(token, "InvalidArgument").map_err(|_| {
        Error::InvalidArgument("The continuation token provided is incorrect".to_owned())
    })?;
    let most = page_size(input.max_keys, "maxKeys")?;
    let question = Question {
        bucket: &input.bucket,
        prefix: &input.prefix,
        delimiter: input.delimiter.as_deref(),
        after: after.as_deref().or(input.start_after.as_deref()).unwrap_or_default(),
        most,
        delete_markers: false,
    };
    let listed = list(ctx, question).await?;
    let (truncated, key_count) = (listed.truncated, listed.items.len());
    let next = listed.items.last().filter(|_| truncated).map(|item| pages.make(item.place()));
    let owner = input.fetch_owner.then(|| owner(ctx));
    let encoding = input.encoding_type.as_deref();
    let (contents, common_prefixes) = show(listed, encoding, owner.as_ref());
    Ok(Reply::new(Output {
        prefix: encode(&input.prefix, encoding),
        delimiter: input.delimiter.map(|delimiter| encode(&delimiter, encoding)),
        start_after: input.start_after.map(|key| encode(&key, encoding)),
        name: input.bucket,
        max_keys: most,
        key_count,
        is_truncated: truncated,
        encoding_type: input.encoding_type,
        continuation_token: input.continuation_token,
        next_continuation_token: next,
        contents,
        common_prefixes,
    }))
}
