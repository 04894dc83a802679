//! A program in Python or TypeScript as Pulumi YAML: the same resources with the same names, so that a stack that was deployed
//! by the one goes on with the other.
//!
//! The program is read, not run. What cannot be read off its text (a loop, a call of something else) is not guessed: it is told,
//! with its place, and nothing is converted.

use crate::error::Error;
use crate::finding::Severity;
use crate::model::{FaultKind, Language, Program, Resource};
use crate::node::{Hole, Kind, Node, Text};
use crate::project;
use crate::source::{Sources, Span};
use serde_json::Value;
use std::collections::HashMap;
use std::fmt::Write;
use std::path::Path;

/// Properties inside of others that are text with a JSON document in it.
const INNER_DOCUMENTS: &[&str] = &["policy"];
/// Options that are converted.
const OPTIONS: &[&str] = &[
    "dependsOn",
    "parent",
    "protect",
    "ignoreChanges",
    "deleteBeforeReplace",
    "retainOnDelete",
    "replaceOnChanges",
    "aliases",
    "additionalSecretOutputs",
    "import",
];

/// The `Pulumi.yaml` of the program in a directory, and a line for everything worth knowing about it.
///
/// # Errors
/// What cannot be read, or read off the text.
pub fn convert(directory: &Path) -> Result<(String, Vec<String>), Error> {
    let mut sources = Sources::default();
    let programs = project::read(&mut sources, directory)?;
    let program = programs.first().ok_or_else(|| Error::Nothing { path: directory.to_owned() })?;
    let mut writer = Writer::new(&sources, program);
    let text = writer.program(&project_name(directory));
    if !writer.places.is_empty() {
        writer.places.dedup();
        return Err(Error::Unconverted { places: writer.places });
    }
    Ok((text, writer.notes))
}

fn project_name(directory: &Path) -> String {
    let text = std::fs::read_to_string(directory.join("Pulumi.yaml")).unwrap_or_default();
    let name = text.lines().find_map(|line| line.strip_prefix("name:"));
    name.map_or_else(
        || "project".to_owned(),
        |name| name.trim().trim_matches(['"', '\'']).to_owned(),
    )
}

struct Writer<'a> {
    sources: &'a Sources,
    program: &'a Program,
    /// What the program calls a resource, and its name in the YAML.
    names: HashMap<String, String>,
    places: Vec<String>,
    notes: Vec<String>,
}

impl<'a> Writer<'a> {
    fn new(sources: &'a Sources, program: &'a Program) -> Self {
        let mut names: HashMap<String, String> = HashMap::new();
        for resource in &program.resources {
            let is_taken = names.values().any(|name| *name == resource.name);
            let name = if is_taken || resource.name.is_empty() {
                resource.key.replace('#', "_")
            } else {
                resource.name.clone()
            };
            names.insert(resource.key.clone(), name);
        }
        Self { sources, program, names, places: Vec::new(), notes: Vec::new() }
    }

    fn refuse(&mut self, span: Span, what: &str) {
        let at = self.sources.position(span);
        let path = self.sources.file(span.file).path.display();
        self.places.push(format!(
            "{path}:{}:{}: {}: {what}",
            at.line,
            at.column,
            Severity::Error.word()
        ));
    }

    fn program(&mut self, name: &str) -> String {
        for fault in &self.program.faults {
            let is_wrong = matches!(
                fault.kind,
                FaultKind::Syntax
                    | FaultKind::LineBreaks
                    | FaultKind::OutputInText
                    | FaultKind::UnknownName
            );
            if is_wrong {
                self.refuse(fault.span, &fault.message);
            }
        }
        if self.program.language == Language::Yaml {
            self.refuse(Span::new(self.program.file, 0, 0), "the program is in YAML already");
        }
        let mut out = format!("name: {}\nruntime: yaml\n\nresources:\n", scalar(name));
        for resource in &self.program.resources {
            self.resource(resource, &mut out);
        }
        if !self.program.outputs.is_empty() {
            out.push_str("\noutputs:\n");
            for (name, value) in &self.program.outputs {
                out.push_str("  ");
                out.push_str(&scalar(name));
                out.push(':');
                self.value(value, 2, &mut out);
            }
        }
        if self.sources.file(self.program.file).text.contains("Config(") {
            self.notes.push("configuration values stand in it with their defaults".to_owned());
        }
        out
    }

    fn resource(&mut self, resource: &Resource, out: &mut String) {
        let key = self.names.get(&resource.key).cloned().unwrap_or_default();
        if resource.name.is_empty() {
            self.refuse(resource.name_span, "the resource's name is made at run time");
        }
        add(out, format_args!("  {}:\n    type: {}\n", scalar(&key), resource.short()));
        if resource.name != key {
            add(out, format_args!("    name: {}\n", scalar(&resource.name)));
        }
        let documents = crate::types::described(&resource.token)
            .map(|described| described.documents.clone())
            .unwrap_or_default();
        if !resource.properties.entries().is_empty() {
            out.push_str("    properties:\n");
            for entry in resource.properties.entries() {
                add(out, format_args!("      {}:", scalar(&entry.key)));
                if documents.contains(&entry.key) {
                    self.document(&entry.value, 6, out);
                } else {
                    self.value(&entry.value, 6, out);
                }
            }
        }
        let options: Vec<_> = resource.options.iter().flat_map(Node::entries).collect();
        if !options.is_empty() {
            out.push_str("    options:\n");
        }
        for entry in options {
            if OPTIONS.contains(&entry.key.as_str()) {
                add(out, format_args!("      {}:", entry.key));
                self.value(&entry.value, 6, out);
            } else {
                self.refuse(
                    entry.key_span,
                    &format!("the option `{}` is not converted", entry.key),
                );
            }
        }
    }

    /// Text with a JSON document in it, as the document.
    fn document(&mut self, node: &Node, indent: usize, out: &mut String) {
        let parsed = match &node.kind {
            Kind::Text(text) => {
                let (tree, problems) = asl::json::parse(&text.text);
                let tree = tree.filter(|_| problems.is_empty());
                tree.map(|tree| Node::from_json(&tree, node.span.file, &text.map, &text.holes))
            }
            Kind::Map(_) => Some(node.clone()),
            _ => None,
        };
        match parsed.filter(|tree| matches!(tree.kind, Kind::Map(_))) {
            Some(tree) => {
                add(out, format_args!("\n{}fn::toJSON:", " ".repeat(indent + 2)));
                self.value(&tree, indent + 2, out);
            }
            None => self.value(node, indent, out),
        }
    }

    /// A value after its key, with the line's end.
    fn value(&mut self, node: &Node, indent: usize, out: &mut String) {
        let pad = " ".repeat(indent + 2);
        match &node.kind {
            Kind::Map(entries) if !entries.is_empty() => {
                out.push('\n');
                for entry in entries {
                    add(out, format_args!("{pad}{}:", scalar(&entry.key)));
                    if INNER_DOCUMENTS.contains(&entry.key.as_str()) {
                        self.document(&entry.value, indent + 2, out);
                    } else {
                        self.value(&entry.value, indent + 2, out);
                    }
                }
            }
            Kind::List(items) if !items.is_empty() => {
                out.push('\n');
                for item in items {
                    add(out, format_args!("{pad}-"));
                    self.value(item, indent + 2, out);
                }
            }
            _ => {
                let text = self.plain(node);
                add(out, format_args!(" {text}\n"));
            }
        }
    }

    fn plain(&mut self, node: &Node) -> String {
        match &node.kind {
            Kind::Null => "null".to_owned(),
            Kind::Bool(flag) => flag.to_string(),
            Kind::Number(number) => number.to_string(),
            Kind::List(_) => "[]".to_owned(),
            Kind::Map(_) => "{}".to_owned(),
            Kind::Hole(hole) => {
                let text = self.hole(hole, node.span);
                scalar(&text)
            }
            Kind::Text(text) => {
                let text = self.text(text, node.span);
                scalar(&text)
            }
        }
    }

    fn text(&mut self, text: &Text, span: Span) -> String {
        let mut written = String::new();
        let mut characters = text.text.chars().peekable();
        while let Some(c) = characters.next() {
            let next = characters.peek().copied();
            match text.hole(c).cloned() {
                Some(hole) => written.push_str(&self.hole(&hole, span)),
                // What the program has as text must stay text.
                None if c == '$' && next == Some('{') => written.push_str("$$"),
                None if c == '$' && next.is_some_and(|next| text.hole(next).is_some()) => {
                    self.refuse(span, "a `$` right before a reference cannot be written in YAML");
                }
                None => written.push(c),
            }
        }
        written
    }

    fn hole(&mut self, hole: &Hole, span: Span) -> String {
        match hole {
            Hole::Attribute { resource, path } => match self.names.get(resource) {
                Some(name) if path.is_empty() => format!("${{{name}}}"),
                Some(name) => format!("${{{name}.{path}}}"),
                None => {
                    self.refuse(span, "this comes from a resource that is not known");
                    String::new()
                }
            },
            Hole::Unknown => {
                let text: String = self
                    .sources
                    .text(span)
                    .lines()
                    .next()
                    .unwrap_or_default()
                    .chars()
                    .take(60)
                    .collect();
                self.refuse(span, &format!("`{text}` is only known when the program runs"));
                String::new()
            }
        }
    }
}

/// Adds to a text, which takes anything.
fn add(out: &mut String, more: std::fmt::Arguments<'_>) {
    out.write_fmt(more).expect("a String takes any text");
}

/// A scalar: as it is where YAML reads it as the same text, else in double quotes, as JSON has it.
fn scalar(text: &str) -> String {
    let is_word = |c: char| {
        c.is_ascii_alphanumeric()
            || matches!(c, '_' | '-' | '.' | '/' | '$' | '{' | '}' | ' ' | ':')
    };
    let starts_well = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/')
        || (text.starts_with("${") && text.ends_with('}'));
    let is_plain = starts_well
        && text.chars().all(is_word)
        && !text.contains(": ")
        && !text.ends_with([':', ' '])
        && !text.contains("fn::")
        && !["true", "false", "null", "yes", "no", "on", "off", "y", "n"]
            .contains(&text.to_lowercase().as_str());
    let is_function = text.starts_with("fn::") && text.chars().all(is_word);
    if is_plain || is_function { text.to_owned() } else { Value::from(text).to_string() }
}
