//! State changes as events on the default bus: durable, so that no crash loses one.

use serde_json::{Value, json};
use service::{AwsError, Ctx, Principal, WorkItem, WorkOutcome};

/// Work kind of an event to put; the key is the resource's ARN and the moment.
pub(crate) const WORK: &str = "sagemaker/announce";

/// The work item that puts the event.
pub(crate) fn item(ctx: &Ctx, detail_type: &str, arn: &str, detail: Value) -> WorkItem {
    let key = format!("{arn}/{}", ctx.uuid());
    let body = json!({"type": detail_type, "arn": arn, "detail": detail});
    WorkItem::new(WORK, key, &ctx.region, ctx.now_ms, &body)
}

/// Puts the event.
pub(crate) async fn run(ctx: &Ctx, item: &WorkItem) -> Result<WorkOutcome, AwsError> {
    let entry = json!({
        "Source": "aws.sagemaker",
        "DetailType": item.body["type"],
        "Resources": [item.body["arn"]],
        "Detail": item.body["detail"].to_string(),
    });
    let principal = Principal::platform(ctx.account());
    let effect = Some(format!("{WORK}/{}", item.key));
    let input = json!({"Entries": [entry]});
    ctx.call_as(principal, "events", "PutEvents", input, effect).await?;
    Ok(WorkOutcome::done())
}
