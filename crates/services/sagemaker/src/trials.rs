//! Which components belong to which trials.

use crate::error::Error;
use serde::de::IgnoredAny;
use serde_json::{Map, Value};
use service::Ctx;

/// Record kind of an association; the key is `region/trial/component`.
pub(crate) const ASSOCIATION: &str = "sagemaker/trial-association";

/// The key of an association.
pub(crate) fn key(region: &str, trial: &str, component: &str) -> String {
    format!("{region}/{trial}/{component}")
}

/// The names of a trial's components.
pub(crate) async fn components(ctx: &Ctx, trial: &str) -> Result<Vec<String>, Error> {
    let prefix = key(&ctx.region, trial, "");
    let found = ctx.records::<IgnoredAny>(ASSOCIATION).all(&prefix).await?;
    let name = |key: &str| key.rsplit('/').next().unwrap_or(key).to_owned();
    Ok(found.iter().map(|found| name(&found.key)).collect())
}

/// The names of the trials that a component belongs to.
pub(crate) async fn of(ctx: &Ctx, component: &str) -> Result<Vec<String>, Error> {
    let prefix = format!("{}/", ctx.region);
    let found = ctx.records::<IgnoredAny>(ASSOCIATION).all(&prefix).await?;
    let pair = |key: &str| {
        let mut parts = key.splitn(3, '/').skip(1);
        Some((parts.next()?.to_owned(), parts.next()?.to_owned()))
    };
    let pairs = found.iter().filter_map(|found| pair(&found.key));
    Ok(pairs.filter(|(_, own)| own == component).map(|(trial, _)| trial).collect())
}

/// A list request with its times under the names that other lists have.
pub(crate) fn times(mut input: Map<String, Value>) -> Map<String, Value> {
    for (own, other) in
        [("CreatedAfter", "CreationTimeAfter"), ("CreatedBefore", "CreationTimeBefore")]
    {
        if let Some(value) = input.remove(own) {
            input.insert(other.to_owned(), value);
        }
    }
    input
}
