//! `wildcard-permission`: more rights than needed.

use super::Rule;
use crate::context::Context;
use crate::finding::{Finding, Severity, When};
use crate::node::Node;

/// The rule.
pub(super) static RULE: Rule = Rule {
    id: "wildcard-permission",
    severity: Severity::Warning,
    summary: "a policy that allows everything, or a sensitive action on everything",
    check,
};

/// Actions that give away rights when allowed on everything.
const SENSITIVE: &[&str] = &[
    "iam:PassRole",
    "sts:AssumeRole",
    "lambda:InvokeFunction",
    "states:StartExecution",
    "s3:PutObject",
    "s3:DeleteObject",
    "s3:GetObject",
];

fn check(context: &Context<'_>, found: &mut Vec<Finding>) {
    for policy in context.roles.iter().flat_map(|role| &role.policies) {
        for statement in policy.tree.get("Statement").map(Node::items).unwrap_or_default() {
            if statement.get("Effect").and_then(Node::as_str) == Some("Allow") {
                look(statement, &policy.name, found);
            }
        }
    }
}

fn look(statement: &Node, policy: &str, found: &mut Vec<Finding>) {
    let everywhere = statement
        .get("Resource")
        .map(Node::items)
        .unwrap_or_default()
        .iter()
        .find(|node| node.as_str() == Some("*"));
    for action in statement.get("Action").map(Node::items).unwrap_or_default() {
        let Some(name) = action.as_str() else { continue };
        if name == "*" || name == "*:*" {
            found.push(
                Finding::new(&RULE, action.span, format!("{policy} allows every action"))
                    .help("name the actions that are needed"),
            );
        } else if let (Some(place), Some(service)) = (everywhere, name.strip_suffix(":*")) {
            let message = format!("{policy} allows everything of {service} on every resource");
            found.push(
                Finding::new(&RULE, action.span, message)
                    .help("name the actions and the resources that are needed"),
            );
            let _ = place;
        } else if let Some(place) =
            everywhere.filter(|_| SENSITIVE.contains(&name) && statement.get("Condition").is_none())
        {
            let message = format!("{policy} allows {name} on every resource");
            found.push(
                Finding::new(&RULE, place.span, message)
                    .when(When::Never)
                    .help("name the resources that are needed"),
            );
        }
    }
}
