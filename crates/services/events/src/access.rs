//! What IAM is asked about: names stand for resources of the bus that a request names beside them.

use crate::error::Error;
use crate::records::{bus_arn, bus_name, rule_arn};
use serde_json::Value;
use service::{Access, Ctx};
use std::collections::BTreeSet;

/// The ARN that IAM is asked about.
// AWS: Service Authorization Reference, Amazon EventBridge: resource types of the actions.
pub(crate) fn resource(ctx: &Ctx, operation: &str, input: &Value) -> Option<String> {
    let text = |member: &str| input.get(member).and_then(Value::as_str);
    let bus = bus_name(ctx, text("EventBusName"));
    match operation {
        "PutRule" | "DeleteRule" | "DescribeRule" | "EnableRule" | "DisableRule" => {
            Some(rule_arn(ctx, bus, text("Name")?))
        }
        "PutTargets" | "RemoveTargets" | "ListTargetsByRule" => {
            Some(rule_arn(ctx, bus, text("Rule")?))
        }
        "DescribeEventBus" => Some(bus_arn(ctx, bus_name(ctx, text("Name")))),
        "PutEvents" => buses(ctx, input).into_iter().next(),
        _ => None,
    }
}

/// ARNs of the buses that the entries are for.
fn buses(ctx: &Ctx, input: &Value) -> BTreeSet<String> {
    let entries = input.get("Entries").and_then(Value::as_array).into_iter().flatten();
    entries
        .map(|entry| bus_arn(ctx, bus_name(ctx, entry.get("EventBusName").and_then(Value::as_str))))
        .collect()
}

/// The dispatcher has asked about the first bus; the others are asked about here.
pub(crate) async fn require_buses(ctx: &Ctx, buses: BTreeSet<String>) -> Result<(), Error> {
    if ctx.principal.is_unlimited() {
        return Ok(());
    }
    for bus in buses.into_iter().skip(1) {
        let access = Access {
            principal: &ctx.principal,
            action: "events:PutEvents",
            resource: &bus,
            context: Vec::new(),
            resource_policy: None,
        };
        ctx.kit.authoriser().authorise(&access).await?;
    }
    Ok(())
}
