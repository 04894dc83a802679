//! awsQuery forms, both directions.
//!
//! A form is a flat list of dotted names (`Tags.member.1.Key=...`). Reading turns it into a tree first, so that no name is looked at
//! twice and list positions are ordered by number without ever being used as sizes.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::error::Error;
use crate::model::{Kind, Member, Model, Structure};
use crate::percent;
use crate::scalar;

/// Greatest number of dots in a name.
const MAX_DEPTH: usize = 64;

/// A form as a tree of its names' parts.
#[derive(Debug, Default)]
pub(crate) struct Form {
    text: Option<String>,
    children: BTreeMap<String, Form>,
}

impl Form {
    /// Reads an encoded form. The first of several values of a name counts.
    // AWS: the first counts, measured by others on STS.
    pub(crate) fn parse(encoded: &str) -> Result<Self, String> {
        let mut root = Self::default();
        for (name, value) in percent::parse_query(encoded) {
            if name.split('.').count() > MAX_DEPTH {
                return Err("The parameter name is nested too deeply".to_owned());
            }
            let mut form = &mut root;
            for part in name.split('.') {
                form = form.children.entry(part.to_owned()).or_default();
            }
            form.text.get_or_insert(value);
        }
        Ok(root)
    }

    /// The text of a top-level name.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.children.get(name)?.text.as_deref()
    }

    /// The children whose names are numbers, in the numbers' order.
    fn numbered(&self) -> impl Iterator<Item = &Form> {
        let numbered =
            self.children.iter().filter_map(|(name, form)| Some((name.parse().ok()?, form)));
        numbered.collect::<BTreeMap<u64, _>>().into_values()
    }
}

/// The value of a structure's form.
pub(crate) fn decode_structure(
    model: &Model,
    structure: &Structure,
    form: &Form,
) -> Result<Value, String> {
    let mut fields = Map::new();
    for member in &structure.members {
        if let Some(value) = decode_member(model, member, form)? {
            fields.insert(member.name.clone(), value);
        }
    }
    Ok(Value::Object(fields))
}

fn decode_member(model: &Model, member: &Member, parent: &Form) -> Result<Option<Value>, String> {
    let form = parent.children.get(member.wire_name());
    form.map(|form| decode(model, member, form)).transpose()
}

fn decode(model: &Model, member: &Member, form: &Form) -> Result<Value, String> {
    match &model.shape(member.shape).kind {
        Kind::Structure(structure) => decode_structure(model, structure, form),
        Kind::List(element) => {
            let wrapper = element.location_name.as_deref().unwrap_or("member");
            let items = match form.children.get(wrapper) {
                Some(wrapped) if !model.is_flattened(member) => wrapped,
                _ => form,
            };
            let items = items.numbered().map(|item| decode(model, element, item));
            items.collect::<Result<Vec<_>, _>>().map(Value::Array)
        }
        Kind::Map(key, value) => {
            let entries = match form.children.get("entry") {
                Some(wrapped) if !model.is_flattened(member) => wrapped,
                _ => form,
            };
            let mut map = Map::new();
            for entry in entries.numbered() {
                let name = key.location_name.as_deref().unwrap_or("key");
                let Some(name) = entry.text(name) else { continue };
                let place = value.location_name.as_deref().unwrap_or("value");
                let item = match entry.children.get(place) {
                    Some(item) => decode(model, value, item)?,
                    None => Value::Null,
                };
                map.insert(name.to_owned(), item);
            }
            Ok(Value::Object(map))
        }
        _ => scalar::from_text(model, member, form.text.as_deref().unwrap_or_default()),
    }
}

/// Writes a structure's value as form pairs, with names and values not yet encoded.
pub(crate) fn encode_structure(
    model: &Model,
    structure: &Structure,
    value: &Value,
    prefix: &str,
    pairs: &mut Vec<(String, String)>,
) -> Result<(), Error> {
    let fields = match value {
        Value::Object(fields) => fields,
        Value::Null => return Ok(()),
        _ => return Err(Error::Value("a structure is no object".to_owned())),
    };
    for (name, field) in fields.iter().filter(|(_, field)| !field.is_null()) {
        if let Some(member) = structure.member(name) {
            let place = format!("{prefix}{}", member.wire_name());
            encode(model, member, field, &place, pairs)?;
        }
    }
    Ok(())
}

fn encode(
    model: &Model,
    member: &Member,
    value: &Value,
    place: &str,
    pairs: &mut Vec<(String, String)>,
) -> Result<(), Error> {
    match (&model.shape(member.shape).kind, value) {
        (Kind::Structure(structure), _) => {
            encode_structure(model, structure, value, &format!("{place}."), pairs)?;
        }
        (Kind::List(_), Value::Array(items)) if items.is_empty() => {
            pairs.push((place.to_owned(), String::new()));
        }
        (Kind::List(element), Value::Array(items)) => {
            let wrapper = element.location_name.as_deref().unwrap_or("member");
            let place = if model.is_flattened(member) {
                place.to_owned()
            } else {
                format!("{place}.{wrapper}")
            };
            for (at, item) in items.iter().enumerate() {
                encode(model, element, item, &format!("{place}.{}", at + 1), pairs)?;
            }
        }
        (Kind::Map(key, entry), Value::Object(entries)) => {
            let wrapper = if model.is_flattened(member) { "" } else { ".entry" };
            for (at, (name, item)) in entries.iter().enumerate() {
                let place = format!("{place}{wrapper}.{}", at + 1);
                let key = key.location_name.as_deref().unwrap_or("key");
                let value = entry.location_name.as_deref().unwrap_or("value");
                pairs.push((format!("{place}.{key}"), name.clone()));
                encode(model, entry, item, &format!("{place}.{value}"), pairs)?;
            }
        }
        _ => pairs.push((place.to_owned(), scalar::to_text(model, member, value)?)),
    }
    Ok(())
}
