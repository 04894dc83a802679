//! `task-arguments`: arguments that the called operation does not take, or misses.

use super::Rule;
use crate::context::Context;
use crate::finding::{Finding, Severity, When};
use crate::machine::{State, Task, is_editable, members};
use crate::models;
use crate::node::{Hole, Kind, Node};
use wire::{Kind as ShapeKind, Model, Structure};

/// The rule.
pub(super) static RULE: Rule = Rule {
    id: "task-arguments",
    severity: Severity::Error,
    summary: "missing, unknown or wrong arguments of a service integration",
    check,
};

/// Members that AWS's model leaves optional and that a training job needs all the same, and what to write.
// AWS: CreateTrainingJob refuses without them; the model has them optional for jobs without servers.
const NEEDED: &[(&str, &str, &str)] = &[
    (
        "CreateTrainingJob",
        "AlgorithmSpecification",
        "\"AlgorithmSpecification\": {\"TrainingImage\": \"IMAGE\", \"TrainingInputMode\": \"File\"}",
    ),
    (
        "CreateTrainingJob",
        "ResourceConfig",
        "\"ResourceConfig\": {\"InstanceType\": \"ml.m5.large\", \"InstanceCount\": 1, \"VolumeSizeInGB\": 10}",
    ),
    (
        "CreateTrainingJob",
        "StoppingCondition",
        "\"StoppingCondition\": {\"MaxRuntimeInSeconds\": 3600}",
    ),
    (
        "CreateTrainingJob",
        "OutputDataConfig",
        "\"OutputDataConfig\": {\"S3OutputPath\": \"s3://BUCKET/models/\"}",
    ),
];

/// Members that take any JSON.
const ANY: &[&str] = &["Payload", "Message", "MessageBody", "Detail", "Input", "ClientContext"];

fn check(context: &Context<'_>, found: &mut Vec<Finding>) {
    for (_, state, task) in context.tasks() {
        let Some(arguments) =
            task.arguments.as_ref().filter(|node| matches!(node.kind, Kind::Map(_)))
        else {
            continue;
        };
        let Some((model, operation)) = models::operation(task) else { continue };
        let Some(input) =
            operation.input.as_ref().and_then(|input| model.shape(input.shape).structure())
        else {
            continue;
        };
        let mut walk = Walk { context, model, task, state, found };
        walk.structure(input, arguments, 0);
        walk.needed(&operation.name, input, arguments);
    }
}

struct Walk<'a, 'f> {
    context: &'a Context<'a>,
    model: &'a Model,
    task: &'a Task,
    state: &'a State,
    found: &'f mut Vec<Finding>,
}

impl Walk<'_, '_> {
    fn field(&self) -> &'static str {
        if self.state.is_jsonata { "Arguments" } else { "Parameters" }
    }

    fn schema(&self, text: &str) -> String {
        format!(
            "InvalidDefinition: Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: {text} at /States/{}/{}'",
            self.state.name,
            self.field()
        )
    }

    fn structure(&mut self, structure: &Structure, node: &Node, depth: usize) {
        if depth > 24 || structure.document {
            return;
        }
        let given = members(node);
        let names: Vec<String> =
            structure.members.iter().map(|member| models::name(self.task, &member.name)).collect();
        for member in &given {
            let known = names.iter().position(|name| name == member.key);
            match known {
                Some(_) if member.is_dynamic => {}
                Some(index) => {
                    self.value(&structure.members[index], member.value, member.key, depth);
                }
                None => self.unknown(member.key, member.key_span, &names),
            }
        }
        for required in &structure.required {
            let name = models::name(self.task, required);
            let is_made = structure.member(required).is_some_and(|member| member.idempotency_token);
            if !is_made && !given.iter().any(|member| member.key == name) {
                self.missing(&name, node, None);
            }
        }
    }

    fn needed(&mut self, operation: &str, structure: &Structure, arguments: &Node) {
        for (_, name, example) in NEEDED.iter().filter(|needed| needed.0 == operation) {
            let has = members(arguments).iter().any(|member| member.key == *name);
            if !has && !structure.is_required(name) {
                self.missing(name, arguments, Some(example));
            }
        }
    }

    fn missing(&mut self, name: &str, node: &Node, example: Option<&str>) {
        let example = example.or_else(|| {
            NEEDED
                .iter()
                .find(|needed| needed.1 == name && self.task.action == "createTrainingJob")
                .map(|needed| needed.2)
        });
        let is_top =
            self.task.arguments.as_ref().is_some_and(|arguments| arguments.span == node.span);
        let place = if is_top {
            self.state.name_span
        } else {
            crate::source::Span { end: node.span.start + 1, ..node.span }
        };
        let message = format!("`{}` calls {} without `{name}`", self.state.name, self.task.action);
        let text = format!("The field \"{name}\" is required but was missing");
        let mut finding =
            Finding::new(&RULE, place, message).when(When::Deploy).says(self.schema(&text));
        if let Some(example) = example {
            finding = finding.correction(example);
        }
        self.found.push(finding);
    }

    fn unknown(&mut self, key: &str, span: crate::source::Span, names: &[String]) {
        let near = crate::text::nearest(key, names.iter().map(String::as_str));
        let hint = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
        let message = format!("{} has no `{key}` here{hint}", self.task.action);
        let text = format!("The field \"{key}\" is not supported by Step Functions");
        let mut finding =
            Finding::new(&RULE, span, message).when(When::Deploy).says(self.schema(&text));
        if let Some(near) = near {
            let source = self.context.sources.text(span);
            let better = source.replacen(key, near, 1);
            let is_safe = is_editable(self.context.program.language) && source.contains(key);
            finding = if is_safe { finding.edit(span, better) } else { finding.correction(better) };
        }
        self.found.push(finding);
    }

    fn value(&mut self, member: &wire::Member, node: &Node, key: &str, depth: usize) {
        if ANY.contains(&key) || matches!(&node.kind, Kind::Hole(Hole::Unknown)) {
            return;
        }
        let shape = self.model.shape(member.shape);
        match (&shape.kind, &node.kind) {
            (ShapeKind::Structure(structure), Kind::Map(_)) => {
                self.structure(structure, node, depth + 1);
            }
            (ShapeKind::List(item), Kind::List(items)) => {
                for inner in items {
                    self.value(item, inner, key, depth + 1);
                }
            }
            (ShapeKind::Map(_, item), Kind::Map(_)) => {
                for inner in members(node).iter().filter(|inner| !inner.is_dynamic) {
                    self.value(item, inner.value, key, depth + 1);
                }
            }
            (ShapeKind::String, Kind::Text(text)) => self.text(shape, text.literal(), node, key),
            (
                ShapeKind::String | ShapeKind::Blob | ShapeKind::Timestamp,
                Kind::Text(_) | Kind::Hole(_),
            ) => {}
            (ShapeKind::Timestamp, Kind::Number(_)) | (ShapeKind::Blob, _) => {}
            (ShapeKind::Integer | ShapeKind::Long, Kind::Number(number)) => {
                let is_whole = number.as_f64().is_some_and(|value| value.fract() == 0.0);
                self.number(shape, number.as_f64(), node, key, is_whole);
            }
            (ShapeKind::Float | ShapeKind::Double, Kind::Number(number)) => {
                self.number(shape, number.as_f64(), node, key, true);
            }
            (ShapeKind::Boolean, Kind::Bool(_)) | (_, Kind::Null) => {}
            // An expression may make anything.
            (_, Kind::Text(text)) if text.prefix().trim_start().starts_with("{%") => {}
            (wanted, _) => self.wrong(
                node,
                key,
                &format!("wants {}, and gets {}", wanted_word(wanted), given_word(node)),
            ),
        }
    }

    fn text(&mut self, shape: &wire::Shape, text: Option<&str>, node: &Node, key: &str) {
        let Some(text) = text.filter(|text| !text.trim_start().starts_with("{%")) else { return };
        if !shape.enumeration.is_empty() && !shape.enumeration.iter().any(|value| value == text) {
            // AWS adds values faster than its models are copied: only a slip of the pen is told.
            if let Some(near) =
                crate::text::nearest(text, shape.enumeration.iter().map(String::as_str))
            {
                self.wrong(
                    node,
                    key,
                    &format!("has no value \"{text}\"; did you mean \"{near}\"?"),
                );
            }
            return;
        }
        let length = text.chars().count() as f64;
        if shape.max.is_some_and(|max| length > max) {
            self.wrong(
                node,
                key,
                &format!("takes at most {} characters", shape.max.unwrap_or_default()),
            );
        }
    }

    fn number(
        &mut self,
        shape: &wire::Shape,
        value: Option<f64>,
        node: &Node,
        key: &str,
        is_whole: bool,
    ) {
        let Some(value) = value else { return };
        if !is_whole {
            self.wrong(node, key, "wants a whole number");
        } else if shape.min.is_some_and(|min| value < min) {
            self.wrong(node, key, &format!("is at least {}", shape.min.unwrap_or_default()));
        } else if shape.max.is_some_and(|max| value > max) {
            self.wrong(node, key, &format!("is at most {}", shape.max.unwrap_or_default()));
        }
    }

    fn wrong(&mut self, node: &Node, key: &str, what: &str) {
        self.found.push(
            Finding::new(&RULE, node.span, format!("`{key}` {what}"))
                .when(When::FirstRun)
                .says(format!("States.Runtime: The Parameters … could not be used to start the Task: the value of '{key}' is not valid")),
        );
    }
}

fn wanted_word(kind: &ShapeKind) -> &'static str {
    match kind {
        ShapeKind::Structure(_) | ShapeKind::Map(..) => "an object",
        ShapeKind::List(_) => "a list",
        ShapeKind::String | ShapeKind::Blob => "a string",
        ShapeKind::Integer | ShapeKind::Long | ShapeKind::Float | ShapeKind::Double => "a number",
        ShapeKind::Boolean => "true or false",
        ShapeKind::Timestamp => "a time",
    }
}

fn given_word(node: &Node) -> &'static str {
    match node.kind {
        Kind::Null => "null",
        Kind::Bool(_) => "true or false",
        Kind::Number(_) => "a number",
        Kind::Text(_) | Kind::Hole(_) => "a string",
        Kind::List(_) => "a list",
        Kind::Map(_) => "an object",
    }
}
