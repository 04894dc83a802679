//! Names in templates: properties, outputs, derived values, and what the run knows.

use super::Provider;
use super::call::StepError;
use super::{content_type, dry};
use crate::types::{Property, ResourceType, Shape};
use crate::value::{Asset, AssetSource, Object, Value};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value as Json, json};
use sha2::Digest as _;
use std::fmt::Write as _;

/// What a template may name.
pub(super) struct Scope<'a> {
    provider: &'a Provider,
    kind: &'a ResourceType,
    /// Inputs and outputs.
    values: &'a Object,
    id: Option<&'a str>,
    /// `item`, `attribute`, `value`, `old`, `changed_tags`, `removed_tags`.
    locals: Vec<(&'static str, Value)>,
    /// The shape of `item`, for what is below it.
    item: Option<&'a Property>,
}

/// The id of a resource whose values are all known.
pub(crate) fn interpolate_id(
    provider: &Provider,
    kind: &ResourceType,
    values: &Object,
) -> Option<String> {
    Scope::new(provider, kind, values).interpolate(&kind.id)
}

impl<'a> Scope<'a> {
    pub(super) fn new(provider: &'a Provider, kind: &'a ResourceType, values: &'a Object) -> Self {
        Self { provider, kind, values, id: None, locals: Vec::new(), item: None }
    }

    /// The same names over other values.
    pub(super) fn with<'b>(&'b self, values: &'b Object) -> Scope<'b> {
        Scope {
            provider: self.provider,
            kind: self.kind,
            values,
            id: self.id,
            locals: self.locals.clone(),
            item: self.item,
        }
    }

    pub(super) fn id(mut self, id: Option<&'a str>) -> Self {
        self.id = id;
        self
    }

    pub(super) fn local(mut self, name: &'static str, value: Value) -> Self {
        self.locals.retain(|(other, _)| *other != name);
        self.locals.push((name, value));
        self
    }

    /// The same names and one more.
    pub(super) fn with_local<'b>(&'b self, name: &'static str, value: Value) -> Scope<'b> {
        self.with(self.values).local(name, value)
    }

    pub(super) fn item(self, value: Value, shape: Option<&'a Property>) -> Self {
        let mut scope = self.local("item", value);
        scope.item = shape;
        scope
    }

    /// The value of a dotted name, and its shape. Nothing where there is nothing.
    pub(super) fn lookup(&self, path: &str) -> Option<(Value, Option<&'a Property>)> {
        let (value, shape) = self.find(path)?;
        if self.provider.dry.is_none() {
            return Some((value, shape));
        }
        Some((dry::masked(value, shape), shape))
    }

    /// The value itself.
    fn find(&self, path: &str) -> Option<(Value, Option<&'a Property>)> {
        let mut steps = path.split('.');
        let root = steps.next()?;
        let (mut value, mut shape) = self.root(root)?;
        for step in steps {
            if matches!(value.open(), Value::Unknown) {
                return Some((Value::Unknown, None));
            }
            value = value.as_object()?.get(step)?.clone();
            shape = match shape.map(|property| &property.shape) {
                Some(Shape::Object(fields)) => fields.get(step),
                _ => None,
            };
        }
        Some((value, shape))
    }

    fn root(&self, name: &str) -> Option<(Value, Option<&'a Property>)> {
        if let Some((_, value)) = self.locals.iter().find(|(local, _)| *local == name) {
            let shape = match name {
                "item" => self.item,
                "value" => None,
                _ => None,
            };
            return Some((value.clone(), shape));
        }
        let text = |text: &str| Some((Value::string(text), None));
        match name {
            "account" => return text(&self.provider.account),
            "region" if !self.values.contains_key("region") => return text(&self.provider.region),
            "partition" => return text(&self.provider.partition),
            "id" if self.id.is_some() => return text(self.id.unwrap_or_default()),
            // Tags that the provider adds are tags like the others.
            "tags" if self.values.get("tagsAll").is_some_and(|all| !all.is_empty()) => {
                return Some((self.values.get("tagsAll")?.clone(), self.kind.properties.get(name)));
            }
            "inputHash" => return text(&self.input_hash()),
            "body" => return self.body().map(|body| (body, None)),
            "guessedContentType" => return text(self.guessed_content_type()),
            _ => {}
        }
        if let Some(derived) = self.kind.derive.get(name) {
            let of = match self.lookup(&derived.of) {
                Some((Value::Unknown, _)) => return Some((Value::Unknown, None)),
                Some((value, _)) => value.to_text().unwrap_or_default(),
                None => String::new(),
            };
            let template = derived.cases.get(&of).unwrap_or(&derived.otherwise);
            let value = self.interpolate(template).map_or(Value::Unknown, Value::String);
            return Some((value, None));
        }
        let value = self.values.get(name).filter(|value| !matches!(value, Value::Null))?;
        Some((value.clone(), self.kind.properties.get(name)))
    }

    /// What tells invocations of the same function apart.
    fn input_hash(&self) -> String {
        let input = self.values.get("input").and_then(Value::to_text).unwrap_or_default();
        let mut hash = hex::encode(sha2::Sha256::digest(input));
        hash.truncate(32);
        hash
    }

    /// What an object of S3 is made of: a file, a text, or bytes in base64.
    fn body(&self) -> Option<Value> {
        let given =
            |name: &str| self.values.get(name).filter(|value| !matches!(value.open(), Value::Null));
        given("source").or_else(|| given("content")).cloned().or_else(|| {
            // Base64 of AWS's clients is what the wire wants: an asset-like marker is not needed.
            given("contentBase64").cloned()
        })
    }

    fn guessed_content_type(&self) -> &'static str {
        let source = match self.values.get("source").map(Value::open) {
            Some(Value::Asset(Asset { source: AssetSource::Path(path), .. })) => {
                Some(path.as_str())
            }
            _ => None,
        };
        let key = self.values.get("key").and_then(Value::as_str);
        content_type::of(key.unwrap_or_default())
            .or_else(|| content_type::of(source.unwrap_or_default()))
            .unwrap_or("application/octet-stream")
    }

    /// A template with its `{name}`s filled in; none when one of them is unknown. Absent names are empty texts; braces around
    /// anything but a name stay.
    pub(super) fn interpolate(&self, template: &str) -> Option<String> {
        let mut text = String::new();
        let mut rest = template;
        while let Some(start) = rest.find('{') {
            text.push_str(&rest[..start]);
            rest = &rest[start + 1..];
            let name_length =
                rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '.').unwrap_or(rest.len());
            if name_length == 0 || !rest[name_length..].starts_with('}') {
                text.push('{');
                continue;
            }
            match self.lookup(&rest[..name_length]) {
                None => {}
                Some((Value::Unknown, _)) => return None,
                Some((value, _)) => text.push_str(&value.to_text()?),
            }
            rest = &rest[name_length + 1..];
        }
        text.push_str(rest);
        Some(text)
    }

    /// The input of a call.
    pub(super) fn render(&self, template: &Json) -> Result<Option<Json>, StepError> {
        match template {
            Json::String(text) => self.render_text(text),
            Json::Array(items) => {
                let items: Vec<Json> = items
                    .iter()
                    .filter_map(|item| self.render(item).transpose())
                    .collect::<Result<_, _>>()?;
                Ok(if items.is_empty() { None } else { Some(Json::Array(items)) })
            }
            Json::Object(fields) if fields.contains_key("$each") => self.render_each(fields),
            Json::Object(fields) => {
                let condition = fields.get("$if").and_then(Json::as_str);
                if condition.is_some_and(|name| !self.holds(name)) {
                    return Ok(None);
                }
                let mut rendered = Map::new();
                for (name, field) in fields.iter().filter(|(name, _)| !is_word(name)) {
                    let Some(Json::String(name)) = self.render_text(name)? else { continue };
                    if let Some(value) = self.render(field)? {
                        rendered.insert(name, value);
                    }
                }
                let is_kept = fields.contains_key("$empty") || !rendered.is_empty();
                Ok(is_kept.then_some(Json::Object(rendered)))
            }
            plain => Ok(Some(plain.clone())),
        }
    }

    /// `{ "$each": LIST, "item": TEMPLATE }`: the template for each item of a list.
    fn render_each(&self, fields: &Map<String, Json>) -> Result<Option<Json>, StepError> {
        let name = fields.get("$each").and_then(Json::as_str).unwrap_or_default();
        let template = fields.get("item").unwrap_or(&Json::Null);
        let found = self.lookup(name);
        let Some(Value::Array(items)) = found.as_ref().map(|(value, _)| value.open()) else {
            return Ok(None);
        };
        let shape = match found.as_ref().and_then(|(_, property)| Some(&property.as_ref()?.shape)) {
            Some(Shape::List(of) | Shape::Set(of)) => Some(&**of),
            _ => None,
        };
        let rendered = items.iter().filter_map(|item| {
            self.with(self.values).item(item.clone(), shape).render(template).transpose()
        });
        let rendered: Vec<Json> = rendered.collect::<Result<_, _>>()?;
        Ok(if rendered.is_empty() { None } else { Some(Json::Array(rendered)) })
    }

    /// Whether a name stands for something, and not for `false`.
    fn holds(&self, name: &str) -> bool {
        self.lookup(name).is_some_and(|(value, _)| {
            !value.is_empty() && !matches!(value.open(), Value::Bool(false))
        })
    }

    fn render_text(&self, text: &str) -> Result<Option<Json>, StepError> {
        if text == "$@attributes" {
            return Ok(self.attributes());
        }
        let Some(reference) = text.strip_prefix('$') else {
            return Ok(Some(Json::from(self.interpolate(text).unwrap_or_default())));
        };
        let (names, form) = reference.split_once(':').unwrap_or((reference, ""));
        let found = names.split('|').filter_map(|name| Some((name, self.lookup(name)?)));
        let found = found.into_iter().find(|(_, (value, _))| !value.is_empty());
        let Some((name, (value, shape))) = found else {
            return Ok(match form {
                "blank" => Some(json!("")),
                "emptymap" => Some(json!({})),
                "emptylist" => Some(json!([])),
                "false" => Some(json!(false)),
                _ => None,
            });
        };
        self.formed(name, &value, shape, form).map(Some)
    }

    fn formed(
        &self,
        name: &str,
        value: &Value,
        shape: Option<&Property>,
        form: &str,
    ) -> Result<Json, StepError> {
        if self.provider.dry.is_some()
            && let Some(shown) = self.shown_dry(value, form)?
        {
            return Ok(shown);
        }
        let pairs = |key: &str, value_name: &str| {
            let fields = value.as_object().into_iter().flatten();
            fields
                .map(|(tag, text)| json!({ key: tag, value_name: text.to_text().unwrap_or_default() }))
                .collect::<Json>()
        };
        Ok(match (form, value.open()) {
            ("list", _) => pairs("Key", "Value"),
            ("epoch", Value::String(text)) => {
                let time: jiff::Timestamp = text.parse().map_err(|_| {
                    StepError::new(format!("`{name}` is no time, such as 2026-01-31T12:00:00Z"))
                })?;
                Json::from(time.as_second())
            }
            ("namelist", _) => pairs("Name", "Value"),
            ("lowerlist", _) => pairs("key", "value"),
            ("query", _) => Json::from(query(value)),
            ("zip", Value::Archive(archive)) => Json::from(
                STANDARD.encode(archive.zip(&self.provider.directory).map_err(StepError::asset)?),
            ),
            ("bytes", Value::Asset(asset)) => Json::from(
                STANDARD.encode(asset.bytes(&self.provider.directory).map_err(StepError::asset)?),
            ),
            ("bytes", Value::String(text))
                if self.values.get("contentBase64").is_some_and(|v| !v.is_empty()) =>
            {
                Json::from(text.as_str())
            }
            ("bytes", Value::String(text)) => Json::from(STANDARD.encode(text)),
            _ if name == "value" => Json::from(value.to_text().unwrap_or_default()),
            _ => api(value, shape, self.kind.has_upper_members())?,
        })
    }

    /// What a recorded call shows for what is not sent as it stands: a word for a value, the size of a blob.
    fn shown_dry(&self, value: &Value, form: &str) -> Result<Option<Json>, StepError> {
        if dry::is_word(value) {
            return Ok(Some(Json::from(value.as_str())));
        }
        let directory = &self.provider.directory;
        let size = match (form, value) {
            ("zip", Value::Archive(archive)) => {
                archive.zip(directory).map_err(StepError::asset)?.len()
            }
            ("bytes", Value::Asset(asset)) => {
                asset.bytes(directory).map_err(StepError::asset)?.len()
            }
            ("bytes", Value::String(text)) => text.len(),
            _ => return Ok(None),
        };
        Ok(Some(Json::from(format!("({size} bytes)"))))
    }

    /// The attributes that are given, as texts.
    fn attributes(&self) -> Option<Json> {
        let given = self.kind.attributes.iter().filter_map(|(property, attribute)| {
            let value = self.values.get(property).filter(|value| !value.is_empty())?;
            let value = match &self.provider.dry {
                Some(_) => dry::masked(value.clone(), self.kind.properties.get(property)),
                None => value.clone(),
            };
            Some((attribute.clone(), Json::from(value.to_text()?)))
        });
        let given: Map<String, Json> = given.collect();
        if given.is_empty() { None } else { Some(Json::Object(given)) }
    }
}

/// Whether a member of a template says how to make it.
fn is_word(name: &str) -> bool {
    matches!(name, "$if" | "$empty")
}

/// Tags as a query string.
fn query(tags: &Value) -> String {
    let encode = |text: &str| {
        text.bytes().fold(String::new(), |mut encoded, byte| {
            if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
                encoded.push(char::from(byte));
            } else {
                let _ = write!(encoded, "%{byte:02X}");
            }
            encoded
        })
    };
    let fields = tags.as_object().into_iter().flatten();
    let pairs: Vec<String> = fields
        .map(|(name, value)| {
            format!("{}={}", encode(name), encode(&value.to_text().unwrap_or_default()))
        })
        .collect();
    pairs.join("&")
}

/// A property's value as the API takes it: nested names become members.
fn api(value: &Value, shape: Option<&Property>, upper: bool) -> Result<Json, StepError> {
    match (value.open(), shape.map(|property| &property.shape)) {
        (Value::Object(fields), Some(Shape::Object(known))) => {
            let mut members = Map::new();
            for (name, value) in fields {
                let property = known.get(name);
                if value.is_empty() || property.is_some_and(|property| property.computed) {
                    continue;
                }
                let member =
                    property.map_or_else(|| name.clone(), |known| known.member(name, upper));
                members.insert(member, api(value, property, upper)?);
            }
            Ok(Json::Object(members))
        }
        (Value::Array(items), Some(Shape::List(of) | Shape::Set(of))) => items
            .iter()
            .map(|item| api(item, Some(of), upper))
            .collect::<Result<_, _>>()
            .map(Json::Array),
        (value, _) => value.to_json().ok_or_else(|| {
            StepError::new(format!("{} cannot be sent to AWS here", value.describe()))
        }),
    }
}
