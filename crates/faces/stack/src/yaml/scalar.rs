//! What a scalar means: YAML 1.2's core schema.

use super::{Kind, Text};
use saphyr_parser::{ScalarStyle, Tag};
use serde_json::Number;

/// The value of a scalar. Only plain scalars can be anything but a string, unless a tag says so.
pub(super) fn resolve(text: String, style: ScalarStyle, tag: Option<&Tag>) -> Kind {
    let string = |value| Kind::String(Text { value, is_block: style == ScalarStyle::Literal });
    match tag {
        Some(tag) if tag.is_yaml_core_schema() && tag.suffix == "str" => string(text),
        Some(tag) if tag.handle.is_empty() && tag.suffix == "!" => string(text),
        Some(tag) if !tag.is_yaml_core_schema() => string(text),
        None if style != ScalarStyle::Plain => string(text),
        _ => plain(&text).unwrap_or_else(|| string(text)),
    }
}

/// A key as text: `1` and `true` are keys as they are written.
pub(super) fn key_text(kind: &Kind) -> String {
    match kind {
        Kind::String(text) => text.value.clone(),
        Kind::Bool(flag) => flag.to_string(),
        Kind::Number(number) => number.to_string(),
        _ => "null".to_owned(),
    }
}

fn plain(text: &str) -> Option<Kind> {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Some(Kind::Null),
        "true" | "True" | "TRUE" => return Some(Kind::Bool(true)),
        "false" | "False" | "FALSE" => return Some(Kind::Bool(false)),
        _ => {}
    }
    number(text).map(Kind::Number)
}

fn number(text: &str) -> Option<Number> {
    if let Some(digits) = text.strip_prefix("0x") {
        return i64::from_str_radix(digits, 16)
            .ok()
            .filter(|_| is_digits(digits, 16))
            .map(Number::from);
    }
    if let Some(digits) = text.strip_prefix("0o") {
        return i64::from_str_radix(digits, 8)
            .ok()
            .filter(|_| is_digits(digits, 8))
            .map(Number::from);
    }
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    if is_digits(unsigned, 10) {
        let plain = text.strip_prefix('+').unwrap_or(text);
        if let Ok(number) = plain.parse::<i64>() {
            return Some(number.into());
        }
        if let Ok(number) = plain.parse::<u64>() {
            return Some(number.into());
        }
    }
    // `1e3`, `.5`, `1.`: digits, at most one point, at most one exponent. Rust's own parser also takes `inf` and `nan`.
    let is_float = unsigned.starts_with(|c: char| c.is_ascii_digit() || c == '.')
        && unsigned.contains(|c: char| c.is_ascii_digit())
        && unsigned.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | 'e' | 'E' | '+' | '-'));
    if is_float { text.parse::<f64>().ok().and_then(Number::from_f64) } else { None }
}

fn is_digits(text: &str, radix: u32) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_digit(radix))
}
