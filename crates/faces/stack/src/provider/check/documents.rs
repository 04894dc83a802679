//! Documents inside properties: JSON that is JSON, state machines that AWS would take, schedules that fire.

use super::{Inside, Problem};
use crate::types::{Property, ResourceType, Shape};
use crate::value::{Object, Value};

/// How many problems of one definition are shown.
const SHOWN: usize = 20;

/// Checks every known document of the inputs.
pub(super) fn check(kind: &ResourceType, inputs: &Object, problems: &mut Vec<Problem>) {
    let is_express = inputs.get("type").and_then(Value::as_str) == Some("EXPRESS");
    for (name, value) in inputs {
        if let Some(property) = kind.properties.get(name) {
            property_documents(name, property, value, is_express, problems);
        }
    }
}

fn property_documents(
    path: &str,
    property: &Property,
    value: &Value,
    is_express: bool,
    problems: &mut Vec<Problem>,
) {
    match (&property.shape, value.open()) {
        (Shape::List(of) | Shape::Set(of), Value::Array(items)) => {
            for (index, item) in items.iter().enumerate() {
                property_documents(&format!("{path}.{index}"), of, item, is_express, problems);
            }
        }
        (Shape::Object(fields), Value::Object(given)) => {
            for (name, value) in given {
                if let Some(property) = fields.get(name) {
                    property_documents(
                        &format!("{path}.{name}"),
                        property,
                        value,
                        is_express,
                        problems,
                    );
                }
            }
        }
        (Shape::StateMachine, Value::String(text)) => {
            state_machine(path, text, is_express, problems);
        }
        (Shape::Json | Shape::Policy, Value::String(text)) => json(path, text, problems),
        (Shape::Schedule, Value::String(text)) => {
            if let Err(error) = calendar::Expression::parse_rule(text) {
                let mut message = format!("`{text}` is no schedule of a rule: {error}");
                let mut source = std::error::Error::source(&error);
                while let Some(cause) = source {
                    message = format!("{message}: {cause}");
                    source = cause.source();
                }
                let hint = "rules take rate(5 minutes), rate(1 hour), cron(0 12 * * ? *)";
                problems.push(Problem::new(path, message).hint(hint));
            }
        }
        (Shape::Role, Value::String(text)) if !is_role_arn(text) => {
            let message = format!("`{path}` must be the ARN of a role, not `{text}`");
            problems.push(
                Problem::new(path, message).hint("a role's ARN is its output `arn`: ${role.arn}"),
            );
        }
        _ => {}
    }
}

/// `arn:aws:iam::123456789012:role/NAME`
fn is_role_arn(text: &str) -> bool {
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    matches!(parts.as_slice(), ["arn", _, "iam", "", account, resource]
        if resource.strip_prefix("role/").is_some_and(|name| !name.is_empty())
            && account.len() == 12 && account.bytes().all(|b| b.is_ascii_digit()))
}

fn state_machine(path: &str, text: &str, is_express: bool, problems: &mut Vec<Problem>) {
    let checked = asl::check(text, asl::Options::of(is_express));
    for found in checked.diagnostics.into_iter().take(SHOWN) {
        problems.push(Problem {
            path: path.to_owned(),
            is_about_name: false,
            is_warning: found.severity == asl::Severity::Warning,
            message: found.to_string(),
            hint: found.hint,
            inside: Some(Inside {
                pointer: found.location,
                line: found.start.line,
                column: found.start.column,
            }),
        });
    }
}

fn json(path: &str, text: &str, problems: &mut Vec<Problem>) {
    let (_, found) = asl::json::parse(text);
    let lines = asl::json::LineIndex::new(text);
    for problem in found {
        let at = lines.position(problem.span.start);
        let message = format!("`{path}` is not JSON: {}", problem.message);
        let inside = Inside { pointer: None, line: at.line, column: at.column };
        problems.push(Problem { inside: Some(inside), ..Problem::new(path, message) });
    }
}
