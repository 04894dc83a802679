//! Finding, making and saving named records; what all kinds have in common.

use crate::error::Error;
use crate::records::{Entity, Tags, index_key, key};
use crate::views::Tag;
use serde::de::DeserializeOwned;
use service::{Ctx, Found};
use store::{Batch, Expect, Scan};

/// Letters of AWS's unique ids.
const ID_ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// The record of that name.
///
/// # Errors
/// `NoSuchEntity` in AWS's words. A name in another case is another name here.
// UNVERIFIED: whether AWS finds a role under its name in another case; it does refuse to create a second one.
pub(crate) async fn find<T: Entity>(ctx: &Ctx, name: &str) -> Result<Found<T>, Error> {
    let found = ctx.records::<T>(T::KIND).get(&key(name)).await?;
    found.filter(|found| found.value.name() == name).ok_or_else(|| missing::<T>(name))
}

/// AWS's words for a record that is not there.
fn missing<T: Entity>(name: &str) -> Error {
    Error::NoSuchEntity(match T::NOUN {
        "instance-profile" => format!("Instance Profile {name} cannot be found."),
        noun => format!("The {noun} with name {name} cannot be found."),
    })
}

/// Makes sure that the name is free, whatever its case.
///
/// # Errors
/// `EntityAlreadyExists` in AWS's words.
pub(crate) async fn name_is_free<T: Entity>(ctx: &Ctx, name: &str) -> Result<(), Error> {
    if ctx.records::<T>(T::KIND).get(&key(name)).await?.is_none() {
        return Ok(());
    }
    Err(Error::EntityAlreadyExists(match T::NOUN {
        "role" => format!("Role with name {name} already exists."),
        "user" => format!("User with name {name} already exists."),
        "group" => format!("Group with name {name} already exists."),
        "policy" => {
            format!("A policy called {name} already exists. Duplicate names are not allowed.")
        }
        _ => format!("Instance Profile {name} already exists."),
    }))
}

/// Makes sure that one more record does not exceed what an account may have.
///
/// # Errors
/// `LimitExceeded` naming AWS's quota.
pub(crate) async fn within_quota<T: Entity>(
    ctx: &Ctx,
    quota: &str,
    most: usize,
) -> Result<(), Error> {
    let count = ctx.records::<T>(T::KIND).all("").await?.len();
    if count < most { Ok(()) } else { Err(exceeded(quota, most)) }
}

/// AWS's words for a quota that is used up.
pub(crate) fn exceeded(quota: &str, most: usize) -> Error {
    Error::LimitExceeded(format!("Cannot exceed quota for {quota}: {most}"))
}

/// Adds a new record to the batch.
pub(crate) fn create<T: Entity>(batch: &mut Batch, value: &T) {
    batch.put_indexed(T::KIND, key(value.name()), value, value.index(), Expect::Absent);
}

/// Adds a changed record to the batch (or an unchanged one, to be noticed by whoever deletes it).
pub(crate) fn save<T: Entity>(batch: &mut Batch, found: &Found<T>) {
    batch.put_indexed(T::KIND, &found.key, &found.value, found.value.index(), found.expect);
}

/// Adds the removal of a record to the batch.
pub(crate) fn delete<T: Entity>(batch: &mut Batch, found: &Found<T>) {
    batch.remove(T::KIND, &found.key, found.expect);
}

/// Every record of a kind under a path, in the order of names.
pub(crate) async fn all<T: Entity>(ctx: &Ctx, path_prefix: Option<&str>) -> Result<Vec<T>, Error> {
    let prefix = path_prefix.unwrap_or("/");
    let all = ctx.records::<T>(T::KIND).all("").await?;
    Ok(all.into_iter().map(|found| found.value).filter(|v| v.path().starts_with(prefix)).collect())
}

/// Every record of `kind` whose entry of `index` is `value`.
pub(crate) async fn all_by<T: DeserializeOwned>(
    ctx: &Ctx,
    kind: &'static str,
    index: &'static str,
    value: &str,
) -> Result<Vec<Found<T>>, Error> {
    let prefix = index_key(value);
    let records = ctx.records::<T>(kind);
    let mut all = Vec::new();
    let mut after: Option<String> = None;
    loop {
        let mut scan = Scan::of(kind, &prefix, 500);
        scan.index = Some(index);
        scan.after = after.as_deref();
        let (page, next) = records.scan(scan).await?;
        all.extend(page);
        match next {
            Some(cursor) => after = Some(cursor),
            None => return Ok(all),
        }
    }
}

/// A new unique id: a prefix that tells the kind (`AROA`, `AIDA`, …) and 17 characters.
pub(crate) fn new_id(ctx: &Ctx, prefix: &str) -> String {
    format!("{prefix}{}", ctx.kit.entropy.text(ID_ALPHABET, 17))
}

/// The path to create something under: `/` unless asked otherwise.
pub(crate) fn path_or_root(path: Option<String>) -> String {
    path.unwrap_or_else(|| "/".to_owned())
}

/// Makes sure that tags are as AWS wants them, and answers them as kept. Managed policies tell keys apart by case,
/// everything else does not.
///
/// # Errors
/// `InvalidInput` for duplicates and for keys that AWS keeps for itself; `LimitExceeded`.
// AWS: recorded answers of TagRole and TagPolicy.
pub(crate) fn checked_tags<T: Entity>(before: &Tags, added: Vec<Tag>) -> Result<Tags, Error> {
    let mut tags = before.clone();
    let mut seen = Vec::new();
    for tag in added {
        let folded = tag_key::<T>(&tag.key);
        if folded.to_lowercase().starts_with("aws:") {
            return Err(Error::InvalidInput(
                "Tag keys cannot start with the reserved prefix aws:".to_owned(),
            ));
        }
        if seen.contains(&folded) {
            let case = if T::NOUN == "policy" {
                ""
            } else {
                " Please note that Tag keys are case insensitive."
            };
            return Err(Error::InvalidInput(format!("Duplicate tag keys found.{case}")));
        }
        tags.retain(|name, _| tag_key::<T>(name) != folded);
        tags.insert(tag.key, tag.value);
        seen.push(folded);
    }
    if tags.len() > 50 {
        return Err(Error::LimitExceeded(
            "The number of tags has reached the maximum limit.".to_owned(),
        ));
    }
    Ok(tags)
}

/// Takes tags away; those that are not there do not matter.
pub(crate) fn without_tags<T: Entity>(tags: &mut Tags, keys: &[String]) {
    let gone: Vec<String> = keys.iter().map(|key| tag_key::<T>(key)).collect();
    tags.retain(|key, _| !gone.contains(&tag_key::<T>(key)));
}

/// What must differ for tags to be different.
fn tag_key<T: Entity>(key: &str) -> String {
    if T::NOUN == "policy" { key.to_owned() } else { key.to_lowercase() }
}
