//! `ListObjectVersions`

use serde::{Deserialize, Serialize};
use service::{Ctx, Reply};

use super::list_objects_v2::CommonPrefix;
use super::{Owner, bucket, owner, quoted, seconds};
use crate::listing::{Item, Question, encode, list, page_size};
use crate::records::ObjectRecord;
use crate::{Error, S3, versions};

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    pub(crate) bucket: String,
    #[serde(default)]
    pub(crate) prefix: String,
    pub(crate) delimiter: Option<String>,
    pub(crate) max_keys: Option<i64>,
    #[serde(default)]
    pub(crate) key_marker: String,
    pub(crate) version_id_marker: Option<String>,
    pub(crate) encoding_type: Option<String>,
}

#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output {
    pub(crate) name: String,
    pub(crate) prefix: String,
    pub(crate) key_marker: String,
    pub(crate) version_id_marker: Option<String>,
    pub(crate) delimiter: Option<String>,
    pub(crate) max_keys: usize,
    pub(crate) is_truncated: bool,
    pub(crate) next_key_marker: Option<String>,
    pub(crate) next_version_id_marker: Option<String>,
    pub(crate) encoding_type: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) versions: Vec<Version>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) delete_markers: Vec<Version>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) common_prefixes: Vec<CommonPrefix>,
}

/// A version or a delete marker.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Version {
    pub(crate) key: String,
    pub(crate) version_id: String,
    pub(crate) is_latest: bool,
    /// Unix seconds.
    pub(crate) last_modified: i64,
    pub(crate) owner: Owner,
    #[serde(flatten)]
    pub(crate) content: Option<Content>,
}

/// What only versions with content have.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Content {
    #[serde(rename = "ETag")]
    pub(crate) etag: String,
    pub(crate) size: u64,
    pub(crate) storage_class: String,
}

impl Version {
    fn of(key: String, version: ObjectRecord, is_latest: bool, owner: Owner) -> Self {
        let content = (!version.is_delete_marker()).then(|| Content {
            etag: quoted(&version.etag),
            size: version.size_bytes,
            storage_class: version.storage_class().to_owned(),
        });
        Self {
            key,
            version_id: version.version_id,
            is_latest,
            last_modified: seconds(version.modified_ms),
            owner,
            content,
        }
    }
}

pub(crate) async fn run(_: &S3, ctx: &Ctx, input: Input) -> Result<Reply<Output>, Error> {
    bucket(ctx, &input.bucket).await?;
    let most = page_size(input.max_keys, "maxKeys")?;
    let encoding = input.encoding_type.clone();
    let encoding = encoding.as_deref();
    let mut output = Output {
        prefix: encode(&input.prefix, encoding),
        key_marker: encode(&input.key_marker, encoding),
        delimiter: input.delimiter.as_deref().map(|delimiter| encode(delimiter, encoding)),
        version_id_marker: input.version_id_marker.clone(),
        encoding_type: input.encoding_type.clone(),
        max_keys: most,
        ..Output::default()
    };
    let mut page = Filling { left: most, last: None, full: false };
    rest_of_marked_key(ctx, &input, &mut page, &mut output).await?;
    let question = Question {
        bucket: &input.bucket,
        prefix: &input.prefix,
        delimiter: input.delimiter.as_deref(),
        after: &input.key_marker,
        most: most.max(1),
        delete_markers: true,
    };
    let listed = list(ctx, question).await?;
    let more = listed.truncated;
    for item in listed.items {
        match item {
            Item::CommonPrefix(prefix) => {
                if page.take(&prefix, None) {
                    let prefix = encode(&prefix, encoding);
                    output.common_prefixes.push(CommonPrefix { prefix });
                }
            }
            Item::Object(key, newest) => {
                let versions = versions::all(ctx, &input.bucket, &key, *newest).await?;
                add(ctx, &key, versions.into_iter().enumerate(), encoding, &mut page, &mut output);
            }
        }
    }
    output.is_truncated = most > 0 && (page.full || more);
    if let Some((key, version)) = page.last.filter(|_| output.is_truncated) {
        output.next_key_marker = Some(encode(&key, encoding));
        output.next_version_id_marker = version;
    }
    output.name = input.bucket;
    Ok(Reply::new(output))
}

/// How far a page is filled.
struct Filling {
    left: usize,
    last: Option<(String, Option<String>)>,
    /// Something did not fit.
    full: bool,
}

impl Filling {
    fn take(&mut self, key: &str, version_id: Option<&str>) -> bool {
        if self.left == 0 {
            self.full = true;
            return false;
        }
        self.left -= 1;
        self.last = Some((key.to_owned(), version_id.map(str::to_owned)));
        true
    }
}

/// The versions after the one that the page before ended with.
async fn rest_of_marked_key(
    ctx: &Ctx,
    input: &Input,
    page: &mut Filling,
    output: &mut Output,
) -> Result<(), Error> {
    let Some(marker) = input.version_id_marker.as_deref().filter(|marker| !marker.is_empty())
    else {
        return Ok(());
    };
    let key = &input.key_marker;
    let Some(newest) = versions::newest(ctx, &input.bucket, key).await? else { return Ok(()) };
    let versions = versions::all(ctx, &input.bucket, key, newest.value).await?;
    let rest =
        versions.into_iter().enumerate().skip_while(|(_, version)| version.version_id != marker);
    add(ctx, key, rest.skip(1), input.encoding_type.as_deref(), page, output);
    Ok(())
}

fn add(
    ctx: &Ctx,
    key: &str,
    versions: impl Iterator<Item = (usize, ObjectRecord)>,
    encoding: Option<&str>,
    page: &mut Filling,
    output: &mut Output,
) {
    for (place, version) in versions {
        if !page.take(key, Some(&version.version_id)) {
            return;
        }
        let version = Version::of(encode(key, encoding), version, place == 0, owner(ctx));
        match version.content {
            Some(_) => output.versions.push(version),
            None => output.delete_markers.push(version),
        }
    }
}
