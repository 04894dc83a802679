//! `target-role`: an event target that needs a role and has none.

use super::Rule;
use crate::context::Context;
use crate::finding::{Finding, Severity, When};
use crate::model::{Language, Resource};

/// The rule.
pub(super) static RULE: Rule = Rule {
    id: "target-role",
    severity: Severity::Error,
    summary: "an EventBridge target that is a state machine, without a role",
    check,
};

fn check(context: &Context<'_>, found: &mut Vec<Finding>) {
    for target in context.program.of("aws:cloudwatch:EventTarget") {
        let Some(arn) = target.get("arn") else { continue };
        let machine =
            context.program.referred(arn).filter(|resource| resource.is("aws:sfn:StateMachine"));
        let is_machine =
            machine.is_some() || arn.as_str().is_some_and(|arn| arn.contains(":states:"));
        if !is_machine || target.get("roleArn").is_some() {
            continue;
        }
        let property = context.property("roleArn");
        let message = format!(
            "the target is a state machine, and has no `{property}`: EventBridge needs a role that may call states:StartExecution on it"
        );
        let predicted = context.program.predicted(arn).unwrap_or_default();
        let mut finding = Finding::new(&RULE, target.name_span, message)
            .when(When::Deploy)
            .says(format!("ValidationException: RoleArn is required for target {predicted}."));
        if context.program.language != Language::Server {
            finding = finding.correction(correction(context, target, machine));
        }
        found.push(finding);
    }
}

/// The role, and the target with it.
fn correction(context: &Context<'_>, target: &Resource, machine: Option<&Resource>) -> String {
    let arn = machine.map_or_else(
        || "STATE_MACHINE_ARN".to_owned(),
        |machine| context.reference(&machine.key, "arn"),
    );
    match context.program.language {
        Language::Python => format!(
            "events_role = aws.iam.Role(\"eventsRole\",\n    assume_role_policy=json.dumps({{\"Version\": \"2012-10-17\", \"Statement\": [{{\n        \
             \"Effect\": \"Allow\", \"Principal\": {{\"Service\": \"events.amazonaws.com\"}}, \"Action\": \"sts:AssumeRole\"}}]}}))\n\
             aws.iam.RolePolicy(\"startRetraining\", role=events_role.id,\n    policy=pulumi.Output.json_dumps({{\"Version\": \"2012-10-17\", \"Statement\": [{{\n        \
             \"Effect\": \"Allow\", \"Action\": \"states:StartExecution\", \"Resource\": {arn}}}]}}))\n\
             {key} = aws.cloudwatch.EventTarget(…,\n    role_arn=events_role.arn)",
            key = target.key
        ),
        Language::TypeScript => format!(
            "const eventsRole = new aws.iam.Role(\"eventsRole\", {{\n    assumeRolePolicy: aws.iam.assumeRolePolicyForPrincipal({{ Service: \"events.amazonaws.com\" }}),\n}});\n\
             new aws.iam.RolePolicy(\"startRetraining\", {{ role: eventsRole.id, policy: pulumi.jsonStringify({{\n    Version: \"2012-10-17\",\n    \
             Statement: [{{ Effect: \"Allow\", Action: \"states:StartExecution\", Resource: {arn} }}],\n}}) }});\n\
             const {key} = new aws.cloudwatch.EventTarget(…, {{ …, roleArn: eventsRole.arn }});",
            key = target.key
        ),
        _ => format!(
            "  eventsRole:\n    type: aws:iam:Role\n    properties:\n      assumeRolePolicy:\n        fn::toJSON:\n          Version: \"2012-10-17\"\n          \
             Statement: [{{ Effect: Allow, Principal: {{ Service: events.amazonaws.com }}, Action: sts:AssumeRole }}]\n  \
             startRetraining:\n    type: aws:iam:RolePolicy\n    properties:\n      role: ${{eventsRole.id}}\n      policy:\n        fn::toJSON:\n          \
             Version: \"2012-10-17\"\n          Statement: [{{ Effect: Allow, Action: states:StartExecution, Resource: \"{arn}\" }}]\n  \
             {key}:\n    properties:\n      roleArn: ${{eventsRole.arn}}",
            key = target.key
        ),
    }
}
