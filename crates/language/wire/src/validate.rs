//! Constraints of input shapes, checked and worded as AWS does.
//!
//! All that does not hold is collected into one message: `2 validation errors detected: Value '' at 'roleArn' failed to satisfy
//! constraint: ...; Value ...`. Type errors are not found here but when the request is read.

mod render;

use serde_json::Value;
use std::fmt;

use crate::aws_error::AwsError;
use crate::model::{Kind, Member, Model, Operation, Protocol, Shape, Structure};
use crate::scalar;

/// AWS names at most so many failures.
// AWS: measured by others on DynamoDB.
const MAX_VIOLATIONS: usize = 10;

/// Checks an operation's input against the constraints of its shape.
///
/// # Errors
/// The error AWS answers with, naming all that does not hold.
pub fn validate(model: &Model, operation: &Operation, value: &Value) -> Result<(), AwsError> {
    let found = violations(model, operation, value);
    if found.is_empty() {
        return Ok(());
    }
    let message = validation_message(&found);
    let metadata = &model.metadata;
    Err(match &metadata.validation_error_code {
        Some(code) => AwsError::new(code.as_str(), message),
        None => AwsError::validation(metadata.protocol, message),
    })
}

/// The constraints that do not hold, each worded as AWS does, at most ten.
pub fn violations(model: &Model, operation: &Operation, value: &Value) -> Vec<String> {
    let mut check = Check { model, violations: Vec::new() };
    if let Some(structure) = operation.input.as_ref().and_then(|i| model.shape(i.shape).structure())
    {
        check.structure(structure, value, None);
    }
    check.violations.truncate(MAX_VIOLATIONS);
    check.violations
}

/// The message that names these violations.
pub fn validation_message(violations: &[String]) -> String {
    let errors = if violations.len() == 1 { "error" } else { "errors" };
    format!("{} validation {errors} detected: {}", violations.len(), violations.join("; "))
}

/// Where a value stands. Made into text for messages alone, as almost every request is right.
struct Path<'a> {
    parent: Option<&'a Path<'a>>,
    piece: Piece<'a>,
}

enum Piece<'a> {
    /// A structure's member, by its name in the model.
    Member(&'a str),
    /// A map's value, by its key.
    Entry(&'a str),
    /// A list's element, from 0.
    Element(usize),
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(parent) = self.parent {
            write!(formatter, "{parent}.")?;
        }
        match self.piece {
            Piece::Member(name) => formatter.write_str(&lower_first(name)),
            Piece::Entry(key) => write!(formatter, "{key}.member"),
            Piece::Element(index) => write!(formatter, "{}.member", index + 1),
        }
    }
}

struct Check<'a> {
    model: &'a Model,
    violations: Vec<String>,
}

impl Check<'_> {
    fn structure(&mut self, structure: &Structure, value: &Value, parent: Option<&Path>) {
        if structure.document {
            return;
        }
        for member in &structure.members {
            if self.violations.len() >= MAX_VIOLATIONS {
                return;
            }
            let path = Path { parent, piece: Piece::Member(&member.name) };
            match value.get(&member.name) {
                None | Some(Value::Null) => {
                    if structure.is_required(&member.name) {
                        self.violations.push(format!(
                            "Value null at '{path}' failed to satisfy constraint: Member must not be null"
                        ));
                    }
                }
                Some(field) => self.member(member, field, &path),
            }
        }
    }

    fn member(&mut self, member: &Member, value: &Value, path: &Path) {
        let model = self.model;
        let shape = model.shape(member.shape);
        for constraint in broken(shape, value) {
            self.report(shape, value, path, &constraint);
        }
        match (&shape.kind, value) {
            (Kind::Structure(structure), _) => {
                self.structure(structure, value, Some(path));
            }
            (Kind::List(element), Value::Array(items)) => self.list(member, element, items, path),
            (Kind::Map(key, entry), Value::Object(entries)) => {
                self.map_part(
                    member,
                    value,
                    key,
                    entries.keys().map(|k| Value::from(k.as_str())),
                    path,
                    "keys",
                );
                if is_scalar(model.shape(entry.shape)) {
                    self.map_part(member, value, entry, entries.values().cloned(), path, "value");
                } else {
                    for (name, item) in entries {
                        let path = Path { parent: Some(path), piece: Piece::Entry(name) };
                        self.member(entry, item, &path);
                    }
                }
            }
            _ => {}
        }
    }

    /// Elements without parts are reported together, others each by its position.
    fn list(&mut self, member: &Member, element: &Member, items: &[Value], path: &Path) {
        let model = self.model;
        let inner = model.shape(element.shape);
        if is_scalar(inner) {
            if items.iter().any(|item| !broken(inner, item).is_empty()) {
                let list = Value::Array(items.to_vec());
                let mut all = constraints(inner);
                // AWS: IAM names this one too, measured by others; elsewhere UNVERIFIED.
                if model.metadata.protocol == Protocol::Query {
                    all.push("Member must not be null".to_owned());
                }
                let constraint = format!("Member must satisfy constraint: [{}]", all.join(", "));
                self.report(model.shape(member.shape), &list, path, &constraint);
            }
            return;
        }
        for (at, item) in items.iter().enumerate() {
            if self.violations.len() >= MAX_VIOLATIONS {
                return;
            }
            let path = Path { parent: Some(path), piece: Piece::Element(at) };
            self.member(element, item, &path);
        }
    }

    fn map_part(
        &mut self,
        member: &Member,
        map: &Value,
        part: &Member,
        mut texts: impl Iterator<Item = Value>,
        path: &Path,
        word: &str,
    ) {
        let shape = self.model.shape(part.shape);
        if texts.any(|text| !broken(shape, &text).is_empty()) {
            let all = constraints(shape).join(", ");
            let constraint = format!("Map {word} must satisfy constraint: [{all}]");
            self.report(self.model.shape(member.shape), map, path, &constraint);
        }
    }

    fn report(&mut self, shape: &Shape, value: &Value, path: &Path, constraint: &str) {
        // AWS: IAM shows no lists, sensitive values are shown nowhere; both measured by others.
        let hidden = shape.sensitive
            || (self.model.metadata.protocol == Protocol::Query && !is_scalar(shape));
        let shown = if hidden {
            String::new()
        } else {
            format!(" '{}'", render::render(self.model, shape, value))
        };
        self.violations
            .push(format!("Value{shown} at '{path}' failed to satisfy constraint: {constraint}"));
    }
}

fn is_scalar(shape: &Shape) -> bool {
    !matches!(shape.kind, Kind::Structure(_) | Kind::List(_) | Kind::Map(..))
}

/// The constraints of a shape that a value breaks. The pattern comes before lengths.
// AWS: that order as measured by others on STS.
fn broken(shape: &Shape, value: &Value) -> Vec<String> {
    let mut found = Vec::new();
    if let Value::String(text) = value {
        if !shape.enumeration.is_empty() && !shape.enumeration.iter().any(|one| one == text) {
            found.push(enum_text(shape));
        }
        if shape.compiled_pattern().is_some_and(|pattern| !pattern.matches(text)) {
            found.push(pattern_text(shape));
        }
    }
    if let Some(size) = size(shape, value) {
        if shape.max.is_some_and(|max| size > max) {
            found.push(bound_text(shape, shape.max, "less"));
        }
        if shape.min.is_some_and(|min| size < min) {
            found.push(bound_text(shape, shape.min, "greater"));
        }
    }
    found
}

/// All constraints of a shape, in the order AWS lists them.
fn constraints(shape: &Shape) -> Vec<String> {
    let mut all = Vec::new();
    if shape.max.is_some() {
        all.push(bound_text(shape, shape.max, "less"));
    }
    if shape.min.is_some() {
        all.push(bound_text(shape, shape.min, "greater"));
    }
    if shape.pattern.is_some() {
        all.push(pattern_text(shape));
    }
    if !shape.enumeration.is_empty() {
        all.push(enum_text(shape));
    }
    all
}

/// What the bounds of a shape apply to: characters, bytes, entries, or the number itself.
fn size(shape: &Shape, value: &Value) -> Option<f64> {
    match (&shape.kind, value) {
        (Kind::String, Value::String(text)) if shape.size_in_bytes => Some(text.len() as f64),
        (Kind::String, Value::String(text)) => Some(text.chars().count() as f64),
        (Kind::Blob, value) => scalar::blob_bytes(value).ok().map(|bytes| bytes.len() as f64),
        (Kind::List(_), Value::Array(items)) => Some(items.len() as f64),
        (Kind::Map(..), Value::Object(entries)) => Some(entries.len() as f64),
        (Kind::Integer | Kind::Long | Kind::Float | Kind::Double, value) => value.as_f64(),
        _ => None,
    }
}

fn bound_text(shape: &Shape, bound: Option<f64>, word: &str) -> String {
    let bound = render::number(bound.unwrap_or_default());
    match &shape.kind {
        // AWS: Step Functions' data, measured by others.
        Kind::String if shape.size_in_bytes => {
            format!("Member must have size {word} than or equal to {bound} bytes in UTF-8 encoding")
        }
        Kind::Integer | Kind::Long | Kind::Float | Kind::Double => {
            format!("Member must have value {word} than or equal to {bound}")
        }
        _ => format!("Member must have length {word} than or equal to {bound}"),
    }
}

fn pattern_text(shape: &Shape) -> String {
    let pattern = shape.pattern.as_deref().unwrap_or_default();
    format!("Member must satisfy regular expression pattern: {pattern}")
}

fn enum_text(shape: &Shape) -> String {
    format!("Member must satisfy enum value set: [{}]", shape.enumeration.join(", "))
}

/// `TrainingJobName` is `trainingJobName` in messages, whatever the protocol.
fn lower_first(name: &str) -> String {
    let mut characters = name.chars();
    match characters.next() {
        Some(first) => first.to_lowercase().chain(characters).collect(),
        None => String::new(),
    }
}
