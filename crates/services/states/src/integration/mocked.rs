//! Mocked results of tasks, checked against what the service would answer.

use super::target::Target;
use serde_json::{Map, Value};
use service::Kit;
use wire::{Kind, Member, Model, Structure};

/// How strictly a mocked result is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Strictness {
    /// Members that must be there are, and all are of their types.
    Strict,
    /// Those that are there are of their types.
    Present,
}

/// The resource of a task, as the history shows it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Resource<'a> {
    /// Such as `sagemaker` or `aws-sdk:s3`.
    pub(crate) service: &'a str,
    /// Such as `createTrainingJob.sync`.
    pub(crate) action: &'a str,
}

/// Checks a mocked result, and says what is wrong with it.
// AWS: recorded answers of TestState. UNVERIFIED: that the result of `.sync` is one of the operation that describes.
pub(crate) fn check(
    kit: &Kit,
    resource: Resource<'_>,
    result: &Value,
    strictness: Strictness,
) -> Result<(), String> {
    let unknown = || {
        format!(
            "refit has no model of {}:{} to check the mocked result with; the fieldValidationMode NONE does without",
            resource.service, resource.action
        )
    };
    if super::http::is_named_by(resource.service, resource.action) {
        // UNVERIFIED: what AWS looks at in mocked answers of HTTP tasks.
        let words = "Mocked result must be a JSON object.";
        return if result.is_object() { Ok(()) } else { Err(words.to_owned()) };
    }
    let target = Target::find(kit, resource.service, resource.action).ok_or_else(unknown)?;
    let service = kit.service(target.service).ok_or_else(unknown)?;
    let model = service.model();
    let operation = match target.job {
        Some(job) if resource.action.contains('.') => job.describe,
        _ => &target.operation,
    };
    let operation = model.operation(operation).ok_or_else(unknown)?;
    let Some(output) = &operation.output else { return Ok(()) };
    let Some(structure) = model.shape(output.shape).structure() else { return Ok(()) };
    let checker = Checker { target: &target, model, strictness };
    match result {
        Value::Object(given) => checker.structure(structure, given),
        // UNVERIFIED: AWS's words.
        _ => Err("Mocked result must be a JSON object.".to_owned()),
    }
}

/// The walk through a result.
struct Checker<'a> {
    target: &'a Target,
    model: &'a Model,
    strictness: Strictness,
}

impl Checker<'_> {
    fn structure(&self, structure: &Structure, given: &Map<String, Value>) -> Result<(), String> {
        if structure.document {
            return Ok(());
        }
        if self.strictness == Strictness::Strict {
            let shown = structure.required.iter().map(|name| self.target.shown(name));
            if let Some(missing) = shown.into_iter().find(|name| !given.contains_key(name)) {
                return Err(problem(format!("Required field '{missing}' is missing")));
            }
        }
        for (name, value) in given {
            // Members that the model has not may be newer than the model.
            let member = structure.members.iter().find(|m| self.target.shown(&m.name) == *name);
            match member {
                Some(_) if self.takes_anything(name) => {}
                Some(member) => self.value(member, value, name)?,
                None => {}
            }
        }
        Ok(())
    }

    /// What a function returns may be any JSON.
    fn takes_anything(&self, name: &str) -> bool {
        self.target.is_function() && name == "Payload"
    }

    fn value(&self, member: &Member, value: &Value, name: &str) -> Result<(), String> {
        let shape = self.model.shape(member.shape);
        let wanted = match (&shape.kind, value) {
            (Kind::Structure(structure), Value::Object(given)) => {
                return self.structure(structure, given);
            }
            (Kind::List(element), Value::Array(items)) => {
                return items.iter().try_for_each(|item| self.value(element, item, name));
            }
            (Kind::Map(_, entry), Value::Object(entries)) => {
                return entries.values().try_for_each(|value| self.value(entry, value, name));
            }
            (Kind::String, Value::String(text)) => {
                let known = &shape.enumeration;
                if known.is_empty() || known.contains(text) {
                    return Ok(());
                }
                return Err(problem(format!("Field '{name}' is not an expected value")));
            }
            (Kind::Blob | Kind::Timestamp, Value::String(_))
            | (Kind::Boolean, Value::Bool(_))
            | (Kind::Float | Kind::Double, Value::Number(_)) => return Ok(()),
            (Kind::Integer | Kind::Long, Value::Number(number)) if !number.is_f64() => {
                return Ok(());
            }
            (Kind::Structure(_) | Kind::Map(..), _) => "an object",
            (Kind::List(_), _) => "an array",
            (Kind::String | Kind::Blob | Kind::Timestamp, _) => "a string",
            (Kind::Boolean, _) => "a boolean",
            (Kind::Integer | Kind::Long | Kind::Float | Kind::Double, _) => "a number",
        };
        Err(problem(format!("Field '{name}' must be {wanted}")))
    }
}

fn problem(what: String) -> String {
    format!("Mock result schema validation error: {what}")
}
