//! Inputs as a program gives them to inputs as they are kept: names and shapes checked, texts and numbers turned into what the
//! property takes, defaults and the automatic name filled in. Everything wrong is collected.

mod documents;
mod naming;
mod rules;

use super::Provider;
use crate::nearest::nearest;
use crate::types::{Property, ResourceType, Shape};
use crate::value::{Object, Value};
use serde_json::Number;

/// Where the names of defaulted properties are kept, as in Pulumi's own states.
pub(crate) const DEFAULTS: &str = "__defaults";

/// One thing wrong with the inputs.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Problem {
    /// The property: `environment.variables.MODE`, `layers.0`; empty for the resource.
    pub(crate) path: String,
    /// It is the name that is wrong, not the value.
    pub(crate) is_about_name: bool,
    pub(crate) is_warning: bool,
    pub(crate) message: String,
    pub(crate) hint: Option<String>,
    /// Where in the document that the property holds.
    pub(crate) inside: Option<Inside>,
}

/// A place in a document.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Inside {
    /// JSON pointer, if there is one.
    pub(crate) pointer: Option<String>,
    pub(crate) line: usize,
    pub(crate) column: usize,
}

/// Inputs after the check.
pub(crate) struct Checked {
    pub(crate) inputs: Object,
    pub(crate) problems: Vec<Problem>,
}

/// What a check needs to know besides the inputs.
pub(crate) struct Request<'a> {
    pub(crate) kind: &'a ResourceType,
    /// The resource's name in the program.
    pub(crate) name: &'a str,
    pub(crate) urn: &'a str,
    /// What the program gives.
    pub(crate) inputs: &'a Object,
    /// What is kept of an earlier run, unless a new resource is to be made.
    pub(crate) old: Option<&'a Object>,
    /// Tags that the provider gives everything.
    pub(crate) default_tags: &'a Object,
    /// What random names are made from.
    pub(crate) seed: &'a [u8],
}

impl Problem {
    fn new(path: &str, message: impl Into<String>) -> Self {
        Self {
            path: path.to_owned(),
            is_about_name: false,
            is_warning: false,
            message: message.into(),
            hint: None,
            inside: None,
        }
    }

    fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

/// Checks the inputs of a resource.
pub(crate) fn check(provider: &Provider, request: &Request<'_>) -> Checked {
    let kind = request.kind;
    let mut walk = Walk { problems: Vec::new(), upper: kind.short() };
    let mut inputs = Object::new();
    for (name, value) in request.inputs {
        let Some(property) = kind.input(name) else {
            walk.unknown(name, name, kind.properties.iter());
            continue;
        };
        if matches!(value, Value::Null) {
            continue;
        }
        let value = walk.value(name, property, value.clone());
        inputs.insert(name.clone(), value);
    }
    walk.required("", &kind.properties, &inputs);
    walk.combinations(kind, &inputs);
    let mut problems = walk.problems;
    let mut defaults = naming::defaults(request, &mut inputs, &mut problems);
    regional(provider, kind, &mut inputs, &mut problems);
    documents::check(kind, &inputs, &mut problems);
    rules::check(kind, &inputs, &mut problems);
    if kind.has_tags() {
        let tags = all_tags(request.default_tags, inputs.get("tags"));
        inputs.insert("tagsAll".to_owned(), tags);
    }
    defaults.sort();
    let defaults = defaults.into_iter().map(Value::String).collect();
    inputs.insert(DEFAULTS.to_owned(), Value::Array(defaults));
    Checked { inputs, problems }
}

/// Checks the arguments of a data source.
pub(crate) fn arguments(source: &ResourceType, given: &Object) -> Checked {
    let mut walk = Walk { problems: Vec::new(), upper: source.short() };
    let mut inputs = Object::new();
    for (name, value) in given {
        match source.input(name) {
            None => walk.unknown(name, name, source.properties.iter()),
            Some(_) if matches!(value, Value::Null) => {}
            Some(property) => {
                let value = walk.value(name, property, value.clone());
                inputs.insert(name.clone(), value);
            }
        }
    }
    walk.required("", &source.properties, &inputs);
    walk.combinations(source, &inputs);
    Checked { inputs, problems: walk.problems }
}

/// The provider's tags and the resource's own, which win.
fn all_tags(defaults: &Object, own: Option<&Value>) -> Value {
    let mut all = defaults.clone();
    match own {
        Some(Value::Unknown) => return Value::Unknown,
        Some(own) => all.extend(own.as_object().cloned().unwrap_or_default()),
        None => {}
    }
    let all = Value::Object(all);
    if matches!(own, Some(Value::Secret(_))) { Value::secret(all) } else { all }
}

/// The region is that of the provider. Another one means that there is no way to the one that was asked for.
fn regional(
    provider: &Provider,
    kind: &ResourceType,
    inputs: &mut Object,
    problems: &mut Vec<Problem>,
) {
    if kind.global {
        return;
    }
    match inputs.get("region").map(Value::open) {
        None => {
            inputs.insert("region".to_owned(), Value::string(provider.region.as_str()));
        }
        Some(Value::String(region)) if *region != provider.region => {
            let message =
                format!("the region is {region}, but this run deploys to {}", provider.region);
            problems.push(Problem::new("region", message).hint("set `aws:region`"));
        }
        _ => {}
    }
}

/// The walk through the properties.
struct Walk {
    problems: Vec<Problem>,
    /// The type, for messages.
    upper: String,
}

impl Walk {
    fn unknown<'a>(
        &mut self,
        path: &str,
        name: &str,
        known: impl Iterator<Item = (&'a String, &'a Property)> + Clone,
    ) {
        let is_output = known.clone().any(|(other, property)| other == name && property.computed);
        let names = known.filter(|(_, property)| !property.computed).map(|(name, _)| name.as_str());
        let found = nearest(name, names.clone());
        let message = if is_output {
            format!("`{name}` of {} is an output; it cannot be set", self.upper)
        } else {
            format!("{} has no property `{name}`", self.upper)
        };
        let mut problem = Problem::new(path, message);
        problem.is_about_name = true;
        if !is_output {
            problem.hint = found
                .map(|found| format!("did you mean `{found}`?"))
                .or_else(|| Some(format!("it has {}", names.collect::<Vec<_>>().join(", "))));
        }
        self.problems.push(problem);
    }

    fn wrong(&mut self, path: &str, wanted: &str, value: &Value) {
        let text = match value.open() {
            Value::String(text) if text.len() <= 40 => format!("the text `{text}`"),
            other => other.describe().to_owned(),
        };
        self.problems.push(Problem::new(path, format!("`{path}` must be {wanted}, not {text}")));
    }

    /// The value in the property's shape; the value itself where it does not fit, with a problem.
    fn value(&mut self, path: &str, property: &Property, value: Value) -> Value {
        match value {
            Value::Unknown => Value::Unknown,
            Value::Secret(inner) => Value::secret(self.value(path, property, *inner)),
            Value::Null => Value::Null,
            value => self.known(path, property, value),
        }
    }

    fn known(&mut self, path: &str, property: &Property, value: Value) -> Value {
        let value = match (&property.shape, value) {
            (Shape::Unsupported, value) => {
                let message = format!("refit does not support `{path}` of {}", self.upper);
                self.problems.push(Problem { is_about_name: true, ..Problem::new(path, message) });
                value
            }
            (Shape::List(of) | Shape::Set(of), Value::Array(items)) => Value::Array(
                items
                    .into_iter()
                    .enumerate()
                    .map(|(index, item)| self.value(&format!("{path}.{index}"), of, item))
                    .collect(),
            ),
            (Shape::Object(fields), Value::Object(given)) => self.object(path, fields, given),
            (Shape::Map, Value::Object(given)) => {
                let text = Property::default();
                let given = given.into_iter().map(|(name, value)| {
                    let value = self.value(&format!("{path}.{name}"), &text, value);
                    (name, value)
                });
                Value::Object(given.collect())
            }
            (Shape::Asset, value @ Value::Asset(_))
            | (Shape::Archive, value @ Value::Archive(_)) => value,
            (shape, value) => self.scalar(path, shape, value),
        };
        if let (Some(max), Value::String(text)) = (property.max, &value) {
            let length = text.chars().count();
            if length > max {
                let message =
                    format!("`{path}` is {length} characters long; AWS takes at most {max}");
                self.problems.push(Problem::new(path, message));
            }
        }
        value
    }

    fn object(
        &mut self,
        path: &str,
        fields: &indexmap::IndexMap<String, Property>,
        given: Object,
    ) -> Value {
        let mut object = Object::new();
        for (name, value) in given {
            let below = format!("{path}.{name}");
            match fields.get(&name).filter(|property| !property.computed) {
                None => self.unknown(&below, &name, fields.iter()),
                Some(_) if matches!(value, Value::Null) => {}
                Some(property) => {
                    let value = self.value(&below, property, value);
                    object.insert(name, value);
                }
            }
        }
        self.required(path, fields, &object);
        Value::Object(object)
    }

    /// Texts, numbers and booleans turn into each other where nothing is lost, as in Pulumi; documents may be given as values.
    fn scalar(&mut self, path: &str, shape: &Shape, value: Value) -> Value {
        let is_document =
            matches!(shape, Shape::Policy | Shape::Json | Shape::TextJson | Shape::StateMachine);
        match (shape, &value) {
            (Shape::Integer, Value::Number(number)) if number.is_i64() || number.is_u64() => value,
            (Shape::Integer, Value::String(text)) => match text.trim().parse::<i64>() {
                Ok(number) => Value::Number(Number::from(number)),
                Err(_) => self.refuse(path, "a whole number", value),
            },
            (Shape::Integer, _) => self.refuse(path, "a whole number", value),
            (Shape::Number, Value::Number(_)) => value,
            (Shape::Number, Value::String(text)) => match serde_json::from_str::<Number>(text) {
                Ok(number) => Value::Number(number),
                Err(_) => self.refuse(path, "a number", value),
            },
            (Shape::Number, _) => self.refuse(path, "a number", value),
            (Shape::Boolean, Value::Bool(_)) => value,
            (Shape::Boolean, Value::String(text)) if text == "true" => Value::Bool(true),
            (Shape::Boolean, Value::String(text)) if text == "false" => Value::Bool(false),
            (Shape::Boolean, _) => self.refuse(path, "true or false", value),
            (Shape::List(_) | Shape::Set(_), _) => self.refuse(path, "a list", value),
            (Shape::Object(_) | Shape::Map, _) => self.refuse(path, "a mapping", value),
            (Shape::Asset, _) => self.refuse(path, "a file, such as `fn::fileAsset: FILE`", value),
            (Shape::Archive, _) => {
                self.refuse(path, "an archive, such as `fn::fileArchive: FOLDER`", value)
            }
            (_, Value::String(_)) => value,
            (_, Value::Object(_) | Value::Array(_)) if is_document => match value.to_json() {
                Some(json) => {
                    let text = Value::String(json.to_string());
                    if value.has_secret() { Value::secret(text) } else { text }
                }
                None if value.has_unknown() => Value::Unknown,
                None => self.refuse(path, "a JSON document", value),
            },
            (_, Value::Bool(_) | Value::Number(_)) if !is_document => {
                value.to_text().map_or(value, Value::String)
            }
            _ => self.refuse(path, "a text", value),
        }
    }

    fn refuse(&mut self, path: &str, wanted: &str, value: Value) -> Value {
        self.wrong(path, wanted, &value);
        value
    }

    fn required(
        &mut self,
        path: &str,
        fields: &indexmap::IndexMap<String, Property>,
        given: &Object,
    ) {
        for (name, property) in fields {
            if !property.required || given.contains_key(name) {
                continue;
            }
            let (of, path) = if path.is_empty() {
                (self.upper.clone(), String::new())
            } else {
                (format!("`{path}`"), path.to_owned())
            };
            let message = format!("{of} needs the property `{name}`");
            self.problems.push(Problem { is_about_name: true, ..Problem::new(&path, message) });
        }
    }

    fn combinations(&mut self, kind: &ResourceType, given: &Object) {
        let has = |name: &&String| given.get(*name).is_some_and(|value| !value.is_empty());
        let list = |names: &[&String]| {
            names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
        };
        for names in &kind.one_of {
            if !names.iter().any(|name| has(&name)) {
                let names: Vec<&String> = names.iter().collect();
                let message = format!("{} needs one of {}", self.upper, list(&names));
                self.problems.push(Problem { is_about_name: true, ..Problem::new("", message) });
            }
        }
        for names in &kind.conflicts {
            let both: Vec<&String> = names.iter().filter(has).collect();
            if both.len() > 1 {
                let message = format!("{} takes only one of {}", self.upper, list(&both));
                let path = both.last().map(|name| name.as_str()).unwrap_or_default();
                self.problems.push(Problem { is_about_name: true, ..Problem::new(path, message) });
            }
        }
    }
}
