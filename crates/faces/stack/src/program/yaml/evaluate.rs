//! Expressions to values.

use super::analysis::{Analysis, Meaning};
use super::document::Document;
use super::expression::{Call, Expression, Form, Function};
use super::functions;
use super::interpolation::{Access, Part, Step};
use crate::diagnostic::Diagnostic;
use crate::program::Registered;
use crate::source::{Source, Span};
use crate::types;
use crate::value::{Object, Value};
use std::cell::Cell;
use std::collections::HashMap;
use std::path::Path;

/// What an evaluation may look at.
pub(super) struct Scope<'a> {
    pub(super) source: &'a Source,
    pub(super) document: &'a Document,
    pub(super) analysis: &'a Analysis,
    pub(super) directory: &'a Path,
    /// The package's folder, as seen from the directory.
    pub(super) folder: &'a Path,
    pub(super) stack: &'a str,
    pub(super) config: &'a [Value],
    pub(super) variables: &'a HashMap<usize, Value>,
    pub(super) resources: &'a HashMap<usize, Registered>,
    pub(super) is_preview: bool,
    /// Results of data sources that this expression called, by the call's address.
    pub(super) answers: &'a HashMap<usize, Value>,
    /// How much more may be copied from what references give.
    pub(super) budget: Cell<usize>,
}

/// How much one expression may copy from what it refers to: values count one each, texts by their length. References to
/// references could otherwise double a value with each line of a file.
pub(super) const BUDGET: usize = 2_000_000;
/// How deep values may nest.
const MAX_DEPTH: usize = 200;

/// Why an evaluation stopped.
pub(super) enum Stop {
    Fault(Box<Diagnostic>),
    /// A data source must be asked first.
    Ask(Box<Question>),
}

/// A data source to be asked.
pub(super) struct Question {
    /// The call's address.
    pub(super) call: usize,
    pub(super) token: String,
    pub(super) arguments: Object,
    pub(super) span: Span,
}

impl Scope<'_> {
    pub(super) fn fault(&self, message: impl Into<String>, span: Span) -> Stop {
        let place = Some(self.source.place(span));
        Stop::Fault(Box::new(Diagnostic::error(message).at(place)))
    }

    /// A path that a program or a package names, as seen from the directory.
    pub(super) fn own_path(&self, path: &str) -> String {
        self.folder.join(path).to_string_lossy().into_owned()
    }

    pub(super) fn evaluate(&self, expression: &Expression) -> Result<Value, Stop> {
        match &expression.form {
            Form::Literal(value) => Ok(value.clone()),
            Form::Text(parts) => self.text(parts, expression.span),
            Form::Reference(access) => self.access(access, expression.span),
            Form::List(items) => items
                .iter()
                .map(|item| self.evaluate(item))
                .collect::<Result<_, _>>()
                .map(Value::Array),
            Form::Mapping(fields) => self.mapping(fields, expression.span),
            Form::Call(call) => self.call(call, expression.span),
        }
    }

    fn mapping(&self, fields: &[(Vec<Part>, Expression)], span: Span) -> Result<Value, Stop> {
        let mut object = Object::new();
        for (key, value) in fields {
            let key = match key.as_slice() {
                [Part::Text(key)] => key.clone(),
                parts => match self.text(parts, span)? {
                    Value::Unknown => return Ok(Value::Unknown),
                    key => key.to_text().unwrap_or_default(),
                },
            };
            let value = self.evaluate(value)?;
            if object.insert(key.clone(), value).is_some() {
                return Err(self.fault(format!("the key `{key}` is there twice"), span));
            }
        }
        Ok(Value::Object(object))
    }

    fn text(&self, parts: &[Part], span: Span) -> Result<Value, Stop> {
        let mut text = String::new();
        let (mut is_secret, mut is_unknown) = (false, false);
        for part in parts {
            match part {
                Part::Text(plain) => text.push_str(plain),
                Part::Reference(access) => {
                    let value = self.access(access, span)?;
                    is_secret |= value.has_secret();
                    is_unknown |= value.has_unknown();
                    match value.to_text() {
                        Some(part) => text.push_str(&part),
                        None if is_unknown => {}
                        None => {
                            let span = self.source.find(span, &access.text);
                            let message = format!(
                                "`{}` is {}; only texts, numbers and booleans can stand inside a text",
                                access.text,
                                value.describe()
                            );
                            return Err(self.fault(message, span));
                        }
                    }
                }
            }
        }
        Ok(match (is_unknown, is_secret) {
            (true, _) => Value::Unknown,
            (false, true) => Value::secret(Value::String(text)),
            (false, false) => Value::String(text),
        })
    }

    fn access(&self, access: &Access, span: Span) -> Result<Value, Stop> {
        let own =
            access.root.strip_prefix(&format!("{}:", self.document.name)).unwrap_or(&access.root);
        let (value, steps) = match self.analysis.names.get(own) {
            Some(Meaning::Config(index)) => {
                (self.config.get(*index).cloned().unwrap_or(Value::Null), access.steps.as_slice())
            }
            Some(Meaning::Variable(index)) => (
                self.variables.get(index).cloned().unwrap_or(Value::Unknown),
                access.steps.as_slice(),
            ),
            Some(Meaning::Pulumi) => {
                (self.pulumi(access), access.steps.get(1..).unwrap_or_default())
            }
            Some(Meaning::Resource(index)) => (
                self.resource(*index, access.steps.first()),
                access.steps.get(1..).unwrap_or_default(),
            ),
            // Told of by the analysis; a preview goes on to find what else is wrong.
            None => (Value::Unknown, access.steps.as_slice()),
        };
        let value =
            steps.iter().try_fold(value, |value, step| self.step(&value, step, access, span))?;
        let left = spend(&value, self.budget.get(), MAX_DEPTH).ok_or_else(|| {
            let span = self.source.find(span, &access.text);
            self.fault(format!("`{}` makes this value too large or too deep", access.text), span)
        })?;
        self.budget.set(left);
        Ok(value)
    }

    fn pulumi(&self, access: &Access) -> Value {
        match access.steps.first() {
            Some(Step::Property(name)) => match name.as_str() {
                "project" => Value::string(self.document.name.as_str()),
                "stack" => Value::string(self.stack),
                "organization" => Value::string("organization"),
                _ => {
                    let path = std::path::absolute(self.directory);
                    let path = path.unwrap_or_else(|_| self.directory.to_owned());
                    Value::String(path.to_string_lossy().into_owned())
                }
            },
            _ => Value::Null,
        }
    }

    /// A resource's output; its id when nothing is asked for.
    fn resource(&self, index: usize, step: Option<&Step>) -> Value {
        let Some(registered) = self.resources.get(&index) else { return Value::Unknown };
        let name = match step {
            Some(Step::Property(name)) => name.as_str(),
            _ => "id",
        };
        if name == "urn" {
            return Value::string(registered.urn.as_str());
        }
        if let Some(value) = registered.outputs.get(name) {
            return value.clone();
        }
        let kind = self.document.resources.get(index).and_then(|item| types::find(&item.token));
        let is_filled = kind
            .and_then(|kind| kind.properties.get(name).map(|known| known.computed || known.filled))
            .unwrap_or(true);
        if self.is_preview && is_filled { Value::Unknown } else { Value::Null }
    }

    fn step(&self, value: &Value, step: &Step, access: &Access, span: Span) -> Result<Value, Stop> {
        let fault = |what: String| {
            self.fault(format!("`{}`: {what}", access.text), self.source.find(span, &access.text))
        };
        match (value, step) {
            (Value::Unknown, _) => Ok(Value::Unknown),
            (Value::Secret(inner), step) => self.step(inner, step, access, span).map(Value::secret),
            (Value::Object(fields), Step::Property(name)) => {
                fields.get(name).cloned().ok_or_else(|| fault(format!("there is no `{name}`")))
            }
            (Value::Object(fields), Step::Index(index)) => {
                let found = fields.get(&index.to_string()).cloned();
                found.ok_or_else(|| fault(format!("there is no `{index}`")))
            }
            (Value::Array(items), Step::Index(index)) => {
                items.get(*index).cloned().ok_or_else(|| {
                    fault(format!("there is no item {index} in a list of {}", items.len()))
                })
            }
            (other, Step::Property(name)) => {
                Err(fault(format!("{} has no property `{name}`", other.describe())))
            }
            (other, Step::Index(_)) => Err(fault(format!("{} is not a list", other.describe()))),
        }
    }

    fn call(&self, call: &Call, span: Span) -> Result<Value, Stop> {
        let arguments = self.evaluate(&call.arguments)?;
        let Function::Invoke { token, result } = &call.function else {
            return functions::call(self, &call.function, arguments, call.arguments.span);
        };
        let address = std::ptr::from_ref(call).addr();
        if let Some(answer) = self.answers.get(&address) {
            let Some(result) = result else { return Ok(answer.clone()) };
            return Ok(match answer {
                Value::Unknown => Value::Unknown,
                other => {
                    let found = other.as_object().and_then(|fields| fields.get(result)).cloned();
                    let found = found.ok_or_else(|| {
                        self.fault(format!("{} returns no `{result}`", types::short(token)), span)
                    })?;
                    if other.has_secret() { Value::secret(found) } else { found }
                }
            });
        }
        let ask = |arguments| {
            let token = token.clone();
            Err(Stop::Ask(Box::new(Question { call: address, token, arguments, span })))
        };
        match arguments {
            Value::Object(arguments) => ask(arguments),
            Value::Null => ask(Object::new()),
            Value::Unknown => Ok(Value::Unknown),
            other => {
                let message = format!(
                    "the arguments of a data source must be a mapping, not {}",
                    other.describe()
                );
                Err(self.fault(message, call.arguments.span))
            }
        }
    }
}

/// What is left of a budget after a value; none when it is not enough, or the value is too deep.
fn spend(value: &Value, budget: usize, depth: usize) -> Option<usize> {
    let depth = depth.checked_sub(1)?;
    let mut left = budget.checked_sub(1)?;
    match value {
        Value::String(text) => left.checked_sub(text.len() / 16),
        Value::Array(items) => items.iter().try_fold(left, |left, item| spend(item, left, depth)),
        Value::Object(fields) => {
            for value in fields.values() {
                left = spend(value, left, depth)?;
            }
            Some(left)
        }
        Value::Secret(inner) => spend(inner, left, depth),
        _ => Some(left),
    }
}
