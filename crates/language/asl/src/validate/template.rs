//! Payload templates and `Assign`.

use super::node::Node;
use super::{Checker, Fault, code};
use crate::json::Kind;
use crate::jsonata::Expression;
use crate::program::{ContextUse, QueryLanguage, Template};
use crate::template::{self, JsonataTemplate, PayloadTemplate, TemplateError};

/// Longest name of a variable.
// AWS: workflow variables page.
const MAX_VARIABLE_NAME: usize = 80;

impl Checker<'_> {
    /// A payload template in the state's language.
    pub(super) fn template(
        &mut self,
        node: &Node<'_>,
        key: &str,
        language: QueryLanguage,
    ) -> Option<Template> {
        match language {
            QueryLanguage::JsonPath => self.payload(node, key).map(Template::Payload),
            QueryLanguage::Jsonata => self.jsonata(node, key).map(Template::Jsonata),
        }
    }

    /// A template of the JSONPath language.
    pub(super) fn payload(&mut self, node: &Node<'_>, key: &str) -> Option<PayloadTemplate> {
        let field = node.get(key)?;
        self.missing_dollars(&field);
        match PayloadTemplate::compile(&field.value.to_value()) {
            Ok(template) => Some(template),
            Err(errors) => {
                self.template_errors(&field, errors);
                None
            }
        }
    }

    /// A template of the JSONata language.
    pub(super) fn jsonata(&mut self, node: &Node<'_>, key: &str) -> Option<JsonataTemplate> {
        let field = node.get(key)?;
        match JsonataTemplate::compile(&field.value.to_value()) {
            Ok(template) => Some(template),
            Err(errors) => {
                self.template_errors(&field, errors);
                None
            }
        }
    }

    fn template_errors(&mut self, field: &Node<'_>, errors: Vec<TemplateError>) {
        for error in errors {
            let span = field.value.pointer(&error.pointer).unwrap_or(field.value).span;
            let (outer, last) = error.pointer.rsplit_once('/').unwrap_or(("", ""));
            let name = last.replace("~1", "/").replace("~0", "~");
            let (message, at) = match error.fault {
                template::Fault::NotAString
                | template::Fault::NotAPath
                | template::Fault::Intrinsic => (
                    // AWS: as reported by users; the location is that of the object around.
                    format!(
                        "The value for the field '{name}' must be a valid JSONPath or a valid \
                         intrinsic function call"
                    ),
                    outer,
                ),
                template::Fault::Jsonata => {
                    (format!("Invalid JSONata expression: {}", error.message), &*error.pointer)
                }
                template::Fault::TooDeep => (error.message.clone(), &*error.pointer),
            };
            let location = format!("{}{at}", field.at);
            let fault = Fault::new(code::SCHEMA, message).at(&location);
            self.report(fault.hint(Some(error.message)), span);
        }
    }

    /// `Assign`: an object of variables.
    pub(super) fn assign(&mut self, node: &Node<'_>, language: QueryLanguage) -> Option<Template> {
        let field = node.get("Assign")?;
        let Some(variables) = field.object() else {
            self.schema(&field, "Expected value of type Object");
            return None;
        };
        for variable in variables {
            let name = match language {
                QueryLanguage::JsonPath => variable.key.strip_suffix(".$").unwrap_or(&variable.key),
                QueryLanguage::Jsonata => &variable.key,
            };
            if !is_variable_name(name) {
                // UNVERIFIED: AWS's words.
                let message = format!("The variable name '{name}' is not valid");
                let fault = Fault::new(code::SCHEMA, message).at(&field.at);
                self.report(fault, variable.key_span);
            }
        }
        self.template(node, "Assign", language)
    }

    /// AWS: `NO_DOLLAR` warns of values that look computed under keys without `.$`.
    fn missing_dollars(&mut self, node: &Node<'_>) {
        match &node.value.kind {
            Kind::Object(fields) => {
                for field in fields {
                    let at = format!("{}/{}", node.at, field.key);
                    let child = Node { value: &field.value, at };
                    if let Some(text) = child.text() {
                        if !field.key.ends_with(".$") && looks_computed(text) {
                            let message = "No .$ on a field that appears to be a JSONPath or \
                                           Intrinsic Function";
                            self.warn(code::NO_DOLLAR, &child, message);
                        }
                    } else {
                        self.missing_dollars(&child);
                    }
                }
            }
            Kind::Array(_) => {
                for item in node.items().unwrap_or_default() {
                    self.missing_dollars(&item);
                }
            }
            _ => {}
        }
    }
}

/// Whether a text looks like a path or an intrinsic function call.
pub(super) fn looks_computed(text: &str) -> bool {
    text == "$"
        || text == "$$"
        || text.starts_with("$.")
        || text.starts_with("$$.")
        || (text.starts_with("States.") && text.ends_with(')'))
}

/// Whether a text may be the name of a variable.
fn is_variable_name(name: &str) -> bool {
    let mut letters = name.chars();
    let first = letters.next().is_some_and(|letter| letter.is_alphabetic() || letter == '_');
    // AWS: names follow the Unicode identifier rules; `states` is taken.
    first
        && letters.all(|letter| letter.is_alphanumeric() || letter == '_')
        && name.chars().count() <= MAX_VARIABLE_NAME
        && name != "states"
}

/// Which parts of the context object any text below may read.
pub(super) fn context_use(value: &crate::json::Spanned) -> ContextUse {
    match &value.kind {
        Kind::String(text) => text_use(text),
        Kind::Array(items) => items.iter().map(context_use).max().unwrap_or(ContextUse::None),
        Kind::Object(fields) => fields
            .iter()
            // States of branches and processors are asked themselves.
            .filter(|field| field.key != "States")
            .map(|field| context_use(&field.value))
            .max()
            .unwrap_or(ContextUse::None),
        _ => ContextUse::None,
    }
}

/// Parts of the context object that stay small whatever the execution was given.
const SMALL_PARTS: [&str; 8] = [
    ".Map.",
    ".State.",
    ".StateMachine.",
    ".Task.",
    ".Execution.Id",
    ".Execution.Name",
    ".Execution.StartTime",
    ".Execution.RoleArn",
];

fn text_use(text: &str) -> ContextUse {
    if Expression::extract(text).is_none() {
        return text
            .match_indices("$$")
            .map(|(at, found)| part_use(text.get(at + found.len()..).unwrap_or_default()))
            .max()
            .unwrap_or(ContextUse::None);
    }
    // Whatever is not plainly another field of `$states` may be the context.
    text.match_indices("$states")
        .map(|(at, found)| {
            let rest = text.get(at + found.len()..).unwrap_or_default();
            if [".input", ".result", ".errorOutput"].iter().any(|field| rest.starts_with(field)) {
                ContextUse::None
            } else {
                rest.strip_prefix(".context").map_or(ContextUse::All, part_use)
            }
        })
        .max()
        .unwrap_or(ContextUse::None)
}

fn part_use(rest: &str) -> ContextUse {
    if SMALL_PARTS.iter().any(|part| rest.starts_with(part)) {
        ContextUse::WithoutInput
    } else {
        ContextUse::All
    }
}
