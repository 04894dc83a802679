//! Values without parts as text: query parameters, headers, labels, XML text.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Number, Value};

use crate::error::Error;
use crate::model::{Kind, Location, Member, Model};
use crate::timestamp;

/// The text of a value. Blobs are base64 texts in values and stay so.
pub(crate) fn to_text(model: &Model, member: &Member, value: &Value) -> Result<String, Error> {
    let shape = model.shape(member.shape);
    let misfit = || Error::Value(format!("{} is no {}", member.name, shape.name));
    let text = match (&shape.kind, value) {
        (Kind::Timestamp, value) => {
            let seconds = timestamp::seconds_of(value).ok_or_else(misfit)?;
            timestamp::format(seconds, model.timestamp_format(member)).ok_or_else(misfit)?
        }
        (Kind::Integer | Kind::Long, Value::Number(number)) => whole(number).to_string(),
        (_, Value::Number(number)) => number.to_string(),
        (_, Value::Bool(boolean)) => boolean.to_string(),
        (Kind::String, Value::String(text)) if is_encoded_json(member) => STANDARD.encode(text),
        (_, Value::String(text)) => text.clone(),
        (_, Value::Null | Value::Array(_) | Value::Object(_)) => return Err(misfit()),
    };
    Ok(text)
}

/// The value of a text.
///
/// # Errors
/// What is wrong with it, as AWS's query services word it where that is known.
pub(crate) fn from_text(model: &Model, member: &Member, text: &str) -> Result<Value, String> {
    let shape = model.shape(member.shape);
    match &shape.kind {
        Kind::String if is_encoded_json(member) => {
            let bytes = STANDARD.decode(text.trim()).map_err(|_| invalid(member, text))?;
            String::from_utf8(bytes).map(Value::String).map_err(|_| invalid(member, text))
        }
        Kind::String => Ok(Value::String(text.to_owned())),
        Kind::Blob => check_base64(text.trim()).map(|()| Value::String(text.trim().to_owned())),
        // AWS: an empty number is answered so by STS, measured by others; the other texts here are UNVERIFIED.
        Kind::Integer | Kind::Long | Kind::Float | Kind::Double if text.trim().is_empty() => {
            Err("missing value for decimal type".to_owned())
        }
        Kind::Integer => {
            text.trim().parse::<i32>().map(Value::from).map_err(|_| invalid(member, text))
        }
        Kind::Long => {
            text.trim().parse::<i64>().map(Value::from).map_err(|_| invalid(member, text))
        }
        Kind::Float | Kind::Double => {
            float_from_text(text.trim()).ok_or_else(|| invalid(member, text))
        }
        Kind::Boolean => match text.trim() {
            "true" | "True" | "TRUE" | "1" => Ok(Value::Bool(true)),
            "false" | "False" | "FALSE" | "0" => Ok(Value::Bool(false)),
            _ => Err(invalid(member, text)),
        },
        Kind::Timestamp => timestamp::parse(text).ok_or_else(|| invalid(member, text)),
        Kind::Structure(_) | Kind::List(_) | Kind::Map(..) => Err(invalid(member, text)),
    }
}

/// A whole number: fractions are cut off, what is out of range ends at the range's end.
// AWS: JSON services cut fractions off (1.5 is 1), measured by others on Athena.
pub(crate) fn whole(number: &Number) -> i64 {
    match (number.as_i64(), number.as_f64()) {
        (Some(exact), _) => exact,
        (None, Some(float)) => float as i64,
        (None, None) => i64::MAX,
    }
}

/// Whether a text is base64 with padding.
// AWS: texts as measured by others on DynamoDB.
pub(crate) fn check_base64(text: &str) -> Result<(), String> {
    if !text.len().is_multiple_of(4) {
        return Err(format!(
            "'{text}' can not be converted to a Blob: Base64 encoded length is expected a multiple of 4 bytes but found: {}",
            text.len()
        ));
    }
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '=');
    if let Some(wrong) = text.chars().find(|c| !allowed(*c)) {
        return Err(format!(
            "'{text}' can not be converted to a Blob: Invalid Base64 character: '{wrong}'"
        ));
    }
    STANDARD.decode(text).map(|_| ()).map_err(|_| {
        format!("'{text}' can not be converted to a Blob: Invalid last non-pad Base64 character dectected")
    })
}

/// The bytes of a blob value.
pub(crate) fn blob_bytes(value: &Value) -> Result<Vec<u8>, Error> {
    let text = value.as_str().ok_or_else(|| Error::Value("a blob is no base64 text".to_owned()))?;
    STANDARD.decode(text).map_err(|_| Error::Value("a blob is no base64 text".to_owned()))
}

/// The value of a blob.
pub(crate) fn blob_value(bytes: &[u8]) -> Value {
    Value::String(STANDARD.encode(bytes))
}

/// The three floating numbers that JSON cannot write are texts in values, as they are on the wire.
pub(crate) fn is_special_float(text: &str) -> bool {
    matches!(text, "NaN" | "Infinity" | "-Infinity")
}

fn float_from_text(text: &str) -> Option<Value> {
    if is_special_float(text) {
        return Some(Value::String(text.to_owned()));
    }
    Number::from_f64(text.parse().ok()?).map(Value::Number)
}

fn is_encoded_json(member: &Member) -> bool {
    member.json_value && matches!(member.location, Some(Location::Header))
}

fn invalid(member: &Member, text: &str) -> String {
    let shown: String = text.chars().take(100).collect();
    format!("Invalid value '{shown}' for {}", member.wire_name())
}
