//! What the alias operations share: which routing configurations there can be.

use crate::arns::{self, Qualifier};
use crate::error::Error;
use crate::records::{self, ALIAS, Alias, Route};
use service::{Ctx, Found};
use store::Scan;

// AWS: quotas page: aliases of one state machine.
const MOST_ALIASES: usize = 100;

/// The machine that the routes' versions belong to, after all checks.
// AWS: texts as recorded from CreateStateMachineAlias; the last one is UNVERIFIED.
pub(crate) async fn check(ctx: &Ctx, routes: &[Route]) -> Result<String, Error> {
    let arns: Vec<&str> = routes.iter().map(|r| r.state_machine_version_arn.as_str()).collect();
    let received = || arns.join(", ");
    let mut machines = Vec::new();
    for arn in &arns {
        let named = arns::read_machine(arn)?;
        let Some(Qualifier::Version(number)) = named.qualifier else {
            return Err(Error::Validation(format!(
                "Routing configuration must contain state machine version ARNs. Received: [{}]",
                received()
            )));
        };
        machines.push((named.machine, number));
    }
    if arns.len() == 2 && arns[0] == arns[1] {
        return Err(Error::Validation(format!(
            "Routing configuration must contain distinct state machine version ARNs. Received: [{}]",
            received()
        )));
    }
    let weights: Vec<String> = routes.iter().map(|route| route.weight.to_string()).collect();
    if routes.iter().map(|route| u64::from(route.weight)).sum::<u64>() != 100 {
        return Err(Error::Validation(format!(
            "Sum of routing configuration weights must equal 100. Received: [{}]",
            weights.join(", ")
        )));
    }
    for (machine, number) in &machines {
        records::find_version(ctx, machine, *number).await.map_err(|error| match error {
            Error::MachineDoesNotExist(arn) => Error::ResourceNotFound(arn),
            other => other,
        })?;
    }
    let mut machines = machines.into_iter().map(|(machine, _)| machine);
    let first = machines.next().unwrap_or_default();
    if machines.any(|machine| machine != first) {
        let message = "Routing configuration must contain versions of one state machine.";
        return Err(Error::Validation(message.to_owned()));
    }
    Ok(first)
}

/// Refuses one more alias of a machine that has as many as it may.
pub(crate) async fn has_room(ctx: &Ctx, machine_arn: &str) -> Result<(), Error> {
    let prefix = format!("{machine_arn}:");
    let (found, _) =
        ctx.records::<Alias>(ALIAS).scan(Scan::of(ALIAS, &prefix, MOST_ALIASES)).await?;
    if found.len() < MOST_ALIASES {
        return Ok(());
    }
    // UNVERIFIED: AWS's words.
    Err(Error::QuotaExceeded(format!("A state machine can have at most {MOST_ALIASES} aliases")))
}

/// The alias of an ARN, or AWS's refusal.
pub(crate) async fn find(ctx: &Ctx, arn: &str) -> Result<Found<Alias>, Error> {
    arns::read_machine(arn)?;
    let found = ctx.records::<Alias>(ALIAS).get(arn).await?;
    found.ok_or(Error::AliasNotFound)
}
