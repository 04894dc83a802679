//! The body: one payload member, or a document of all members that are nowhere else.

use serde_json::{Map, Value};

use crate::error::Error;
use crate::model::{Kind, Location, Member, Model, Protocol, Structure};
use crate::xml::Element;
use crate::{json_body, scalar, xml_body};

/// Whose body it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BodyRole {
    Request,
    Response,
}

/// A written body.
#[derive(Debug, Default)]
pub(super) struct Encoded {
    pub(super) content_type: Option<&'static str>,
    pub(super) bytes: Vec<u8>,
}

/// Takes the body's members from a body.
pub(super) fn decode(
    model: &Model,
    structure: &Structure,
    body: &[u8],
    role: BodyRole,
    fields: &mut Map<String, Value>,
) -> Result<(), String> {
    if let Some(member) = structure.payload_member() {
        if let Some(value) = decode_payload(model, member, body, role)? {
            fields.insert(member.name.clone(), value);
        }
        return Ok(());
    }
    let inside = |member: &Member| in_body(member, role);
    if !structure.members.iter().any(inside) || body.iter().all(u8::is_ascii_whitespace) {
        return Ok(());
    }
    let found = match model.metadata.protocol {
        Protocol::RestXml => {
            let element = Element::parse(body)?;
            let mut found = xml_body::decode_structure(model, structure, &element, inside)?;
            if role == BodyRole::Response {
                unwrap_lone_text(structure, &element, &mut found);
            }
            found
        }
        _ => json_body::decode_structure(model, structure, &json_body::parse(body)?, inside)?,
    };
    if let Value::Object(found) = found {
        fields.extend(found);
    }
    Ok(())
}

/// S3's GetBucketLocation answers with the member itself as the root.
fn unwrap_lone_text(structure: &Structure, element: &Element, found: &mut Value) {
    let Value::Object(found) = found else { return };
    if let [member] = structure.members.as_slice() {
        let text = element.text.trim();
        if found.is_empty() && element.name == member.wire_name() && !text.is_empty() {
            found.insert(member.name.clone(), Value::String(text.to_owned()));
        }
    }
}

fn decode_payload(
    model: &Model,
    member: &Member,
    body: &[u8],
    role: BodyRole,
) -> Result<Option<Value>, String> {
    match &model.shape(member.shape).kind {
        // A body is always there in an answer; an empty one in a request is no payload.
        Kind::Blob if body.is_empty() && role == BodyRole::Request => Ok(None),
        Kind::Blob => Ok(Some(scalar::blob_value(body))),
        _ if body.is_empty() => Ok(None),
        Kind::String => String::from_utf8(body.to_vec())
            .map(|text| Some(Value::String(text)))
            .map_err(|_| "The payload is not valid UTF-8".to_owned()),
        _ if model.metadata.protocol == Protocol::RestXml => {
            xml_body::decode(model, member, &Element::parse(body)?).map(Some)
        }
        _ => match json_body::parse(body)? {
            Value::Null => Ok(None),
            document => json_body::decode(model, member, &document).map(Some),
        },
    }
}

/// Writes the body of a value.
pub(super) fn encode(
    model: &Model,
    root: &Member,
    structure: &Structure,
    fields: &Map<String, Value>,
    role: BodyRole,
) -> Result<Encoded, Error> {
    if let Some(member) = structure.payload_member() {
        return encode_payload(model, member, fields.get(&member.name), role);
    }
    let inside = |member: &Member| in_body(member, role);
    let mut members = structure.members.iter().filter(|member| inside(member)).peekable();
    let has_members = members.peek().is_some();
    let has_values = members.any(|member| fields.contains_key(&member.name));
    let xml = model.metadata.protocol == Protocol::RestXml;
    match role {
        BodyRole::Request if !has_members || (xml && !has_values) => return Ok(Encoded::default()),
        BodyRole::Response if !has_members && xml => return Ok(Encoded::default()),
        _ => {}
    }
    let value = Value::Object(fields.clone());
    if xml {
        let mut element = Element::new(root_name(model, root));
        let shape = model.shape(root.shape);
        let namespace = root.xml_namespace.as_ref().or(shape.xml_namespace.as_ref());
        xml_body::declare(&mut element, namespace.or(model.metadata.xml_namespace.as_ref()));
        xml_body::encode_structure(model, structure, &value, &mut element, inside)?;
        let bytes = element.to_document();
        return Ok(Encoded { content_type: Some("application/xml"), bytes });
    }
    let document = json_body::encode_structure(model, structure, &value, inside)?;
    let bytes = document.to_string().into_bytes();
    Ok(Encoded { content_type: Some("application/json"), bytes })
}

fn encode_payload(
    model: &Model,
    member: &Member,
    value: Option<&Value>,
    role: BodyRole,
) -> Result<Encoded, Error> {
    let shape = model.shape(member.shape);
    let xml = model.metadata.protocol == Protocol::RestXml;
    let value = match value {
        None | Some(Value::Null) => {
            let is_structure = shape.structure().is_some_and(|structure| !structure.union);
            // restJson clients send an empty object for an absent structure.
            let filler = is_structure && !xml && role == BodyRole::Request;
            return Ok(if filler {
                Encoded { content_type: Some("application/json"), bytes: b"{}".to_vec() }
            } else {
                Encoded::default()
            });
        }
        Some(value) => value,
    };
    match (&shape.kind, value) {
        (Kind::Blob, value) => Ok(Encoded {
            content_type: Some("application/octet-stream"),
            bytes: scalar::blob_bytes(value)?,
        }),
        (Kind::String, Value::String(text)) => {
            Ok(Encoded { content_type: Some("text/plain"), bytes: text.clone().into_bytes() })
        }
        _ if xml => {
            let mut element = xml_body::encode(model, member, value, payload_name(model, member))?;
            xml_body::declare(&mut element, shape.xml_namespace.as_ref());
            Ok(Encoded { content_type: Some("application/xml"), bytes: element.to_document() })
        }
        _ => {
            let document = json_body::encode(model, member, value)?;
            let bytes = document.to_string().into_bytes();
            Ok(Encoded { content_type: Some("application/json"), bytes })
        }
    }
}

/// Root element of a document of an operation's input or output.
fn root_name<'a>(model: &'a Model, root: &'a Member) -> &'a str {
    let shape = model.shape(root.shape);
    let own = shape.location_name.as_deref().or(root.location_name.as_deref());
    own.unwrap_or(&shape.name)
}

/// Root element of a payload member; a wire name that only repeats the member's name says nothing.
fn payload_name<'a>(model: &'a Model, member: &'a Member) -> &'a str {
    let shape = model.shape(member.shape);
    let own = member.location_name.as_deref().filter(|name| *name != member.name);
    own.or(shape.location_name.as_deref()).unwrap_or(&shape.name)
}

/// Whether the member is in the body. Answers have no path and no query: members bound there are in the body too.
fn in_body(member: &Member, role: BodyRole) -> bool {
    match member.location {
        None => true,
        Some(Location::Uri | Location::QueryString) => role == BodyRole::Response,
        Some(Location::Header | Location::Headers | Location::StatusCode) => false,
    }
}
