//! Whole messages: requests, answers and errors of any protocol, for servers and for clients.

mod errors;

use serde_json::{Map, Value};

use crate::aws_error::AwsError;
use crate::error::Error;
use crate::http::{HttpRequestParts, HttpResponseParts};
use crate::model::{Member, Model, Operation, Protocol, Structure};
use crate::query_body::{self, Form};
use crate::xml::Element;
use crate::{cbor_body, json_body, percent, rest, xml_body};

pub use errors::{decode_error, encode_error};

/// The operation that a request is for.
///
/// # Errors
/// AWS's answer to an operation that the service has not.
pub fn route<'a>(model: &'a Model, parts: &HttpRequestParts) -> Result<&'a Operation, AwsError> {
    let metadata = &model.metadata;
    let (name, version, found) = match metadata.protocol {
        Protocol::Json => {
            let found = target(parts).filter(|(prefix, _)| {
                metadata.target_prefix.as_deref().is_none_or(|own| own == *prefix)
            });
            (String::new(), String::new(), found.and_then(|(_, name)| model.operation(name)))
        }
        Protocol::Query => {
            let name = action(parts).unwrap_or_default();
            let version = parameter(parts, "Version").unwrap_or_default();
            let found = model.operation(&name);
            (name, version, found)
        }
        Protocol::RestJson | Protocol::RestXml => {
            (String::new(), String::new(), rest::route(model, parts))
        }
        Protocol::Cbor => (
            String::new(),
            String::new(),
            rpc_operation(parts).and_then(|name| model.operation(name)),
        ),
    };
    found.ok_or_else(|| AwsError::unknown_operation(metadata.protocol, &name, &version))
}

/// The operation that the path of an RPC v2 request names: `…/service/SERVICE/operation/NAME`.
fn rpc_operation(parts: &HttpRequestParts) -> Option<&str> {
    let (before, name) = parts.path.rsplit_once("/operation/")?;
    before.rsplit_once("/service/").filter(|(_, service)| !service.contains('/')).map(|_| name)
}

/// What `X-Amz-Target` names: the service's prefix and the operation.
pub fn target(parts: &HttpRequestParts) -> Option<(&str, &str)> {
    parts.headers.get("x-amz-target")?.rsplit_once('.')
}

/// The `Action` of a query request, from the form or, in GET requests, the query.
pub fn action(parts: &HttpRequestParts) -> Option<String> {
    parameter(parts, "Action")
}

/// A parameter of a query request, from the form or the query.
pub fn parameter(parts: &HttpRequestParts, name: &str) -> Option<String> {
    let find = |text: &str| {
        let mut pairs = percent::split_query(text);
        pairs
            .find(|(own, _)| *own == name)
            .map(|(_, value)| percent::decode_form(value.unwrap_or_default()))
    };
    find(&parts.query).or_else(|| find(std::str::from_utf8(&parts.body).ok()?))
}

/// The input of a request, by the names of the model.
///
/// # Errors
/// AWS's answer to a request that cannot be read.
pub fn decode_request(
    model: &Model,
    operation: &Operation,
    parts: &HttpRequestParts,
) -> Result<Value, AwsError> {
    let refuse = |message: String| AwsError::serialization(model.metadata.protocol, message);
    let Some(input) = &operation.input else { return Ok(Value::Object(Map::new())) };
    match model.metadata.protocol {
        Protocol::Json => {
            let document = json_body::parse(&parts.body).map_err(refuse)?;
            match document {
                Value::Object(_) | Value::Array(_) => {
                    json_body::decode(model, input, &document).map_err(refuse)
                }
                _ => Err(refuse(String::new())),
            }
        }
        Protocol::Query => {
            let body = std::str::from_utf8(&parts.body)
                .map_err(|_| refuse("The request is not valid UTF-8".to_owned()))?;
            let form = Form::parse(&format!("{}&{body}", parts.query)).map_err(refuse)?;
            let structure = structure_of(model, input);
            query_body::decode_structure(model, structure, &form).map_err(refuse)
        }
        Protocol::Cbor => {
            let document = cbor_body::parse(&parts.body).map_err(refuse)?;
            json_body::decode(model, input, &document).map_err(refuse)
        }
        Protocol::RestJson | Protocol::RestXml => rest::decode_request(model, operation, parts),
    }
}

/// The answer that carries an operation's output. Members that the output's shape has not are left out.
///
/// # Errors
/// `Error::Value` when a member is not of its shape's type.
pub fn encode_response(
    model: &Model,
    operation: &Operation,
    value: &Value,
    request_id: &str,
) -> Result<HttpResponseParts, Error> {
    let protocol = model.metadata.protocol;
    let mut parts = match protocol {
        Protocol::Json => {
            let mut parts =
                HttpResponseParts { status: operation.http.response_code, ..Default::default() };
            parts.headers.push("Content-Type", json_content_type(model));
            if let Some(output) = &operation.output {
                let document = json_body::encode(model, output, value)?;
                parts.body = document.to_string().into_bytes();
            }
            parts
        }
        Protocol::Query => query_response(model, operation, value, request_id)?,
        Protocol::Cbor => {
            let mut parts = HttpResponseParts { status: 200, ..Default::default() };
            cbor_body::declare(&mut parts.headers);
            parts.body = cbor_body::encode(model, operation.output.as_ref(), value)?;
            parts
        }
        Protocol::RestJson | Protocol::RestXml => rest::encode_response(model, operation, value)?,
    };
    parts.headers.push(rest::request_id_header(protocol), request_id);
    Ok(parts)
}

fn query_response(
    model: &Model,
    operation: &Operation,
    value: &Value,
    request_id: &str,
) -> Result<HttpResponseParts, Error> {
    let mut root = Element::new(&format!("{}Response", operation.name));
    xml_body::declare(&mut root, model.metadata.xml_namespace.as_ref());
    if let Some(output) = &operation.output {
        let mut result = Element::new(&format!("{}Result", operation.name));
        let structure = structure_of(model, output);
        xml_body::encode_structure(model, structure, value, &mut result, |_| true)?;
        root.children.push(result);
    }
    let mut metadata = Element::new("ResponseMetadata");
    metadata.children.push(Element::with_text("RequestId", request_id));
    root.children.push(metadata);
    let mut parts = HttpResponseParts { status: 200, ..Default::default() };
    parts.headers.push("Content-Type", "text/xml");
    parts.body = root.to_document();
    Ok(parts)
}

/// The request that carries an operation's input: all but the host and the signature.
///
/// # Errors
/// `Error::Value` when a member is not of its shape's type or one is missing that the path needs.
pub fn encode_request(
    model: &Model,
    operation: &Operation,
    value: &Value,
) -> Result<HttpRequestParts, Error> {
    match model.metadata.protocol {
        Protocol::Json => {
            let mut parts = HttpRequestParts {
                method: operation.http.method.clone(),
                path: root_path(operation),
                ..Default::default()
            };
            let prefix = model.metadata.target_prefix.as_deref().unwrap_or_default();
            parts.headers.push("Content-Type", json_content_type(model));
            parts.headers.push("X-Amz-Target", format!("{prefix}.{}", operation.name));
            if model.metadata.query_compatible {
                parts.headers.push("x-amzn-query-mode", "true");
            }
            let document = match &operation.input {
                Some(input) => json_body::encode(model, input, value)?,
                None => Value::Object(Map::new()),
            };
            parts.body = document.to_string().into_bytes();
            Ok(parts)
        }
        Protocol::Query => query_request(model, operation, value),
        Protocol::Cbor => {
            let service = model.metadata.target_prefix.as_deref().unwrap_or_default();
            let mut parts = HttpRequestParts {
                method: "POST".to_owned(),
                path: format!("/service/{service}/operation/{}", operation.name),
                ..Default::default()
            };
            cbor_body::declare(&mut parts.headers);
            parts.headers.push("Accept", "application/cbor");
            if model.metadata.query_compatible {
                parts.headers.push("x-amzn-query-mode", "true");
            }
            parts.body = cbor_body::encode(model, operation.input.as_ref(), value)?;
            Ok(parts)
        }
        Protocol::RestJson | Protocol::RestXml => {
            let mut parts = rest::encode_request(model, operation, value)?;
            if operation.checksum_required && !parts.body.is_empty() {
                add_checksum(&mut parts);
            }
            Ok(parts)
        }
    }
}

/// S3 wants a checksum of some bodies.
fn add_checksum(parts: &mut HttpRequestParts) {
    use base64::Engine;
    use sha2::Digest;
    let digest = sha2::Sha256::digest(&parts.body);
    let text = base64::engine::general_purpose::STANDARD.encode(digest);
    parts.headers.set("x-amz-checksum-sha256", text);
}

fn query_request(
    model: &Model,
    operation: &Operation,
    value: &Value,
) -> Result<HttpRequestParts, Error> {
    let mut pairs = vec![
        ("Action".to_owned(), operation.name.clone()),
        ("Version".to_owned(), model.metadata.api_version.clone()),
    ];
    if let Some(input) = &operation.input {
        query_body::encode_structure(model, structure_of(model, input), value, "", &mut pairs)?;
    }
    let pair = |(name, value): &(String, String)| {
        format!("{}={}", percent::encode(name, false), percent::encode(value, false))
    };
    let mut parts = HttpRequestParts {
        method: operation.http.method.clone(),
        path: root_path(operation),
        ..Default::default()
    };
    parts.headers.push("Content-Type", "application/x-www-form-urlencoded; charset=utf-8");
    parts.body = pairs.iter().map(pair).collect::<Vec<_>>().join("&").into_bytes();
    Ok(parts)
}

/// The output of a successful answer, by the names of the model.
///
/// # Errors
/// `Error::Response` when the bytes are not such an answer.
pub fn decode_response(
    model: &Model,
    operation: &Operation,
    parts: &HttpResponseParts,
) -> Result<Value, Error> {
    let nothing = || Ok(Value::Object(Map::new()));
    let Some(output) = &operation.output else { return nothing() };
    let is_empty = parts.body.iter().all(u8::is_ascii_whitespace);
    match model.metadata.protocol {
        Protocol::Json | Protocol::Query if is_empty => nothing(),
        Protocol::Json => {
            let document = json_body::parse(&parts.body)
                .map_err(|_| Error::Response("the body is no JSON".to_owned()))?;
            json_body::decode(model, output, &document).map_err(Error::Response)
        }
        Protocol::Cbor if parts.body.is_empty() => nothing(),
        Protocol::Cbor => {
            let document = cbor_body::parse(&parts.body)
                .map_err(|_| Error::Response("the body is no CBOR".to_owned()))?;
            json_body::decode(model, output, &document).map_err(Error::Response)
        }
        Protocol::Query => {
            let root = Element::parse(&parts.body).map_err(Error::Response)?;
            let result = root.child(&format!("{}Result", operation.name)).unwrap_or(&root);
            xml_body::decode_structure(model, structure_of(model, output), result, |_| true)
                .map_err(Error::Response)
        }
        Protocol::RestJson | Protocol::RestXml => rest::decode_response(model, operation, parts),
    }
}

/// Sets the idempotency tokens that a client's input lacks. `token` is a fresh UUID.
pub fn fill_idempotency_tokens(
    model: &Model,
    operation: &Operation,
    value: &mut Value,
    token: &str,
) {
    let (Some(input), Value::Object(fields)) = (&operation.input, value) else { return };
    for member in &structure_of(model, input).members {
        if member.idempotency_token && fields.get(&member.name).is_none_or(Value::is_null) {
            fields.insert(member.name.clone(), Value::String(token.to_owned()));
        }
    }
}

fn json_content_type(model: &Model) -> String {
    let version = model.metadata.json_version.as_deref().unwrap_or("1.0");
    format!("application/x-amz-json-{version}")
}

fn root_path(operation: &Operation) -> String {
    let uri = operation.http.request_uri.as_str();
    if uri.is_empty() { "/".to_owned() } else { uri.to_owned() }
}

/// The structure of an input or output; an empty one where the model has none there.
fn structure_of<'a>(model: &'a Model, member: &Member) -> &'a Structure {
    static NONE: Structure = Structure {
        members: Vec::new(),
        required: Vec::new(),
        payload: None,
        union: false,
        document: false,
        event_stream: false,
        exception: None,
    };
    model.shape(member.shape).structure().unwrap_or(&NONE)
}
