//! `DeleteObjects`

use std::collections::HashSet;

use serde::{Deserialize, Serialize};
use service::{Ctx, Reply};
use store::Batch;

use super::bucket;
use crate::{Error, S3, versions};

/// The most that one request deletes.
// AWS: AmazonS3/latest/API/API_DeleteObjects.html
pub(crate) const MOST: usize = 1000;

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    pub(crate) bucket: String,
    pub(crate) delete: Delete,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Delete {
    pub(crate) objects: Vec<Identifier>,
    #[serde(default)]
    pub(crate) quiet: bool,
}

/// What to delete.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Identifier {
    pub(crate) key: String,
    pub(crate) version_id: Option<String>,
}

#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) deleted: Vec<Deleted>,
}

/// What was deleted.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Deleted {
    pub(crate) key: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) version_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) delete_marker: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) delete_marker_version_id: Option<String>,
}

/// Deletes objects, each key at most once, in one commit.
pub(crate) async fn delete(
    s3: &S3,
    ctx: &Ctx,
    name: &str,
    objects: &[Identifier],
) -> Result<Reply<Vec<Deleted>>, Error> {
    let settings = bucket(ctx, name).await?.value;
    let (mut batch, mut discarded, mut deleted) = (Batch::new(), Vec::new(), Vec::new());
    for Identifier { key, version_id } in objects {
        let current = versions::newest(ctx, name, key).await?;
        let change = match version_id {
            Some(version) => versions::delete_version(ctx, name, key, version, current).await?,
            None => versions::delete(ctx, &settings, name, key, current).await?,
        };
        batch.extend(change.batch);
        discarded.extend(change.discarded);
        deleted.push(Deleted {
            key: key.clone(),
            version_id: version_id.clone(),
            delete_marker: change.delete_marker.then_some(true),
            delete_marker_version_id: change.version_id.filter(|_| change.delete_marker),
        });
    }
    Ok(Reply::with(deleted, batch).after(s3.discard(discarded)))
}

/// The request's objects in rounds, no key twice in a round.
pub(crate) fn rounds(objects: Vec<Identifier>) -> Vec<Vec<Identifier>> {
    let mut rounds = Vec::new();
    let mut left = objects;
    while !left.is_empty() {
        let mut seen = HashSet::new();
        let (round, later) = left.into_iter().partition(|object| seen.insert(object.key.clone()));
        rounds.push(round);
        left = later;
    }
    rounds
}

/// # Errors
/// `MalformedXML` when there is nothing or too much to delete.
pub(crate) fn check(objects: &[Identifier]) -> Result<(), Error> {
    if objects.is_empty() || objects.len() > MOST { Err(Error::MalformedXml) } else { Ok(()) }
}

pub(crate) async fn run(s3: &S3, ctx: &Ctx, input: Input) -> Result<Reply<Output>, Error> {
    check(&input.delete.objects)?;
    let rounds = rounds(input.delete.objects);
    let [objects] = rounds.as_slice() else {
        return Err(Error::NotImplemented(
            "refit deletes several versions of one key in one call only for requests over HTTP",
        ));
    };
    let reply = delete(s3, ctx, &input.bucket, objects).await?;
    let quiet = input.delete.quiet;
    Ok(reply.map(|deleted| Output { deleted: if quiet { Vec::new() } else { deleted } }))
}
