//! XML documents of shapes, both directions.

use serde_json::{Map, Value};

use crate::error::Error;
use crate::model::{Kind, Member, Model, Protocol, Structure, XmlNamespace};
use crate::scalar;
use crate::xml::Element;

/// The value of a structure's element, of those members that `wanted` picks.
pub(crate) fn decode_structure(
    model: &Model,
    structure: &Structure,
    element: &Element,
    wanted: impl Fn(&Member) -> bool,
) -> Result<Value, String> {
    let mut fields = Map::new();
    for member in structure.members.iter().filter(|member| wanted(member)) {
        if let Some(value) = decode_member(model, member, element)? {
            fields.insert(member.name.clone(), value);
        }
    }
    Ok(Value::Object(fields))
}

fn decode_member(
    model: &Model,
    member: &Member,
    parent: &Element,
) -> Result<Option<Value>, String> {
    if member.xml_attribute {
        let text = parent.attribute(member.wire_name());
        return text.map(|text| scalar::from_text(model, member, text)).transpose();
    }
    let name = member.wire_name();
    let mut found = parent.children.iter().filter(|child| child.name == name).peekable();
    let Some(first) = found.peek() else { return Ok(None) };
    match &model.shape(member.shape).kind {
        Kind::List(inner) if model.is_flattened(member) => {
            let items = found.map(|item| decode(model, inner, item));
            items.collect::<Result<Vec<_>, _>>().map(|items| Some(Value::Array(items)))
        }
        Kind::Map(key, value) if model.is_flattened(member) => {
            decode_entries(model, key, value, found).map(Some)
        }
        _ => decode(model, member, first).map(Some),
    }
}

/// The value of an element that is a whole member.
pub(crate) fn decode(model: &Model, member: &Member, element: &Element) -> Result<Value, String> {
    match &model.shape(member.shape).kind {
        Kind::Structure(structure) => decode_structure(model, structure, element, |_| true),
        Kind::List(inner) => {
            let name = inner.location_name.as_deref().unwrap_or("member");
            let items = element.children.iter().filter(|child| child.name == name);
            let items = items.map(|item| decode(model, inner, item));
            items.collect::<Result<Vec<_>, _>>().map(Value::Array)
        }
        Kind::Map(key, value) => {
            let entries = element.children.iter().filter(|child| child.name == "entry");
            decode_entries(model, key, value, entries)
        }
        _ => scalar::from_text(model, member, &element.text),
    }
}

fn decode_entries<'a>(
    model: &Model,
    key: &Member,
    value: &Member,
    entries: impl Iterator<Item = &'a Element>,
) -> Result<Value, String> {
    let mut map = Map::new();
    for entry in entries {
        let name = entry.child(key.location_name.as_deref().unwrap_or("key"));
        let item = entry.child(value.location_name.as_deref().unwrap_or("value"));
        if let (Some(name), Some(item)) = (name, item) {
            map.insert(name.text.clone(), decode(model, value, item)?);
        }
    }
    Ok(Value::Object(map))
}

/// Puts a structure's members, those that `wanted` picks, into its element.
pub(crate) fn encode_structure(
    model: &Model,
    structure: &Structure,
    value: &Value,
    element: &mut Element,
    wanted: impl Fn(&Member) -> bool,
) -> Result<(), Error> {
    let fields = match value {
        Value::Object(fields) => fields,
        Value::Null => return Ok(()),
        _ => return Err(Error::Value("a structure is no object".to_owned())),
    };
    // Elements stand in the model's order: some of S3's readers insist on it.
    for member in structure.members.iter().filter(|member| wanted(member)) {
        match fields.get(&member.name) {
            None | Some(Value::Null) => {}
            Some(field) if member.xml_attribute => {
                let text = scalar::to_text(model, member, field)?;
                declare(element, member.xml_namespace.as_ref());
                element.attributes.push((member.wire_name().to_owned(), text));
            }
            Some(field) => encode_member(model, member, field, element)?,
        }
    }
    Ok(())
}

fn encode_member(
    model: &Model,
    member: &Member,
    value: &Value,
    parent: &mut Element,
) -> Result<(), Error> {
    let name = member.wire_name();
    match (&model.shape(member.shape).kind, value) {
        (Kind::List(inner), Value::Array(items)) if model.is_flattened(member) => {
            for item in items {
                let mut element = encode(model, inner, item, name)?;
                declare(&mut element, member.xml_namespace.as_ref());
                parent.children.push(element);
            }
        }
        (Kind::Map(key, entry), Value::Object(entries)) if model.is_flattened(member) => {
            for (text, item) in entries {
                let mut element = encode_entry(model, key, entry, (text, item), name)?;
                declare(&mut element, member.xml_namespace.as_ref());
                parent.children.push(element);
            }
        }
        _ => parent.children.push(encode(model, member, value, name)?),
    }
    Ok(())
}

/// The element of a whole member.
pub(crate) fn encode(
    model: &Model,
    member: &Member,
    value: &Value,
    name: &str,
) -> Result<Element, Error> {
    let shape = model.shape(member.shape);
    let mut element = Element::new(name);
    // Query services declare a structure's own namespace nowhere.
    let rest = model.metadata.protocol == Protocol::RestXml;
    let inherited = shape.xml_namespace.as_ref().filter(|_| rest);
    declare(&mut element, member.xml_namespace.as_ref().or(inherited));
    match (&shape.kind, value) {
        (_, Value::Null) => {}
        (Kind::Structure(structure), _) => {
            encode_structure(model, structure, value, &mut element, |_| true)?;
        }
        (Kind::List(inner), Value::Array(items)) => {
            let name = inner.location_name.as_deref().unwrap_or("member");
            for item in items {
                element.children.push(encode(model, inner, item, name)?);
            }
        }
        (Kind::Map(key, entry), Value::Object(entries)) => {
            for pair in entries {
                element.children.push(encode_entry(model, key, entry, pair, "entry")?);
            }
        }
        _ => element.text = scalar::to_text(model, member, value)?,
    }
    Ok(element)
}

fn encode_entry(
    model: &Model,
    key: &Member,
    value: &Member,
    (text, item): (&String, &Value),
    name: &str,
) -> Result<Element, Error> {
    let mut key_element =
        Element::with_text(key.location_name.as_deref().unwrap_or("key"), text.as_str());
    declare(&mut key_element, key.xml_namespace.as_ref());
    let value_name = value.location_name.as_deref().unwrap_or("value");
    let mut entry = Element::new(name);
    entry.children = vec![key_element, encode(model, value, item, value_name)?];
    Ok(entry)
}

/// Declares a namespace on an element.
pub(crate) fn declare(element: &mut Element, namespace: Option<&XmlNamespace>) {
    if let Some(namespace) = namespace {
        let name = match &namespace.prefix {
            Some(prefix) => format!("xmlns:{prefix}"),
            None => "xmlns".to_owned(),
        };
        if !element.attributes.iter().any(|(own, _)| *own == name) {
            element.attributes.push((name, namespace.uri.clone()));
        }
    }
}
