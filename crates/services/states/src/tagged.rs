//! What the tag operations share: the resource behind an ARN.

use crate::error::Error;
use crate::ops::Nothing;
use crate::records::{ACTIVITY, Activity, MACHINE, Machine};
use service::{Arn, Ctx, Found, Reply};
use std::collections::BTreeMap;
use store::Batch;

/// Something with tags.
pub(crate) enum Tagged {
    Machine(Found<Machine>),
    Activity(Found<Activity>),
}

impl Tagged {
    /// Its tags.
    pub(crate) fn tags(&self) -> &BTreeMap<String, String> {
        match self {
            Self::Machine(found) => &found.value.tags,
            Self::Activity(found) => &found.value.tags,
        }
    }
}

/// The state machine or activity of an ARN.
pub(crate) async fn find(ctx: &Ctx, arn: &str) -> Result<Tagged, Error> {
    let absent = || Error::ResourceNotFound(arn.to_owned());
    let parsed = Arn::parse(arn).ok().filter(|arn| arn.service == "states");
    let parsed = parsed.ok_or_else(|| Error::InvalidArn(format!("Invalid ARN prefix: {arn}")))?;
    Ok(match parsed.resource_type() {
        Some("stateMachine") => {
            Tagged::Machine(ctx.records(MACHINE).get(arn).await?.ok_or_else(absent)?)
        }
        Some("activity") => {
            Tagged::Activity(ctx.records(ACTIVITY).get(arn).await?.ok_or_else(absent)?)
        }
        _ => return Err(absent()),
    })
}

/// Changes the tags of the state machine or activity of an ARN.
pub(crate) async fn change(
    ctx: &Ctx,
    arn: &str,
    change: impl FnOnce(&mut BTreeMap<String, String>) -> Result<(), Error>,
) -> Result<Reply<Nothing>, Error> {
    let mut batch = Batch::new();
    match find(ctx, arn).await? {
        Tagged::Machine(mut found) => {
            change(&mut found.value.tags)?;
            batch.put(MACHINE, &found.key, &found.value, found.expect);
        }
        Tagged::Activity(mut found) => {
            change(&mut found.value.tags)?;
            batch.put(ACTIVITY, &found.key, &found.value, found.expect);
        }
    }
    Ok(Reply::with(Nothing {}, batch))
}
