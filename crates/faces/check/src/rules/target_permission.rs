//! `target-permission`: an event target whose role may not start what it targets.

use super::Rule;
use crate::context::Context;
use crate::finding::{Finding, Severity, When};

/// The rule.
pub(super) static RULE: Rule = Rule {
    id: "target-permission",
    severity: Severity::Error,
    summary: "an EventBridge target whose role may not start the state machine",
    check,
};

fn check(context: &Context<'_>, found: &mut Vec<Finding>) {
    for target in context.program.of("aws:cloudwatch:EventTarget") {
        let (Some(arn), Some(given)) = (target.get("arn"), target.get("roleArn")) else { continue };
        let (Some(machine), Some(role)) =
            (context.program.referred(arn), context.role(Some(given)))
        else {
            continue;
        };
        if !machine.is("aws:sfn:StateMachine")
            || role.may("states:StartExecution", Some(&machine.predict("arn")), None)
        {
            continue;
        }
        let message = format!(
            "the role `{}` may not call states:StartExecution on `{}`",
            role.key, machine.key
        );
        let statement = format!(
            "{{\"Effect\": \"Allow\", \"Action\": \"states:StartExecution\", \"Resource\": {}}}",
            context.value(&machine.key, "arn")
        );
        found.push(
            Finding::new(&RULE, given.span, message)
                .when(When::FirstFiring)
                .says("nothing; FailedInvocations counts one more, and no execution starts")
                .correction(statement),
        );
    }
}
