//! Values of properties: JSON's, and unknown, secret, asset and archive.

mod asset;
mod state;
#[cfg(test)]
mod tests;

pub(crate) use asset::{Archive, ArchiveSource, Asset, AssetError, AssetSource, Member};
pub(crate) use state::{Sealer, decode, encode, reveal};

use indexmap::IndexMap;
use serde_json::{Number, Value as Json};

/// Names and values, in order; compared without regard to order.
pub(crate) type Object = IndexMap<String, Value>;

/// A value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    Null,
    Bool(bool),
    Number(Number),
    String(String),
    Array(Vec<Value>),
    Object(Object),
    Asset(Asset),
    Archive(Archive),
    /// Must not be shown, nor stored in clear.
    Secret(Box<Value>),
    /// Not known before it is made (preview only).
    Unknown,
}

impl Value {
    /// A string.
    pub(crate) fn string(text: impl Into<String>) -> Self {
        Self::String(text.into())
    }

    /// A number; a whole one without a fraction, as Pulumi sends all numbers as doubles.
    pub(crate) fn number(number: Number) -> Self {
        const EXACT: f64 = 9_007_199_254_740_992.0;
        match number.as_f64() {
            Some(float) if number.is_f64() && float.fract() == 0.0 && float.abs() < EXACT => {
                Self::Number(Number::from(float as i64))
            }
            _ => Self::Number(number),
        }
    }

    /// A secret; never a secret in a secret.
    pub(crate) fn secret(value: Self) -> Self {
        match value {
            Self::Secret(_) => value,
            other => Self::Secret(Box::new(other)),
        }
    }

    /// A plain JSON value.
    pub(crate) fn from_json(json: Json) -> Self {
        match json {
            Json::Null => Self::Null,
            Json::Bool(flag) => Self::Bool(flag),
            Json::Number(number) => Self::number(number),
            Json::String(text) => Self::String(text),
            Json::Array(items) => Self::Array(items.into_iter().map(Self::from_json).collect()),
            Json::Object(fields) => Self::Object(
                fields.into_iter().map(|(name, value)| (name, Self::from_json(value))).collect(),
            ),
        }
    }

    /// The JSON value, secrets open. None when something in it has no JSON form: unknowns, assets, archives.
    pub(crate) fn to_json(&self) -> Option<Json> {
        Some(match self {
            Self::Null => Json::Null,
            Self::Bool(flag) => Json::Bool(*flag),
            Self::Number(number) => Json::Number(number.clone()),
            Self::String(text) => Json::String(text.clone()),
            Self::Array(items) => {
                Json::Array(items.iter().map(Self::to_json).collect::<Option<_>>()?)
            }
            Self::Object(fields) => Json::Object(
                fields
                    .iter()
                    .map(|(name, value)| Some((name.clone(), value.to_json()?)))
                    .collect::<Option<_>>()?,
            ),
            Self::Secret(inner) => inner.to_json()?,
            Self::Asset(_) | Self::Archive(_) | Self::Unknown => return None,
        })
    }

    /// The JSON value for people: secrets and unknowns as words, assets by their hash.
    pub(crate) fn to_shown(&self, show_secrets: bool) -> Json {
        match self {
            Self::Secret(inner) if show_secrets => inner.to_shown(true),
            Self::Secret(_) => Json::from("[secret]"),
            Self::Unknown => Json::from("[unknown]"),
            Self::Asset(asset) => Json::from(asset.describe()),
            Self::Archive(archive) => Json::from(archive.describe()),
            Self::Array(items) => items.iter().map(|item| item.to_shown(show_secrets)).collect(),
            Self::Object(fields) => Json::Object(
                fields
                    .iter()
                    .map(|(name, value)| (name.clone(), value.to_shown(show_secrets)))
                    .collect(),
            ),
            Self::Null => Json::Null,
            Self::Bool(flag) => Json::Bool(*flag),
            Self::Number(number) => Json::Number(number.clone()),
            Self::String(text) => Json::from(text.as_str()),
        }
    }

    /// The value without the secret around it.
    pub(crate) fn open(&self) -> &Self {
        match self {
            Self::Secret(inner) => inner.open(),
            other => other,
        }
    }

    /// The text, if it is one (secret or not).
    pub(crate) fn as_str(&self) -> Option<&str> {
        match self.open() {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// The fields, if it is an object (secret or not).
    pub(crate) fn as_object(&self) -> Option<&Object> {
        match self.open() {
            Self::Object(fields) => Some(fields),
            _ => None,
        }
    }

    /// Whether it is absent for AWS: null, an empty text, list or object.
    pub(crate) fn is_empty(&self) -> bool {
        match self.open() {
            Self::Null => true,
            Self::String(text) => text.is_empty(),
            Self::Array(items) => items.is_empty(),
            Self::Object(fields) => fields.is_empty(),
            _ => false,
        }
    }

    /// Whether it is true, or a text that says so.
    pub(crate) fn is_true(&self) -> bool {
        match self.open() {
            Self::Bool(flag) => *flag,
            Self::String(text) => text == "true",
            _ => false,
        }
    }

    /// Whether something in it satisfies `is`.
    fn any(&self, is: &dyn Fn(&Self) -> bool) -> bool {
        is(self)
            || match self {
                Self::Array(items) => items.iter().any(|item| item.any(is)),
                Self::Object(fields) => fields.values().any(|value| value.any(is)),
                Self::Secret(inner) => inner.any(is),
                _ => false,
            }
    }

    /// Whether something in it is unknown.
    pub(crate) fn has_unknown(&self) -> bool {
        self.any(&|value| matches!(value, Self::Unknown))
    }

    /// Whether something in it is secret.
    pub(crate) fn has_secret(&self) -> bool {
        self.any(&|value| matches!(value, Self::Secret(_)))
    }

    /// The text it becomes inside other text; none for what has no text form.
    pub(crate) fn to_text(&self) -> Option<String> {
        match self.open() {
            Self::String(text) => Some(text.clone()),
            Self::Bool(flag) => Some(flag.to_string()),
            Self::Number(number) => Some(number.to_string()),
            Self::Null => Some(String::new()),
            _ => None,
        }
    }

    /// What it is, for people.
    pub(crate) fn describe(&self) -> &'static str {
        match self {
            Self::Null => "nothing",
            Self::Bool(_) => "a boolean",
            Self::Number(_) => "a number",
            Self::String(_) => "a string",
            Self::Array(_) => "a list",
            Self::Object(_) => "a mapping",
            Self::Asset(_) => "an asset",
            Self::Archive(_) => "an archive",
            Self::Secret(inner) => inner.describe(),
            Self::Unknown => "an unknown value",
        }
    }
}

/// Marks outputs secret where the input of the same place is: what went in secret must not come out in clear.
pub(crate) fn mark_secrets(outputs: &mut Object, inputs: &Object) {
    for (name, input) in inputs {
        let Some(output) = outputs.get_mut(name) else { continue };
        match (&mut *output, input) {
            (Value::Object(below), Value::Object(input)) => mark_secrets(below, input),
            (Value::Secret(_), _) => {}
            (_, input) if input.has_secret() => {
                let plain = std::mem::replace(output, Value::Null);
                *output = Value::secret(plain);
            }
            _ => {}
        }
    }
}
