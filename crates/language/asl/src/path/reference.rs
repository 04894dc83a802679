//! Reference paths: the restricted paths that name one place, to read from or to write to.

use super::parse::Step;
use super::{Path, PathError, Root};
use crate::states_error::{REFERENCE_PATH_CONFLICT, RESULT_PATH_MATCH, StatesError};
use crate::value::{Scope, json_text};
use serde_json::{Map, Value};

/// A path that names exactly one place (`$`, `$.a.b`, `$['a'][0]`).
#[derive(Clone, Debug)]
pub struct RefPath {
    path: Path,
}

impl RefPath {
    /// Parses a reference path.
    ///
    /// # Errors
    /// When the text is not a path, or uses `*`, `..`, `,`, `:`, `?`, `@` or a function.
    pub fn parse(text: &str) -> Result<Self, PathError> {
        let path = Path::parse(text)?;
        let plain = path.steps.iter().all(|step| match step {
            Step::Name(_) => true,
            Step::Index(index) => *index >= 0,
            _ => false,
        });
        if plain && path.function.is_none() {
            return Ok(Self { path });
        }
        Err(PathError { offset: 0, message: "a reference path names exactly one place".to_owned() })
    }

    /// The text as written.
    pub fn text(&self) -> &str {
        self.path.text()
    }

    /// What the path starts from.
    pub fn root(&self) -> &Root {
        self.path.root()
    }

    /// The path as a plain path.
    pub fn as_path(&self) -> &Path {
        &self.path
    }

    /// Reads the place.
    ///
    /// # Errors
    /// `States.ReferencePathConflict` naming the first step that does not fit.
    /// AWS: a Map whose `ItemsPath` names nothing fails with it (several public reports agree on name and text).
    pub fn get<'v>(&self, scope: &Scope<'v>) -> Result<&'v Value, StatesError> {
        let root = match self.path.root() {
            Root::Input => scope.input,
            Root::Context => scope.context,
            Root::Variable(name) => scope.variables.variable(name).ok_or_else(|| {
                StatesError::runtime(format!("The variable '${name}' is not assigned"))
            })?,
        };
        let mut at = root;
        for step in self.path.steps.iter() {
            at = child(at, step).ok_or_else(|| conflict(REFERENCE_PATH_CONFLICT, step, root))?;
        }
        Ok(at)
    }

    /// Puts `value` at the place in `root`, making the objects on the way that do not exist; `$` replaces all of it.
    ///
    /// # Errors
    /// `States.ResultPathMatchFailure` when a step meets something it cannot apply to.
    /// UNVERIFIED: the text; it is the one of reference paths that are read.
    pub fn insert(&self, root: Value, value: Value) -> Result<Value, StatesError> {
        let mut root = root;
        match slot(&mut root, &self.path.steps) {
            Ok(place) => {
                *place = value;
                Ok(root)
            }
            Err(index) => Err(conflict(RESULT_PATH_MATCH, &self.path.steps[index], &root)),
        }
    }
}

fn child<'v>(value: &'v Value, step: &Step) -> Option<&'v Value> {
    match (step, value) {
        (Step::Name(name), Value::Object(fields)) => fields.get(&**name),
        (Step::Index(index), Value::Array(items)) => items.get(usize::try_from(*index).ok()?),
        _ => None,
    }
}

/// The place the steps name, or which step does not fit. Nothing is changed before all steps are known to fit.
fn slot<'v>(root: &'v mut Value, steps: &[Step]) -> Result<&'v mut Value, usize> {
    fits(root, steps)?;
    let mut at = root;
    for step in steps {
        at = match (step, at) {
            (Step::Name(name), at @ (Value::Object(_) | Value::Null)) => {
                if at.is_null() {
                    *at = Value::Object(Map::new());
                }
                match at {
                    Value::Object(fields) => fields.entry(name.to_string()).or_insert(Value::Null),
                    other => other,
                }
            }
            (Step::Index(index), Value::Array(items)) => {
                let position = usize::try_from(*index).unwrap_or(usize::MAX);
                items.get_mut(position).ok_or(0usize)?
            }
            (_, other) => other,
        };
    }
    Ok(at)
}

fn fits(root: &Value, steps: &[Step]) -> Result<(), usize> {
    let mut at = Some(root);
    for (index, step) in steps.iter().enumerate() {
        at = match (step, at) {
            (Step::Name(name), Some(Value::Object(fields))) => fields.get(&**name),
            // A place that does not exist yet, or null on the way, becomes an object.
            (Step::Name(_), None) => None,
            (Step::Name(_), Some(Value::Null)) if index > 0 => None,
            (Step::Index(_), Some(Value::Array(_))) => {
                Some(at.and_then(|at| child(at, step)).ok_or(index)?)
            }
            _ => return Err(index),
        };
    }
    Ok(())
}

fn conflict(error: &str, step: &Step, root: &Value) -> StatesError {
    let step = match step {
        Step::Name(name) => name.to_string(),
        Step::Index(index) => index.to_string(),
        _ => String::new(),
    };
    StatesError::new(error, format!("Unable to apply step \"{step}\" to input {}", json_text(root)))
}
