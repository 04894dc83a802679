//! Values as Python writes them: `str()`, and `json.dumps` with sorted keys, no spaces and ASCII only. Pure.

use serde_json::{Number, Value};
use std::fmt::Write as _;

/// `json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True)`.
pub(crate) fn dumps(value: &Value) -> String {
    let mut text = String::new();
    dump(value, &mut text);
    text
}

fn dump(value: &Value, out: &mut String) {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(true) => out.push_str("true"),
        Value::Bool(false) => out.push_str("false"),
        Value::Number(number) => out.push_str(&number_text(number)),
        Value::String(text) => quote(text, out),
        Value::Array(elements) => {
            out.push('[');
            for (index, element) in elements.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                dump(element, out);
            }
            out.push(']');
        }
        Value::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            members.sort_unstable_by_key(|(name, _)| *name);
            out.push('{');
            for (index, (name, member)) in members.into_iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                quote(name, out);
                out.push(':');
                dump(member, out);
            }
            out.push('}');
        }
    }
}

fn quote(text: &str, out: &mut String) {
    out.push('"');
    for unit in text.encode_utf16() {
        match char::from_u32(u32::from(unit)) {
            Some('"') => out.push_str("\\\""),
            Some('\\') => out.push_str("\\\\"),
            Some('\n') => out.push_str("\\n"),
            Some('\r') => out.push_str("\\r"),
            Some('\t') => out.push_str("\\t"),
            Some('\u{8}') => out.push_str("\\b"),
            Some('\u{c}') => out.push_str("\\f"),
            Some(c @ ' '..='~') => out.push(c),
            _ => {
                write!(out, "\\u{unit:04x}").ok();
            }
        }
    }
    out.push('"');
}

/// `str(value)`.
pub(crate) fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => repr(other),
    }
}

/// `repr(value)` of what JSON can hold.
fn repr(value: &Value) -> String {
    match value {
        Value::Null => "None".to_owned(),
        Value::Bool(true) => "True".to_owned(),
        Value::Bool(false) => "False".to_owned(),
        Value::Number(number) => number_text(number),
        Value::String(text) => {
            let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
            let mut out = String::from(quote);
            for c in text.chars() {
                match c {
                    '\n' => out.push_str("\\n"),
                    '\r' => out.push_str("\\r"),
                    '\t' => out.push_str("\\t"),
                    '\\' => out.push_str("\\\\"),
                    c if c == quote => {
                        out.push('\\');
                        out.push(c);
                    }
                    c => out.push(c),
                }
            }
            out.push(quote);
            out
        }
        Value::Array(elements) => {
            format!("[{}]", elements.iter().map(repr).collect::<Vec<_>>().join(", "))
        }
        Value::Object(members) => {
            let members = members
                .iter()
                .map(|(name, member)| format!("{}: {}", repr(&name.as_str().into()), repr(member)));
            format!("{{{}}}", members.collect::<Vec<_>>().join(", "))
        }
    }
}

/// A number as Python writes it: whole numbers plainly, others in the shortest form with an exponent of two digits
/// where it is below -4 or above 15.
fn number_text(number: &Number) -> String {
    if number.is_i64() || number.is_u64() {
        return number.to_string();
    }
    let Some(value) = number.as_f64() else { return number.to_string() };
    let size = value.abs();
    if size == 0.0 || (1e-4..1e16).contains(&size) {
        return format!("{value:?}");
    }
    let text = format!("{value:e}");
    let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let (sign, exponent) = match exponent.strip_prefix('-') {
        Some(exponent) => ('-', exponent),
        None => ('+', exponent),
    };
    format!("{digits}e{sign}{exponent:0>2}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn as_python_writes() {
        let cases = [
            (json!(true), "True", "true"),
            (json!(null), "", "null"),
            (json!(1), "1", "1"),
            (json!(100.0), "100.0", "100.0"),
            (json!(0.1), "0.1", "0.1"),
            (json!(1e-5), "1e-05", "1e-05"),
            (json!(1.5e-7), "1.5e-07", "1.5e-07"),
            (json!(1e16), "1e+16", "1e+16"),
            (json!("é\"x"), "é\"x", r#""\u00e9\"x""#),
            (json!(["a", 1, null]), "['a', 1, None]", r#"["a",1,null]"#),
            (json!({"b": 1, "a": "it's"}), "{'b': 1, 'a': \"it's\"}", r#"{"a":"it's","b":1}"#),
        ];
        for (value, str, json) in cases {
            assert_eq!((text(&value), dumps(&value)), (str.to_owned(), json.to_owned()));
        }
        assert_eq!(dumps(&json!("😀")), r#""\ud83d\ude00""#);
    }
}
