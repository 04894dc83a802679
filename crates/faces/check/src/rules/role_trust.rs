//! `role-trust`: a role that the service that is to use it may not assume.

use super::{Rule, pass_role};
use crate::context::Context;
use crate::finding::{Finding, Severity, When};
use crate::node::Node;

/// The rule.
pub(super) static RULE: Rule = Rule {
    id: "role-trust",
    severity: Severity::Error,
    summary: "a role that Step Functions, EventBridge, Lambda or SageMaker may not assume",
    check,
};

/// Types, the property with the role, the service, when it fails, what is said.
const USES: &[(&str, &str, &str, When, &str)] = &[
    (
        "aws:sfn:StateMachine",
        "roleArn",
        "states.amazonaws.com",
        When::Deploy,
        "AccessDeniedException: Neither the global service principal states.amazonaws.com, nor the regional one is authorized to assume the provided role.",
    ),
    (
        "aws:lambda:Function",
        "role",
        "lambda.amazonaws.com",
        When::Deploy,
        "InvalidParameterValueException: The role defined for the function cannot be assumed by Lambda.",
    ),
    (
        "aws:cloudwatch:EventTarget",
        "roleArn",
        "events.amazonaws.com",
        When::FirstFiring,
        "nothing; FailedInvocations counts one more, and no execution starts",
    ),
    (
        "aws:sagemaker:Model",
        "executionRoleArn",
        "sagemaker.amazonaws.com",
        When::Deploy,
        "ValidationException: Could not assume role. Please ensure that the role exists and allows principal 'sagemaker.amazonaws.com' to assume the role.",
    ),
];

fn check(context: &Context<'_>, found: &mut Vec<Finding>) {
    for (short, property, service, when, says) in USES {
        for resource in context.program.of(short) {
            if let Some(given) = resource.get(property) {
                look(context, given, service, (when, says), &format!("`{}`", resource.key), found);
            }
        }
    }
    for schedule in context.program.of("aws:scheduler:Schedule") {
        let Some(given) = schedule.properties.at(&["target", "roleArn"]) else { continue };
        let says = "ValidationException: The execution role you provide must allow AWS EventBridge Scheduler to assume the role.";
        let user = format!("`{}`", schedule.key);
        look(context, given, "scheduler.amazonaws.com", (&When::Deploy, says), &user, found);
    }
    let when = When::FirstRun;
    let says = "SageMaker.SageMakerException: Could not assume role. Please ensure that the role exists and allows principal 'sagemaker.amazonaws.com' to assume the role.";
    for (_, state, task) in context.tasks() {
        if let Some(given) = pass_role::passed(task) {
            look(
                context,
                given,
                "sagemaker.amazonaws.com",
                (&when, says),
                &format!("the job of `{}`", state.name),
                found,
            );
        }
    }
}

fn look(
    context: &Context<'_>,
    given: &Node,
    service: &str,
    (when, says): (&When, &str),
    user: &str,
    found: &mut Vec<Finding>,
) {
    let Some(role) = context.role(Some(given)) else { return };
    let (is_trusted, place) = role.trusts(service);
    if is_trusted {
        return;
    }
    let line = place.map(|place| context.sources.line_told(place, given.span));
    let where_ = line.map(|line| format!(" (its trust policy: {line})")).unwrap_or_default();
    let trusted: Vec<&str> = role
        .trust
        .iter()
        .flat_map(|trust| trust.get("Statement").map(Node::items).unwrap_or_default())
        .filter_map(|statement| statement.at(&["Principal", "Service"])?.as_str())
        .collect();
    let now = if trusted.is_empty() {
        "no service".to_owned()
    } else {
        format!("only {}", trusted.join(", "))
    };
    let message = format!(
        "{user} uses the role `{}`, which {service} may not assume: it trusts {now}{where_}",
        role.key
    );
    found.push(
        Finding::new(&RULE, given.span, message)
            .when(when.clone())
            .says(says)
            .help("give it a role of its own: the rights of a state machine and of what it starts are rarely the same")
            .correction(format!("\"Principal\": {{\"Service\": \"{service}\"}}")),
    );
}
