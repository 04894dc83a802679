//! Functions on strings and objects: encodings, digests, splitting, merging.

use super::call::{Call, Evaluation};
use crate::value::json_text;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use sha2::Digest as _;
use std::borrow::Cow;

/// The longest text to encode, decode or hash, in characters. AWS: documented.
const MAX_CHARS: usize = 10_000;

fn bounded<'v>(
    evaluation: &mut Evaluation<'v, '_>,
    call: &'v Call,
) -> Result<Cow<'v, str>, String> {
    let text = evaluation.string(call, 0)?;
    if text.chars().count() > MAX_CHARS { Err(call.function.invalid()) } else { Ok(text) }
}

pub(super) fn base64_encode<'v>(
    evaluation: &mut Evaluation<'v, '_>,
    call: &'v Call,
) -> Result<Value, String> {
    Ok(Value::String(STANDARD.encode(bounded(evaluation, call)?.as_bytes())))
}

pub(super) fn base64_decode<'v>(
    evaluation: &mut Evaluation<'v, '_>,
    call: &'v Call,
) -> Result<Value, String> {
    let text = bounded(evaluation, call)?;
    let bytes = STANDARD.decode(text.as_bytes()).map_err(|_| call.function.invalid())?;
    String::from_utf8(bytes).map(Value::String).map_err(|_| call.function.invalid())
}

/// The hexadecimal digest of a text; `None` for an algorithm AWS does not know.
pub(crate) fn digest(text: &str, algorithm: &str) -> Option<String> {
    let bytes = text.as_bytes();
    Some(match algorithm {
        "MD5" => hex::encode(md5::Md5::digest(bytes)),
        "SHA-1" => hex::encode(sha1::Sha1::digest(bytes)),
        "SHA-256" => hex::encode(sha2::Sha256::digest(bytes)),
        "SHA-384" => hex::encode(sha2::Sha384::digest(bytes)),
        "SHA-512" => hex::encode(sha2::Sha512::digest(bytes)),
        _ => return None,
    })
}

/// UNVERIFIED: a value that is not a string is hashed as its JSON text.
pub(super) fn hash<'v>(
    evaluation: &mut Evaluation<'v, '_>,
    call: &'v Call,
) -> Result<Value, String> {
    let value = evaluation.argument(call, 0)?;
    let text = match &*value {
        Value::String(text) => Cow::Borrowed(text.as_str()),
        other => Cow::Owned(json_text(other)),
    };
    let algorithm = evaluation.string(call, 1)?;
    if text.chars().count() > MAX_CHARS {
        return Err(call.function.invalid());
    }
    digest(&text, &algorithm).map(Value::String).ok_or_else(|| call.function.invalid())
}

/// AWS: only the shallow merge exists; the third argument must be `false`.
pub(super) fn json_merge<'v>(
    evaluation: &mut Evaluation<'v, '_>,
    call: &'v Call,
) -> Result<Value, String> {
    let left = evaluation.argument(call, 0)?;
    let right = evaluation.argument(call, 1)?;
    let deep = evaluation.argument(call, 2)?;
    match (left.into_owned(), right.into_owned(), &*deep) {
        (Value::Object(mut left), Value::Object(right), Value::Bool(false)) => {
            left.extend(right);
            Ok(Value::Object(left))
        }
        _ => Err(call.function.invalid()),
    }
}

/// AWS: recorded; every character of the second argument splits, and nothing empty is kept.
pub(super) fn string_split<'v>(
    evaluation: &mut Evaluation<'v, '_>,
    call: &'v Call,
) -> Result<Value, String> {
    let text = evaluation.string(call, 0)?;
    let splitters = evaluation.string(call, 1)?;
    let parts = text.split(|c: char| splitters.contains(c)).filter(|part| !part.is_empty());
    Ok(parts.map(Value::from).collect())
}

pub(super) fn string_to_json<'v>(
    evaluation: &mut Evaluation<'v, '_>,
    call: &'v Call,
) -> Result<Value, String> {
    let text = evaluation.string(call, 0)?;
    serde_json::from_str(&text).map_err(|_| call.function.invalid())
}
