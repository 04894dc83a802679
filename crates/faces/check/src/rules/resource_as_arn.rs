//! `resource-as-arn`: a resource, its id or its name where an ARN is wanted.

use super::Rule;
use crate::context::Context;
use crate::finding::{Finding, Severity, When};
use crate::model::Language;
use crate::node::Node;

/// The rule.
pub(super) static RULE: Rule = Rule {
    id: "resource-as-arn",
    severity: Severity::Error,
    summary: "a resource, its id or its name where its ARN is wanted",
    check,
};

/// Types whose id is their ARN.
const ID_IS_ARN: &[&str] = &[
    "aws:sfn:StateMachine",
    "aws:sfn:Activity",
    "aws:sns:Topic",
    "aws:iam:Policy",
    "aws:sagemaker:Endpoint",
];

fn check(context: &Context<'_>, found: &mut Vec<Finding>) {
    for resource in &context.program.resources {
        for entry in resource.properties.entries() {
            let is_arn = entry.key.ends_with("Arn")
                || (entry.key == "arn" && resource.is("aws:cloudwatch:EventTarget"))
                || (entry.key == "role" && resource.is("aws:lambda:Function"));
            if !is_arn {
                continue;
            }
            let Some((key, path)) = entry.value.attribute() else { continue };
            let Some(referred) = context.program.find(key) else { continue };
            let id_is_arn = ID_IS_ARN.iter().any(|short| referred.is(short))
                || !referred.token.starts_with("aws:");
            let is_known = crate::types::described(&referred.token).is_some();
            let is_wrong = match path {
                "" | "id" => !id_is_arn && is_known,
                "name" | "bucket" => true,
                _ => false,
            };
            // A resource handed over whole becomes its id, but `role` takes one as it is in TypeScript and Python.
            if !is_wrong || (path.is_empty() && entry.key == "role") {
                continue;
            }
            let what = if path.is_empty() {
                "itself, which becomes its id".to_owned()
            } else {
                format!("the {path} of it")
            };
            let message =
                format!("`{}` wants an ARN, and gets `{key}` {what}", context.property(&entry.key));
            let better = context.reference(key, "arn");
            let span = entry.value.span;
            let mut finding = Finding::new(&RULE, span, message)
                .when(When::Deploy)
                .says("ValidationException: Provided Arn is not in correct format.");
            let is_whole = context.sources.text(span).trim_matches(['"', '\'']).starts_with("${");
            finding = if context.program.language == Language::Yaml && is_whole {
                finding.edit(span, quoted(context, &entry.value, &better))
            } else {
                finding.correction(better)
            };
            found.push(finding);
        }
    }
}

fn quoted(context: &Context<'_>, node: &Node, better: &str) -> String {
    let text = context.sources.text(node.span);
    let quote = text
        .chars()
        .next()
        .filter(|c| matches!(c, '"' | '\''))
        .map(String::from)
        .unwrap_or_default();
    format!("{quote}{better}{quote}")
}
