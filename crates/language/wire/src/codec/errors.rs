//! Error answers, both directions.

use serde_json::{Map, Value};

use crate::aws_error::AwsError;
use crate::http::{Headers, HttpResponseParts};
use crate::model::{Exception, Model, Protocol, Shape};
use crate::rest;
use crate::xml::Element;
use crate::{cbor_body, json_body, xml_body};

/// The answer that carries an error. Status and code on the wire are the model's where it has the error; members that are no part
/// of the error's shape are sent as they are.
pub fn encode_error(model: &Model, error: &AwsError, request_id: &str) -> HttpResponseParts {
    let protocol = model.metadata.protocol;
    let known = model.exception(&error.code);
    let mut parts = HttpResponseParts {
        status: status_of(model, error, known),
        ..HttpResponseParts::default()
    };
    if let Some(structure) = known.and_then(|(shape, _)| shape.structure()) {
        // A member that cannot be a header is not worth losing the error for.
        let _ = rest::write_headers(model, structure, &error.fields, &mut parts.headers);
    }
    match protocol {
        Protocol::Json | Protocol::Cbor => json_error(model, error, known, &mut parts),
        Protocol::RestJson => {
            parts.headers.push("x-amzn-ErrorType", shape_name(error, known));
            parts.headers.push("Content-Type", "application/json");
            parts.body = Value::Object(json_fields(model, error, known)).to_string().into_bytes();
        }
        Protocol::Query | Protocol::RestXml => {
            xml_error(model, error, known, request_id, &mut parts);
        }
    }
    parts.headers.push(rest::request_id_header(protocol), request_id);
    parts
}

fn status_of(model: &Model, error: &AwsError, known: Option<(&Shape, &Exception)>) -> u16 {
    let from_model = known.and_then(|(_, exception)| {
        // What a service that once spoke query has in its model is the status it had then.
        let own = exception.http_status_code.filter(|_| !model.metadata.query_compatible);
        own.or_else(|| exception.fault.then_some(500))
    });
    match (error.status, from_model) {
        (400, Some(status)) => status,
        (status, _) => status,
    }
}

/// Code of JSON protocols: the shape's name.
fn shape_name<'a>(error: &'a AwsError, known: Option<(&'a Shape, &Exception)>) -> &'a str {
    known.map_or(error.code.as_str(), |(shape, _)| shape.name.as_str())
}

/// Code of XML protocols: the shape's own code.
fn wire_code<'a>(error: &'a AwsError, known: Option<(&'a Shape, &'a Exception)>) -> &'a str {
    known.map_or(error.code.as_str(), |(shape, exception)| {
        exception.code.as_deref().unwrap_or(&shape.name)
    })
}

fn json_error(
    model: &Model,
    error: &AwsError,
    known: Option<(&Shape, &Exception)>,
    parts: &mut HttpResponseParts,
) {
    let name = shape_name(error, known);
    if model.metadata.query_compatible {
        let fault = if parts.status >= 500 { "Receiver" } else { "Sender" };
        let code = wire_code(error, known);
        parts.headers.push("x-amzn-query-error", format!("{code};{fault}"));
    }
    let mut document = Map::new();
    document.insert("__type".to_owned(), Value::from(name));
    document.extend(json_fields(model, error, known));
    let document = Value::Object(document);
    if model.metadata.protocol == Protocol::Cbor {
        cbor_body::declare(&mut parts.headers);
        parts.body = cbor_body::plain(&document);
        return;
    }
    let version = model.metadata.json_version.as_deref().unwrap_or("1.0");
    parts.headers.push("Content-Type", format!("application/x-amz-json-{version}"));
    parts.body = document.to_string().into_bytes();
}

/// The error's members but for those in headers, with its message under the name its shape has for it.
fn json_fields(
    model: &Model,
    error: &AwsError,
    known: Option<(&Shape, &Exception)>,
) -> Map<String, Value> {
    let structure = known.and_then(|(shape, _)| shape.structure());
    let mut document = Map::new();
    for (name, value) in error.fields.iter() {
        match structure.and_then(|structure| structure.member(name)) {
            Some(member) if member.location.is_some() => {}
            Some(member) => {
                let encoded = json_body::encode(model, member, value);
                document.insert(
                    member.wire_name().to_owned(),
                    encoded.unwrap_or_else(|_| value.clone()),
                );
            }
            None => {
                document.insert(name.clone(), value.clone());
            }
        }
    }
    if !error.message.is_empty() {
        let named = structure.is_some_and(|structure| structure.member("Message").is_some());
        let name = if named { "Message" } else { "message" };
        document.entry(name).or_insert_with(|| Value::from(error.message.as_str()));
    }
    document
}

fn xml_error(
    model: &Model,
    error: &AwsError,
    known: Option<(&Shape, &Exception)>,
    request_id: &str,
    parts: &mut HttpResponseParts,
) {
    let mut inner = Element::new("Error");
    let is_s3 = model.metadata.signature_version.as_deref() == Some("s3");
    if !is_s3 {
        let fault = if parts.status >= 500 { "Receiver" } else { "Sender" };
        inner.children.push(Element::with_text("Type", fault));
    }
    inner.children.push(Element::with_text("Code", wire_code(error, known)));
    if !error.message.is_empty() {
        inner.children.push(Element::with_text("Message", error.message.as_str()));
    }
    if let Some(structure) = known.and_then(|(shape, _)| shape.structure()) {
        let mut fields = error.fields.as_ref().clone();
        fields.retain(|name, _| {
            !matches!(name.to_ascii_lowercase().as_str(), "message" | "code" | "type")
        });
        let fields = Value::Object(fields);
        // What does not fit its shape is left out: the error itself matters more.
        let _ = xml_body::encode_structure(model, structure, &fields, &mut inner, |member| {
            member.location.is_none()
        });
    } else {
        let texts = error.fields.iter().filter_map(|(name, value)| Some((name, value.as_str()?)));
        inner.children.extend(texts.map(|(name, text)| Element::with_text(name, text)));
    }
    let root = if is_s3 {
        inner.children.push(Element::with_text("RequestId", request_id));
        inner
    } else {
        let mut root = Element::new("ErrorResponse");
        xml_body::declare(&mut root, model.metadata.xml_namespace.as_ref());
        root.children = vec![inner, Element::with_text("RequestId", request_id)];
        root
    };
    let content_type = if is_s3 { "application/xml" } else { "text/xml" };
    parts.headers.push("Content-Type", content_type);
    parts.body = root.to_document();
}

/// Reads an error answer. Never fails: what cannot be read is an error named by its status.
pub fn decode_error(model: &Model, parts: &HttpResponseParts) -> AwsError {
    let mut error = match model.metadata.protocol {
        Protocol::Json | Protocol::RestJson | Protocol::Cbor => decode_json_error(model, parts),
        Protocol::Query | Protocol::RestXml => decode_xml_error(model, parts),
    };
    error.status = parts.status;
    if error.code.is_empty() {
        error.code = parts.status.to_string();
    }
    if let Some(structure) = model.exception(&error.code).and_then(|(shape, _)| shape.structure()) {
        let _ = rest::read_headers(model, structure, &parts.headers, &mut error.fields);
    }
    error
}

/// `aws.service#Code:http://...` is `Code`.
fn bare_code(text: &str) -> &str {
    let text = text.split(':').next().unwrap_or_default();
    text.rsplit('#').next().unwrap_or_default().trim()
}

fn header_code(headers: &Headers) -> Option<&str> {
    headers.get("x-amzn-errortype").map(bare_code).filter(|code| !code.is_empty())
}

fn decode_json_error(model: &Model, parts: &HttpResponseParts) -> AwsError {
    let parsed = match model.metadata.protocol {
        Protocol::Cbor => cbor_body::parse(&parts.body),
        _ => json_body::parse(&parts.body),
    };
    let document = match parsed {
        Ok(Value::Object(document)) => document,
        _ => Map::new(),
    };
    let text = |names: &[&str]| {
        names.iter().find_map(|name| document.get(*name)?.as_str()).unwrap_or_default()
    };
    let code = header_code(&parts.headers).unwrap_or_else(|| bare_code(text(&["__type", "code"])));
    let mut error = AwsError::new(code, text(&["message", "Message", "errorMessage"]));
    let known = model.exception(code).and_then(|(shape, _)| shape.structure());
    let decoded = known.and_then(|structure| {
        let document = Value::Object(document.clone());
        json_body::decode_structure(model, structure, &document, |m| m.location.is_none()).ok()
    });
    *error.fields = match decoded {
        Some(Value::Object(fields)) => fields,
        _ => document
            .iter()
            .filter(|(name, _)| !matches!(name.as_str(), "__type" | "code" | "message" | "Message"))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect(),
    };
    error
}

fn decode_xml_error(model: &Model, parts: &HttpResponseParts) -> AwsError {
    let Ok(root) = Element::parse(&parts.body) else {
        return AwsError::new(header_code(&parts.headers).unwrap_or_default(), "");
    };
    let inner = match root.name.as_str() {
        "Error" => &root,
        _ => root.child("Error").or_else(|| root.child("Errors")?.child("Error")).unwrap_or(&root),
    };
    let text = |name: &str| inner.child(name).map(|child| child.text.trim().to_owned());
    let mut error =
        AwsError::new(text("Code").unwrap_or_default(), text("Message").unwrap_or_default());
    let known = model.exception(&error.code).and_then(|(shape, _)| shape.structure());
    let decoded = known.and_then(|structure| {
        xml_body::decode_structure(model, structure, inner, |member| member.location.is_none()).ok()
    });
    *error.fields = match decoded {
        Some(Value::Object(fields)) => fields,
        _ => inner
            .children
            .iter()
            .filter(|child| {
                !matches!(child.name.as_str(), "Code" | "Message" | "Type" | "RequestId")
            })
            .filter(|child| child.children.is_empty())
            .map(|child| (child.name.clone(), Value::from(child.text.trim())))
            .collect(),
    };
    error
}
