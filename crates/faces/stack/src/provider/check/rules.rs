//! Rules that take more than one property, or more than a shape.

use super::Problem;
use crate::types::ResourceType;
use crate::value::{Object, Value};

/// Checks the rules that the type names.
pub(super) fn check(kind: &ResourceType, inputs: &Object, problems: &mut Vec<Problem>) {
    for rule in &kind.checks {
        match rule.as_str() {
            "bucket_name" => bucket_name(inputs, problems),
            "event_target_role" => event_target_role(inputs, problems),
            "function_name" => function_name(inputs, problems),
            "schedule_expression" => schedule_expression(inputs, problems),
            "invocation_scope" => invocation_scope(inputs, problems),
            "object_body" => object_body(inputs, problems),
            _ => {}
        }
    }
}

fn text<'a>(inputs: &'a Object, name: &str) -> Option<&'a str> {
    inputs.get(name).and_then(Value::as_str)
}

/// AWS: naming rules of general purpose buckets.
fn bucket_name(inputs: &Object, problems: &mut Vec<Problem>) {
    let Some(name) = text(inputs, "bucket") else { return };
    let is_edge = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let is_good = (3..=63).contains(&name.len())
        && name.chars().all(|c| is_edge(c) || c == '-' || c == '.')
        && name.starts_with(is_edge)
        && name.ends_with(is_edge)
        && !name.contains("..");
    if !is_good {
        let hint =
            "3 to 63 lower-case letters, digits, hyphens and dots; a letter or digit at both ends";
        problems
            .push(Problem::new("bucket", format!("`{name}` is no name for a bucket")).hint(hint));
    }
}

/// AWS: a target that is a state machine, a stream or a pipeline needs a role; the text is AWS's.
fn event_target_role(inputs: &Object, problems: &mut Vec<Problem>) {
    let has_role = inputs.get("roleArn").is_some_and(|role| !role.is_empty());
    let Some(arn) = text(inputs, "arn").filter(|_| !has_role) else { return };
    let service = arn.split(':').nth(2).unwrap_or_default();
    if matches!(service, "states" | "kinesis" | "firehose" | "sagemaker" | "batch" | "ecs") {
        let message = format!("RoleArn is required for target {arn}.");
        let hint = "add `roleArn`: a role that events.amazonaws.com may assume and that may start the target";
        problems.push(Problem { is_about_name: true, ..Problem::new("", message) }.hint(hint));
    }
}

fn function_name(inputs: &Object, problems: &mut Vec<Problem>) {
    let Some(function) = text(inputs, "function") else { return };
    let name = function.rsplit_once(":function:").map_or(function, |(_, name)| name);
    let is_good = !name.is_empty()
        && name.len() <= 170
        && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | ':' | '$'));
    if !is_good {
        let message =
            "invalid value for function_name (must be valid function name or function ARN)";
        problems.push(Problem::new("function", message).hint("use ${FUNCTION.name}"));
    }
}

/// EventBridge Scheduler takes `at(...)` besides what rules take.
fn schedule_expression(inputs: &Object, problems: &mut Vec<Problem>) {
    let Some(expression) = text(inputs, "scheduleExpression") else { return };
    if let Err(error) = calendar::Expression::parse(expression) {
        let message = format!("`{expression}` is no schedule: {error}");
        let hint = "schedules take rate(5 minutes), cron(0 12 * * ? *), at(2026-01-31T12:00:00)";
        problems.push(Problem::new("scheduleExpression", message).hint(hint));
    }
}

/// refit invokes once, when the resource is made.
fn invocation_scope(inputs: &Object, problems: &mut Vec<Problem>) {
    if text(inputs, "lifecycleScope").is_some_and(|scope| scope != "CREATE_ONLY") {
        let message =
            "refit invokes only when the resource is made: `lifecycleScope` must be CREATE_ONLY";
        problems.push(Problem::new("lifecycleScope", message));
    }
}

fn object_body(inputs: &Object, problems: &mut Vec<Problem>) {
    use base64::Engine as _;
    if let Some(encoded) = text(inputs, "contentBase64")
        && base64::engine::general_purpose::STANDARD.decode(encoded).is_err()
    {
        problems.push(Problem::new("contentBase64", "`contentBase64` is not base64"));
    }
}
