//! `target-permission`: an event target whose role may not start what it targets.

use super::Rule;
use crate::context::Context;
use crate::finding::{Finding, Severity, When};

/// The rule.
pub(super) static RULE: Rule = Rule {
    id: "target-permission",
    severity: Severity::Error,
    summary: "a target of EventBridge whose role may not start the state machine",
    check,
};

fn check(context: &Context<'_>, found: &mut Vec<Finding>) {
    let targets = context.program.of("aws:cloudwatch:EventTarget");
    let targets = targets.map(|target| (target.get("arn"), target.get("roleArn"), false));
    let schedules = context.program.of("aws:scheduler:Schedule").map(|schedule| {
        let member = |name| schedule.properties.at(&["target", name]);
        (member("arn"), member("roleArn"), true)
    });
    for (arn, given, is_scheduler) in targets.chain(schedules) {
        let (Some(arn), Some(given)) = (arn, given) else { continue };
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
                .says(if is_scheduler {
                    "nothing; TargetErrorCount counts one more, and no execution starts"
                } else {
                    "nothing; FailedInvocations counts one more, and no execution starts"
                })
                .correction(statement),
        );
    }
}
