//! The end of a state machine: its running executions are stopped, then it goes with its versions and aliases.

use crate::States;
use crate::records::{ALIAS, MACHINE, VERSION, version_prefix};
use engine::Status;
use service::{AwsError, Ctx, WorkItem, WorkOutcome};
use store::{Batch, Expect};

/// Work kind of a deletion; the key is the machine's ARN.
pub(crate) const WORK: &str = "states/deleteMachine";

/// Executions stopped per reading of the list.
const PAGE: usize = 100;

/// Adds the removal of a machine and all that belongs to it.
pub(crate) fn remove(batch: &mut Batch, machine_arn: &str, expect: Expect) {
    batch.remove(MACHINE, machine_arn, expect);
    batch.remove_prefixes.push((VERSION.to_owned(), version_prefix(machine_arn)));
    batch.remove_prefixes.push((ALIAS.to_owned(), format!("{machine_arn}:")));
}

/// Stops what runs, then removes the machine.
// AWS: API reference of DeleteStateMachine: executions are ended, the machine goes when none is left.
pub(crate) async fn run(
    states: &States,
    _: &Ctx,
    item: &WorkItem,
) -> Result<WorkOutcome, AwsError> {
    loop {
        let running = states.executions.list(&item.key, Some(Status::Running), None, PAGE);
        let running = running.await.map_err(crate::error::Error::from)?.executions;
        if running.is_empty() {
            break;
        }
        for execution in running {
            let arn = &execution.identity.execution_arn;
            states.executions.stop(arn, None, None).await.map_err(crate::error::Error::from)?;
        }
    }
    let mut outcome = WorkOutcome::done();
    remove(&mut outcome.batch, &item.key, Expect::Any);
    Ok(outcome)
}
