//! What a server runs, as if it were a program.

use crate::model::{Language, Program, Resource, canonical};
use crate::node::{Entry, Kind, Node};
use crate::source::{FileId, Sources, Span};
use serde_json::Value;
use std::path::{Path, PathBuf};

/// Reads the description of a server.
pub(crate) fn read(sources: &mut Sources, description: &Value) -> Program {
    let file = sources.add(Path::new("server"), "");
    let mut program = Program::new(Language::Server, file, PathBuf::new());
    let list =
        |key: &str| description.get(key).and_then(Value::as_array).cloned().unwrap_or_default();
    for machine in list("stateMachines") {
        let mut made = Made::new(sources, "state machine", &machine, "definition");
        made.copy(&machine, &["name", "arn", "roleArn", "type"]);
        program.add(made.resource("aws:sfn:StateMachine"));
    }
    for role in list("roles") {
        let mut made = Made::new(sources, "role", &role, "assumeRolePolicy");
        made.copy(&role, &["name", "arn"]);
        let mut inline = Vec::new();
        for policy in role.get("inline").and_then(Value::as_array).into_iter().flatten() {
            let text = text_of(policy.get("document"));
            let name = policy.get("name").and_then(Value::as_str).unwrap_or_default();
            let file = sources.add(Path::new(&format!("{}, policy {name}", made.title)), &text);
            inline.push(map(made.span, vec![("policy", document(file, &text))]));
        }
        made.add("inlinePolicies", Node::new(made.span, Kind::List(inline)));
        let attached: Vec<Node> = role
            .get("attached")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .map(|arn| Node::text(made.span, arn))
            .collect();
        made.add("managedPolicyArns", Node::new(made.span, Kind::List(attached)));
        program.add(made.resource("aws:iam:Role"));
    }
    for policy in list("policies") {
        let mut made = Made::new(sources, "policy", &policy, "policy");
        made.copy(&policy, &["name", "arn"]);
        program.add(made.resource("aws:iam:Policy"));
    }
    for rule in list("rules") {
        let mut made = Made::new(sources, "rule", &rule, "scheduleExpression");
        made.copy(&rule, &["name", "arn", "state"]);
        let name = made.name.clone();
        let span = made.span;
        program.add(made.resource("aws:cloudwatch:EventRule"));
        for (index, target) in
            rule.get("targets").and_then(Value::as_array).into_iter().flatten().enumerate()
        {
            let mut entries = vec![("rule", Node::text(span, &name))];
            for (from, to) in [("Arn", "arn"), ("RoleArn", "roleArn")] {
                if let Some(arn) = target.get(from).and_then(Value::as_str) {
                    entries.push((to, Node::text(span, arn)));
                }
            }
            let key = format!("target {index} of {name}");
            program.add(Resource {
                name: key.clone(),
                key,
                token: canonical("aws:cloudwatch:EventTarget"),
                name_span: span,
                span,
                properties: map(span, entries),
                options: None,
            });
        }
    }
    program
}

/// A resource in the making, with a text of its own.
struct Made {
    title: String,
    name: String,
    span: Span,
    entries: Vec<Entry>,
}

fn text_of(value: Option<&Value>) -> String {
    match value {
        Some(Value::String(text)) => text.clone(),
        Some(other) => serde_json::to_string_pretty(other).unwrap_or_default(),
        None => String::new(),
    }
}

fn document(file: FileId, text: &str) -> Node {
    Node::text(Span::new(file, 0, text.len()), text)
}

fn map(span: Span, entries: Vec<(&str, Node)>) -> Node {
    let entries = entries.into_iter().map(|(key, value)| Entry {
        key: key.to_owned(),
        key_span: span,
        value,
    });
    Node::new(span, Kind::Map(entries.collect()))
}

impl Made {
    /// `main` is what the text of the resource is.
    fn new(sources: &mut Sources, noun: &str, described: &Value, main: &str) -> Self {
        let name = described.get("name").and_then(Value::as_str).unwrap_or_default().to_owned();
        let text = text_of(described.get(main));
        let title = format!("{noun} {name}");
        let file = sources.add(Path::new(&title), &text);
        let span = Span::new(file, 0, text.len().min(1));
        let mut made = Self { title, name, span, entries: Vec::new() };
        if !text.is_empty() {
            made.add(main, document(file, &text));
        }
        made
    }

    fn add(&mut self, key: &str, value: Node) {
        self.entries.push(Entry { key: key.to_owned(), key_span: self.span, value });
    }

    fn copy(&mut self, described: &Value, keys: &[&str]) {
        for key in keys {
            if let Some(text) = described.get(key).and_then(Value::as_str) {
                self.add(key, Node::text(self.span, text));
            }
        }
    }

    fn resource(self, short: &str) -> Resource {
        Resource {
            key: self.title,
            token: canonical(short),
            name: self.name,
            name_span: self.span,
            span: self.span,
            properties: Node::new(self.span, Kind::Map(self.entries)),
            options: None,
        }
    }
}
