//! restJson and restXml: members in the path, the query, headers and the body, both directions.

mod body;
mod headers;
mod uri;

use serde_json::{Map, Value};

use crate::aws_error::AwsError;
use crate::error::Error;
use crate::http::{Headers, HttpRequestParts, HttpResponseParts};
use crate::model::{Location, Model, Operation, Protocol, Structure};

use body::BodyRole;
pub(crate) use headers::{read as read_headers, write as write_headers};
pub(crate) use uri::route;

/// The input of a request.
pub(crate) fn decode_request(
    model: &Model,
    operation: &Operation,
    parts: &HttpRequestParts,
) -> Result<Value, AwsError> {
    let refuse = |message: String| AwsError::serialization(model.metadata.protocol, message);
    let Some(structure) = structure_of(model, operation.input.as_ref()) else {
        return Ok(Value::Object(Map::new()));
    };
    let mut fields = Map::new();
    uri::read(model, operation, structure, parts, &mut fields).map_err(refuse)?;
    headers::read(model, structure, &parts.headers, &mut fields).map_err(refuse)?;
    body::decode(model, structure, &parts.body, BodyRole::Request, &mut fields).map_err(refuse)?;
    Ok(in_model_order(structure, fields))
}

/// The answer that carries an output.
pub(crate) fn encode_response(
    model: &Model,
    operation: &Operation,
    value: &Value,
) -> Result<HttpResponseParts, Error> {
    let mut parts =
        HttpResponseParts { status: operation.http.response_code, ..HttpResponseParts::default() };
    let Some(output) = &operation.output else { return Ok(parts) };
    let Some(structure) = model.shape(output.shape).structure() else { return Ok(parts) };
    let empty = Map::new();
    let fields = value.as_object().unwrap_or(&empty);
    let status = structure.members.iter().find(|m| m.location == Some(Location::StatusCode));
    if let Some(status) = status.and_then(|member| fields.get(&member.name)?.as_u64()) {
        parts.status = u16::try_from(status)
            .map_err(|_| Error::Value("a status code is out of range".to_owned()))?;
    }
    headers::write(model, structure, fields, &mut parts.headers)?;
    if matches!(parts.status, 204 | 304) {
        return Ok(parts);
    }
    let encoded = body::encode(model, output, structure, fields, BodyRole::Response)?;
    set_content_type(structure, &mut parts.headers, encoded.content_type);
    parts.body = encoded.bytes;
    Ok(parts)
}

/// The request that carries an input.
pub(crate) fn encode_request(
    model: &Model,
    operation: &Operation,
    value: &Value,
) -> Result<HttpRequestParts, Error> {
    let empty = Map::new();
    let fields = value.as_object().unwrap_or(&empty);
    let mut parts =
        HttpRequestParts { method: operation.http.method.clone(), ..HttpRequestParts::default() };
    let structure = structure_of(model, operation.input.as_ref());
    uri::write(model, operation, structure, fields, &mut parts)?;
    if let (Some(structure), Some(input)) = (structure, &operation.input) {
        headers::write(model, structure, fields, &mut parts.headers)?;
        let encoded = body::encode(model, input, structure, fields, BodyRole::Request)?;
        set_content_type(structure, &mut parts.headers, encoded.content_type);
        parts.body = encoded.bytes;
    }
    Ok(parts)
}

/// The output of an answer.
pub(crate) fn decode_response(
    model: &Model,
    operation: &Operation,
    parts: &HttpResponseParts,
) -> Result<Value, Error> {
    let Some(structure) = structure_of(model, operation.output.as_ref()) else {
        return Ok(Value::Object(Map::new()));
    };
    let mut fields = Map::new();
    headers::read(model, structure, &parts.headers, &mut fields).map_err(Error::Response)?;
    for member in &structure.members {
        match member.location {
            Some(Location::StatusCode) => {
                fields.insert(member.name.clone(), Value::from(parts.status));
            }
            // As SDKs do it: metadata of an object is there even when it is empty.
            Some(Location::Headers) => {
                fields.entry(member.name.clone()).or_insert_with(|| Value::Object(Map::new()));
            }
            _ => {}
        }
    }
    body::decode(model, structure, &parts.body, BodyRole::Response, &mut fields)
        .map_err(Error::Response)?;
    Ok(in_model_order(structure, fields))
}

/// The header that carries the request's id.
pub(crate) fn request_id_header(protocol: Protocol) -> &'static str {
    match protocol {
        Protocol::RestXml => "x-amz-request-id",
        Protocol::Json | Protocol::Query | Protocol::RestJson | Protocol::Cbor => {
            "x-amzn-RequestId"
        }
    }
}

/// Names the body's type, unless a member does that: then a missing type is the sender's choice.
fn set_content_type(structure: &Structure, headers: &mut Headers, content_type: Option<&str>) {
    let named = structure.members.iter().any(|member| {
        member.location == Some(Location::Header)
            && member.wire_name().eq_ignore_ascii_case("content-type")
    });
    if let Some(content_type) = content_type.filter(|_| !named) {
        headers.push("Content-Type", content_type);
    }
}

fn structure_of<'a>(
    model: &'a Model,
    member: Option<&'a crate::model::Member>,
) -> Option<&'a Structure> {
    model.shape(member?.shape).structure()
}

/// Members come from several places; their order in the model is the one that means something to readers.
fn in_model_order(structure: &Structure, mut fields: Map<String, Value>) -> Value {
    let ordered = structure
        .members
        .iter()
        .filter_map(|member| Some((member.name.clone(), fields.remove(&member.name)?)));
    Value::Object(ordered.collect())
}
