//! Publishing versions of state machines.

use crate::error::Error;
use crate::records::{Machine, VERSION, Version, version_key, version_prefix};
use service::Ctx;
use store::{Batch, Expect, Scan};

// AWS: Step Functions quotas: published versions of one machine.
const MOST_VERSIONS: usize = 1000;

/// The version of the machine's present content: the newest one if nothing has changed since, else a new one, which
/// joins `batch`. The caller puts the machine.
pub(crate) async fn publish(
    ctx: &Ctx,
    machine: &mut Machine,
    description: Option<String>,
    batch: &mut Batch,
) -> Result<Version, Error> {
    if let Some(newest) = newest(ctx, &machine.arn).await?
        && newest.revision_id == machine.revision_id
    {
        return Ok(newest);
    }
    let prefix = version_prefix(&machine.arn);
    let scan = Scan::of(VERSION, &prefix, MOST_VERSIONS);
    if ctx.records::<Version>(VERSION).scan(scan).await?.0.len() >= MOST_VERSIONS {
        // UNVERIFIED: AWS's words.
        return Err(Error::QuotaExceeded(format!(
            "A state machine can have at most {MOST_VERSIONS} versions"
        )));
    }
    machine.last_version += 1;
    let version = Version {
        machine_arn: machine.arn.clone(),
        number: machine.last_version,
        description,
        content: machine.content.clone(),
        revision_id: machine.revision_id.clone(),
        created_ms: ctx.now_ms,
    };
    batch.put(VERSION, version_key(&machine.arn, version.number), &version, Expect::Absent);
    Ok(version)
}

/// The version with the greatest number.
async fn newest(ctx: &Ctx, machine_arn: &str) -> Result<Option<Version>, Error> {
    let prefix = version_prefix(machine_arn);
    let scan = Scan { reverse: true, ..Scan::of(VERSION, &prefix, 1) };
    let (found, _) = ctx.records::<Version>(VERSION).scan(scan).await?;
    Ok(found.into_iter().next().map(|found| found.value))
}
