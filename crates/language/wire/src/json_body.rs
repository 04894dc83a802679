//! JSON documents of shapes, both directions.

use serde_json::{Map, Value};

use crate::error::Error;
use crate::model::{Kind, Member, Model, Structure};
use crate::{scalar, timestamp};

/// Why a document does not make a value of its shape, in AWS's words; empty where AWS sends none.
pub(crate) type Misfit = String;

// AWS: the texts below as measured by others on Athena and DynamoDB, which share the JSON reader with other JSON services.
const LIST_UNEXPECTED: &str = "Start of list found where not expected";
const OBJECT_UNEXPECTED: &str = "Start of structure or map found where not expected.";

/// Parses a JSON text. Depth is limited by the parser (128).
pub(crate) fn parse(body: &[u8]) -> Result<Value, Misfit> {
    serde_json::from_slice(body).map_err(|_| String::new())
}

/// The value of a JSON document; members are renamed from the wire, unknown ones dropped, nulls are absent.
pub(crate) fn decode(model: &Model, member: &Member, document: &Value) -> Result<Value, Misfit> {
    let shape = model.shape(member.shape);
    match &shape.kind {
        Kind::Structure(structure) if structure.document => Ok(document.clone()),
        Kind::Structure(structure) => decode_structure(model, structure, document, |_| true),
        Kind::List(element) => match document {
            Value::Array(items) => items
                .iter()
                .map(|item| match item {
                    Value::Null => Ok(Value::Null),
                    item => decode(model, element, item),
                })
                .collect::<Result<Vec<_>, _>>()
                .map(Value::Array),
            Value::Object(_) => Err(OBJECT_UNEXPECTED.to_owned()),
            _ => Err("Expected list or null".to_owned()),
        },
        Kind::Map(_, value) => match document {
            Value::Object(entries) => entries
                .iter()
                .map(|(key, entry)| match entry {
                    Value::Null => Ok((key.clone(), Value::Null)),
                    entry => Ok((key.clone(), decode(model, value, entry)?)),
                })
                .collect::<Result<Map<_, _>, Misfit>>()
                .map(Value::Object),
            Value::Array(_) => Err(LIST_UNEXPECTED.to_owned()),
            _ => Err("Expected map or null".to_owned()),
        },
        kind => decode_scalar(kind, document),
    }
}

/// The value of a structure's document, of those members that `wanted` picks.
pub(crate) fn decode_structure(
    model: &Model,
    structure: &Structure,
    document: &Value,
    wanted: impl Fn(&Member) -> bool,
) -> Result<Value, Misfit> {
    let object = match document {
        Value::Object(object) => object,
        Value::Array(_) => return Err(LIST_UNEXPECTED.to_owned()),
        _ => return Err("Expected null".to_owned()),
    };
    let mut fields = Map::new();
    for member in structure.members.iter().filter(|member| wanted(member)) {
        match object.get(member.wire_name()) {
            None | Some(Value::Null) => {}
            Some(found) => {
                fields.insert(member.name.clone(), decode(model, member, found)?);
            }
        }
    }
    Ok(Value::Object(fields))
}

fn decode_scalar(kind: &Kind, document: &Value) -> Result<Value, Misfit> {
    let target = match kind {
        Kind::String => "a String",
        Kind::Blob => "a Blob",
        Kind::Integer => "an Integer",
        Kind::Long => "a Long",
        Kind::Float => "a Float",
        Kind::Double => "a Double",
        Kind::Boolean => "an Boolean",
        Kind::Timestamp => "milliseconds since epoch",
        Kind::Structure(_) | Kind::List(_) | Kind::Map(..) => "a structure",
    };
    let misfit = |token: &str| Err(format!("{token} can not be converted to {target}"));
    match (kind, document) {
        (_, Value::Array(_)) => Err(LIST_UNEXPECTED.to_owned()),
        (_, Value::Object(_)) => Err(OBJECT_UNEXPECTED.to_owned()),
        (Kind::String, Value::String(_)) | (Kind::Boolean, Value::Bool(_)) => Ok(document.clone()),
        (Kind::Blob, Value::String(text)) => scalar::check_base64(text).map(|()| document.clone()),
        (Kind::Integer | Kind::Long, Value::Number(number)) => Ok(scalar::whole(number).into()),
        (Kind::Float | Kind::Double, Value::Number(_)) => Ok(document.clone()),
        (Kind::Float | Kind::Double, Value::String(text)) if scalar::is_special_float(text) => {
            Ok(document.clone())
        }
        // UNVERIFIED: which texts count as booleans; others measured these.
        (Kind::Boolean, Value::String(text)) => match text.to_ascii_lowercase().as_str() {
            "true" | "yes" | "y" | "t" | "1" => Ok(Value::Bool(true)),
            "false" | "no" | "n" | "f" | "0" => Ok(Value::Bool(false)),
            _ => misfit("STRING_VALUE"),
        },
        (Kind::Timestamp, Value::Number(number)) => {
            number.as_f64().and_then(timestamp::to_value).map_or_else(|| misfit("NUMBER_VALUE"), Ok)
        }
        (Kind::Timestamp, Value::String(text)) => {
            timestamp::parse(text).map_or_else(|| misfit("STRING_VALUE"), Ok)
        }
        (_, Value::String(_)) => misfit("STRING_VALUE"),
        (_, Value::Number(_)) => misfit("NUMBER_VALUE"),
        (_, Value::Bool(true)) => misfit("TRUE_VALUE"),
        (_, Value::Bool(false)) => misfit("FALSE_VALUE"),
        (_, Value::Null) => Ok(Value::Null),
    }
}

/// The JSON document of a value; members get their wire names, members that the shape has not are dropped.
pub(crate) fn encode(model: &Model, member: &Member, value: &Value) -> Result<Value, Error> {
    let shape = model.shape(member.shape);
    let misfit = || Error::Value(format!("{} is no {}", member.name, shape.name));
    match (&shape.kind, value) {
        (Kind::Structure(structure), value) if structure.document => Ok(value.clone()),
        (Kind::Structure(structure), value) => encode_structure(model, structure, value, |_| true),
        (_, Value::Null) => Ok(Value::Null),
        (Kind::List(element), Value::Array(items)) => items
            .iter()
            .map(|item| encode(model, element, item))
            .collect::<Result<Vec<_>, _>>()
            .map(Value::Array),
        (Kind::Map(_, entry), Value::Object(entries)) => entries
            .iter()
            .map(|(key, item)| Ok((key.clone(), encode(model, entry, item)?)))
            .collect::<Result<Map<_, _>, Error>>()
            .map(Value::Object),
        (Kind::Timestamp, value) => {
            let seconds = timestamp::seconds_of(value).ok_or_else(misfit)?;
            match model.timestamp_format(member) {
                crate::TimestampFormat::UnixTimestamp => {
                    timestamp::to_value(seconds).ok_or_else(misfit)
                }
                format => timestamp::format(seconds, format).map(Value::String).ok_or_else(misfit),
            }
        }
        (Kind::String | Kind::Blob, Value::String(_))
        | (Kind::Boolean, Value::Bool(_))
        | (Kind::Float | Kind::Double, Value::Number(_)) => Ok(value.clone()),
        (Kind::Integer | Kind::Long, Value::Number(number)) => Ok(scalar::whole(number).into()),
        (Kind::Float | Kind::Double, Value::String(text)) if scalar::is_special_float(text) => {
            Ok(value.clone())
        }
        _ => Err(misfit()),
    }
}

/// The JSON document of a structure's value, of those members that `wanted` picks.
pub(crate) fn encode_structure(
    model: &Model,
    structure: &Structure,
    value: &Value,
    wanted: impl Fn(&Member) -> bool,
) -> Result<Value, Error> {
    let mut document = Map::new();
    let Value::Object(fields) = value else {
        return if value.is_null() {
            Ok(Value::Object(document))
        } else {
            Err(Error::Value("a structure is no object".to_owned()))
        };
    };
    for (name, field) in fields.iter().filter(|(_, field)| !field.is_null()) {
        if let Some(member) = structure.member(name).filter(|member| wanted(member)) {
            document.insert(member.wire_name().to_owned(), encode(model, member, field)?);
        }
    }
    Ok(Value::Object(document))
}
