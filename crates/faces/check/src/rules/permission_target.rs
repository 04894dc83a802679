//! `permission-target`: a Lambda permission for something that is no function.

use super::Rule;
use crate::context::Context;
use crate::finding::{Finding, Severity, When};
use crate::node::Node;

/// The rule.
pub(super) static RULE: Rule = Rule {
    id: "permission-target",
    severity: Severity::Error,
    summary: "a Lambda permission on something that is not a Lambda function",
    check,
};

fn check(context: &Context<'_>, found: &mut Vec<Finding>) {
    for permission in context.program.of("aws:lambda:Permission") {
        let Some(function) = permission.get("function") else { continue };
        let referred = context.program.referred(function);
        let arn =
            function.as_str().filter(|text| text.starts_with("arn:") && !text.contains(":lambda:"));
        let kind = match referred {
            Some(resource)
                if !resource.is("aws:lambda:Function") && !resource.is("aws:lambda:Alias") =>
            {
                resource.short()
            }
            None if arn.is_some() => "something else".to_owned(),
            _ => continue,
        };
        let is_machine = kind == "aws:sfn:StateMachine";
        let message = format!(
            "`function` is the ARN of {kind}, not of a Lambda function{}",
            if is_machine {
                ": EventBridge starts a state machine with a role on its target, not with a permission"
            } else {
                ""
            }
        );
        let says = format!(
            "resource '{name}' has a problem: invalid value for function_name (must be valid function name or function ARN). Examine values at '{name}.function'.",
            name = permission.name
        );
        let mut finding = Finding::new(
            &RULE,
            place(
                permission.properties.entry("function").map(|entry| &entry.value),
                permission.name_span,
            ),
            message,
        )
        .when(When::Deploy)
        .says(says);
        if is_machine {
            finding = finding.help(format!(
                "remove `{}`; give the event target a role that may call states:StartExecution",
                permission.key
            ));
        }
        found.push(finding);
    }
}

fn place(node: Option<&Node>, otherwise: crate::source::Span) -> crate::source::Span {
    node.map_or(otherwise, |node| node.span)
}
