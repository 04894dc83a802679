//! What writing and deleting do to an object's versions, for buckets that keep versions and those that do not.

use service::{Ctx, Found};
use store::{Batch, BlobId, Expect, Scan};

use crate::Error;
use crate::records::{
    BucketRecord, NULL_VERSION, OBJECTS, ObjectRecord, VERSIONS, Versioning, version_key,
    versions_prefix, within,
};

/// Characters of version ids.
const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._";

/// What a write or a deletion comes to.
#[derive(Debug, Default)]
pub(crate) struct Change {
    pub(crate) batch: Batch,
    /// Blobs that no record names after the commit.
    pub(crate) discarded: Vec<BlobId>,
    /// The version made or removed, where the bucket has versions.
    pub(crate) version_id: Option<String>,
    /// A delete marker was made or removed.
    pub(crate) delete_marker: bool,
}

/// The newest version, delete markers included.
pub(crate) async fn newest(
    ctx: &Ctx,
    bucket: &str,
    key: &str,
) -> Result<Option<Found<ObjectRecord>>, Error> {
    Ok(ctx.records(OBJECTS).get(&within(bucket, key)).await?)
}

/// The older versions, newest first.
async fn older(
    ctx: &Ctx,
    bucket: &str,
    key: &str,
    most: usize,
) -> Result<Vec<Found<ObjectRecord>>, Error> {
    let prefix = versions_prefix(bucket, key);
    if most == usize::MAX {
        return Ok(ctx.records(VERSIONS).all(&prefix).await?);
    }
    Ok(ctx.records(VERSIONS).scan(Scan::of(VERSIONS, &prefix, most)).await?.0)
}

/// All versions, newest first, and which of them is the current one.
pub(crate) async fn all(
    ctx: &Ctx,
    bucket: &str,
    key: &str,
    newest: ObjectRecord,
) -> Result<Vec<ObjectRecord>, Error> {
    let mut versions = vec![newest];
    if versions[0].older > 0 {
        let older = older(ctx, bucket, key, usize::MAX).await?;
        versions.extend(older.into_iter().map(|found| found.value));
    }
    Ok(versions)
}

/// The version asked for (the current one when none is): never a delete marker.
///
/// # Errors
/// `NoSuchKey`, `NoSuchVersion`, or `MethodNotAllowed` for a delete marker asked for by its id.
pub(crate) async fn find(
    ctx: &Ctx,
    bucket: &str,
    key: &str,
    version_id: Option<&str>,
) -> Result<Found<ObjectRecord>, Error> {
    let absent = |marker| Error::NoSuchKey { key: key.to_owned(), delete_marker: marker };
    let newest = newest(ctx, bucket, key).await?;
    let Some(version_id) = version_id else {
        let found = newest.ok_or_else(|| absent(None))?;
        if found.value.is_delete_marker() {
            return Err(absent(Some(found.value.version_id)));
        }
        return Ok(found);
    };
    let found = find_version(ctx, bucket, key, newest, version_id).await?;
    let found = found.ok_or(Error::NoSuchVersion)?;
    if found.value.is_delete_marker() {
        return Err(Error::IsDeleteMarker(found.value.version_id));
    }
    Ok(found)
}

async fn find_version(
    ctx: &Ctx,
    bucket: &str,
    key: &str,
    newest: Option<Found<ObjectRecord>>,
    version_id: &str,
) -> Result<Option<Found<ObjectRecord>>, Error> {
    let Some(newest) = newest else { return Ok(None) };
    if newest.value.version_id == version_id {
        return Ok(Some(newest));
    }
    if newest.value.older == 0 {
        return Ok(None);
    }
    let older = older(ctx, bucket, key, usize::MAX).await?;
    Ok(older.into_iter().find(|found| found.value.version_id == version_id))
}

/// Whether `found` is the record of the newest version (and not of an older one).
pub(crate) fn kind_of(found: &Found<ObjectRecord>) -> &'static str {
    if found.key.contains('\0') { VERSIONS } else { OBJECTS }
}

/// Writes a new version (or, without versioning, the object anew).
pub(crate) async fn put(
    ctx: &Ctx,
    settings: &BucketRecord,
    bucket: &str,
    key: &str,
    mut object: ObjectRecord,
    current: Option<Found<ObjectRecord>>,
) -> Result<Change, Error> {
    let mut change = Change { delete_marker: object.is_delete_marker(), ..Change::default() };
    match settings.versioning {
        Versioning::Enabled => object.version_id = ctx.kit.entropy.text(ALPHABET, 32),
        Versioning::Never | Versioning::Suspended => {
            NULL_VERSION.clone_into(&mut object.version_id);
        }
    }
    if settings.versioning != Versioning::Never {
        change.version_id = Some(object.version_id.clone());
    }
    let expect = current.as_ref().map_or(Expect::Absent, |found| found.expect);
    if let Some(Found { value: mut current, .. }) = current {
        object.sequence = current.sequence + 1;
        object.older = current.older;
        if object.version_id == current.version_id {
            change.discarded.extend(current.blob);
        } else {
            if object.version_id == NULL_VERSION && current.older > 0 {
                remove_older_null(ctx, bucket, key, &mut object, &mut change).await?;
            }
            current.older = 0;
            object.older += 1;
            let place = version_key(bucket, key, current.sequence);
            change.batch.put(VERSIONS, place, &current, Expect::Absent);
        }
    }
    change.batch.put(OBJECTS, within(bucket, key), &object, expect);
    Ok(change)
}

/// A version without an id replaces the older one that has none either.
async fn remove_older_null(
    ctx: &Ctx,
    bucket: &str,
    key: &str,
    object: &mut ObjectRecord,
    change: &mut Change,
) -> Result<(), Error> {
    for found in older(ctx, bucket, key, usize::MAX).await? {
        if found.value.version_id == NULL_VERSION {
            change.discarded.extend(found.value.blob);
            change.batch.remove(VERSIONS, found.key, found.expect);
            object.older -= 1;
        }
    }
    Ok(())
}

/// Deletes without naming a version: the object goes, or a delete marker hides it.
pub(crate) async fn delete(
    ctx: &Ctx,
    settings: &BucketRecord,
    bucket: &str,
    key: &str,
    current: Option<Found<ObjectRecord>>,
) -> Result<Change, Error> {
    if settings.versioning != Versioning::Never {
        let marker = ObjectRecord::delete_marker(ctx.now_ms);
        return put(ctx, settings, bucket, key, marker, current).await;
    }
    let mut change = Change::default();
    if let Some(found) = current {
        change.discarded.extend(found.value.blob);
        change.batch.remove(OBJECTS, found.key, found.expect);
    }
    Ok(change)
}

/// Removes one version for good; one that is not there counts as removed.
pub(crate) async fn delete_version(
    ctx: &Ctx,
    bucket: &str,
    key: &str,
    version_id: &str,
    current: Option<Found<ObjectRecord>>,
) -> Result<Change, Error> {
    let mut change = Change { version_id: Some(version_id.to_owned()), ..Change::default() };
    let Some(newest) = current else { return Ok(change) };
    let place = newest.key.clone();
    if newest.value.version_id == version_id {
        change.delete_marker = newest.value.is_delete_marker();
        change.discarded.extend(newest.value.blob);
        match older(ctx, bucket, key, 1).await?.pop() {
            Some(next) if newest.value.older > 0 => {
                change.batch.remove(VERSIONS, next.key, next.expect);
                let next = ObjectRecord { older: newest.value.older - 1, ..next.value };
                change.batch.put(OBJECTS, place, &next, newest.expect);
            }
            _ => {
                change.batch.remove(OBJECTS, place, newest.expect);
            }
        }
        return Ok(change);
    }
    let older = older(ctx, bucket, key, usize::MAX).await?;
    if let Some(found) = older.into_iter().find(|found| found.value.version_id == version_id) {
        change.delete_marker = found.value.is_delete_marker();
        change.discarded.extend(found.value.blob);
        change.batch.remove(VERSIONS, found.key, found.expect);
        let newest_value =
            ObjectRecord { older: newest.value.older.saturating_sub(1), ..newest.value };
        change.batch.put(OBJECTS, place, &newest_value, newest.expect);
    }
    Ok(change)
}
