//! CBOR documents of shapes, as Smithy RPC v2 has them: members by their names, instants tagged, floats as such.

use serde_json::Value;

use crate::cbor::{self, ARRAY, BYTES, MAP, TAG};
use crate::error::Error;
use crate::http::Headers;
use crate::model::{Kind, Member, Model};
use crate::{scalar, timestamp};

/// Tag of seconds since 1970.
const EPOCH: u64 = 1;

/// The headers that every message of the protocol has.
pub(crate) fn declare(headers: &mut Headers) {
    headers.push("Content-Type", "application/cbor");
    headers.push("smithy-protocol", "rpc-v2-cbor");
}

/// The JSON document of a body. None at all is an empty one.
pub(crate) fn parse(body: &[u8]) -> Result<Value, String> {
    if body.is_empty() {
        return Ok(Value::Object(serde_json::Map::new()));
    }
    cbor::parse(body).ok_or_else(|| "The body is not valid CBOR".to_owned())
}

/// The body of an input or output; an empty map where the model has none.
pub(crate) fn encode(
    model: &Model,
    member: Option<&Member>,
    value: &Value,
) -> Result<Vec<u8>, Error> {
    let mut out = Vec::new();
    match member {
        Some(member) if !value.is_null() => write(model, member, value, &mut out)?,
        _ => cbor::head(MAP, 0, &mut out),
    }
    Ok(out)
}

fn write(model: &Model, member: &Member, value: &Value, out: &mut Vec<u8>) -> Result<(), Error> {
    let shape = model.shape(member.shape);
    let misfit = || Error::Value(format!("{} is no {}", member.name, shape.name));
    match (&shape.kind, value) {
        (Kind::Structure(structure), Value::Object(fields)) if !structure.document => {
            let known = fields.iter().filter(|(_, field)| !field.is_null());
            let known: Vec<_> =
                known.filter_map(|(name, field)| Some((structure.member(name)?, field))).collect();
            cbor::head(MAP, known.len() as u64, out);
            for (member, field) in known {
                cbor::text(member.wire_name(), out);
                write(model, member, field, out)?;
            }
        }
        (Kind::Structure(structure), value) if structure.document => write_plain(value, out),
        (_, Value::Null) => cbor::null(out),
        (Kind::List(element), Value::Array(items)) => {
            cbor::head(ARRAY, items.len() as u64, out);
            for item in items {
                write(model, element, item, out)?;
            }
        }
        (Kind::Map(_, entry), Value::Object(entries)) => {
            cbor::head(MAP, entries.len() as u64, out);
            for (key, item) in entries {
                cbor::text(key, out);
                write(model, entry, item, out)?;
            }
        }
        (Kind::Timestamp, value) => {
            let seconds = timestamp::seconds_of(value).and_then(timestamp::to_value);
            cbor::head(TAG, EPOCH, out);
            write_plain(&seconds.ok_or_else(misfit)?, out);
        }
        (Kind::Blob, Value::String(_)) => {
            let bytes = scalar::blob_bytes(value)?;
            cbor::head(BYTES, bytes.len() as u64, out);
            out.extend(bytes);
        }
        (Kind::Float | Kind::Double, Value::String(text)) if scalar::is_special_float(text) => {
            cbor::float(special(text), out);
        }
        (Kind::Float | Kind::Double, Value::Number(number)) => {
            cbor::float(number.as_f64().ok_or_else(misfit)?, out);
        }
        (Kind::Integer | Kind::Long, Value::Number(number)) => {
            cbor::whole(scalar::whole(number), out);
        }
        (Kind::String, Value::String(_)) | (Kind::Boolean, Value::Bool(_)) => {
            write_plain(value, out);
        }
        _ => return Err(misfit()),
    }
    Ok(())
}

fn special(text: &str) -> f64 {
    match text {
        "Infinity" => f64::INFINITY,
        "-Infinity" => f64::NEG_INFINITY,
        _ => f64::NAN,
    }
}

/// A document that no shape describes.
pub(crate) fn plain(value: &Value) -> Vec<u8> {
    let mut out = Vec::new();
    write_plain(value, &mut out);
    out
}

fn write_plain(value: &Value, out: &mut Vec<u8>) {
    match value {
        Value::Null => cbor::null(out),
        Value::Bool(value) => cbor::boolean(*value, out),
        Value::Number(number) => match number.as_i64() {
            Some(number) => cbor::whole(number, out),
            None => cbor::float(number.as_f64().unwrap_or(f64::NAN), out),
        },
        Value::String(text) => cbor::text(text, out),
        Value::Array(items) => {
            cbor::head(ARRAY, items.len() as u64, out);
            for item in items {
                write_plain(item, out);
            }
        }
        Value::Object(entries) => {
            cbor::head(MAP, entries.len() as u64, out);
            for (key, item) in entries {
                cbor::text(key, out);
                write_plain(item, out);
            }
        }
    }
}
