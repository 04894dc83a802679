//! Changes of an execution's status as events on the default bus: part of the commit that changes it, so none is lost.

use crate::execution::attributes;
use crate::redrive;
use driver::ExecutionRecord;
use serde_json::{Value, json};
use service::{AwsError, Ctx, Principal, WorkItem, WorkOutcome};

/// Work kind of an event to put; the key is the execution's ARN and status.
pub(crate) const WORK: &str = "states/announce";

/// The source of the events.
pub(crate) const SOURCE: &str = "aws.states";

/// Payloads that are longer together are left out.
// AWS: EventBridge events of Step Functions: escaped input and output of more than 248 KiB are excluded.
const MOST_BYTES: usize = 248 * 1024;

/// The work item that puts the event.
pub(crate) fn item(execution: &ExecutionRecord) -> WorkItem {
    let identity = &execution.identity;
    let mut key = format!("{}/{}", identity.execution_arn, execution.status.word());
    if execution.redrive_count > 0 {
        key = format!("{key}/{}", execution.redrive_count);
    }
    let due_ms = execution.stop_ms.or(execution.redrive_ms).unwrap_or(identity.start_ms);
    WorkItem::new(WORK, key, identity.region(), due_ms, &detail(execution))
}

fn detail(execution: &ExecutionRecord) -> Value {
    // As it is at the change itself.
    let now_ms = execution.stop_ms.unwrap_or(execution.identity.start_ms);
    let identity = &execution.identity;
    let output = execution.output.as_ref();
    let bytes = identity.input.text().len() + output.map_or(0, |output| output.text().len());
    let included = bytes <= MOST_BYTES;
    json!({
        "executionArn": &*identity.execution_arn,
        "stateMachineArn": &*identity.state_machine_arn,
        "stateMachineVersionArn": identity.state_machine_version_arn.as_deref(),
        "stateMachineAliasArn": identity.state_machine_alias_arn.as_deref(),
        "name": &*identity.name,
        "status": execution.status.word(),
        "startDate": identity.start_ms,
        "stopDate": execution.stop_ms,
        "input": included.then(|| identity.input.text()),
        "inputDetails": {"included": included},
        "output": output.filter(|_| included).map(engine::Data::text),
        "outputDetails": output.map(|_| json!({"included": included})),
        "error": execution.error.as_deref(),
        "cause": execution.cause.as_deref(),
        "redriveCount": execution.redrive_count,
        "redriveDate": execution.redrive_ms,
        "redriveStatus": redrive::status(execution, now_ms),
        "redriveStatusReason": redrive::reason(execution, now_ms),
        "traceHeader": attributes(execution).trace_header,
    })
}

/// Puts the event.
pub(crate) async fn run(ctx: &Ctx, item: &WorkItem) -> Result<WorkOutcome, AwsError> {
    if ctx.kit.service("events").is_none() {
        return Ok(WorkOutcome::done());
    }
    let entry = json!({
        "Source": SOURCE,
        "DetailType": "Step Functions Execution Status Change",
        "Resources": [item.body["executionArn"]],
        "Detail": item.body.to_string(),
    });
    let principal = Principal::platform(ctx.account());
    let effect = format!("{WORK}/{}", item.key);
    let input = json!({"Entries": [entry]});
    ctx.call_as(principal, "events", "PutEvents", input, Some(effect.clone())).await?;
    let mut outcome = WorkOutcome::done();
    service::forget_effects(&mut outcome.batch, &effect);
    Ok(outcome)
}
