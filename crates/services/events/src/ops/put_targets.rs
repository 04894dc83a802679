//! `PutTargets`: adds targets to a rule, or replaces those of the same id.

use crate::error::Error;
use crate::records::{RULE, Target, bus_name, find_rule};
use crate::{Events, target};
use serde::Deserialize;
use serde_json::{Value, json};
use service::{Access, AwsError, Ctx, Reply};
use store::Batch;

// AWS: EventBridge quotas: targets per rule.
const MOST_TARGETS: usize = 5;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    rule: String,
    event_bus_name: Option<String>,
    targets: Vec<Target>,
}

pub(crate) async fn run(_: &Events, ctx: &Ctx, input: Input) -> Result<Reply<Value>, Error> {
    let bus = bus_name(ctx, input.event_bus_name.as_deref());
    let found = find_rule(ctx, bus, &input.rule).await?;
    let mut rule = found.value;
    for given in input.targets {
        if let Some(problem) = target::problem(&given) {
            return Err(Error::Validation(problem));
        }
        if let Some(role) = &given.role_arn {
            require_pass_role(ctx, role).await?;
        }
        match rule.targets.iter_mut().find(|target| target.id == given.id) {
            Some(existing) => *existing = given,
            None => rule.targets.push(given),
        }
    }
    if rule.targets.len() > MOST_TARGETS {
        return Err(Error::Limit(
            "The requested resource exceeds the maximum number allowed.".to_owned(),
        ));
    }
    let mut batch = Batch::new();
    batch.put(RULE, rule.key(), &rule, found.expect);
    Ok(Reply::with(json!({"FailedEntryCount": 0, "FailedEntries": []}), batch))
}

/// The caller must be allowed to lend the target's role to EventBridge.
async fn require_pass_role(ctx: &Ctx, role: &str) -> Result<(), AwsError> {
    if ctx.principal.is_unlimited() {
        return Ok(());
    }
    let access = Access {
        principal: &ctx.principal,
        action: "iam:PassRole",
        resource: role,
        context: vec![("iam:PassedToService".to_owned(), vec!["events.amazonaws.com".to_owned()])],
        resource_policy: None,
    };
    ctx.kit.authoriser().authorise(&access).await
}
