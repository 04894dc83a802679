//! Members that travel as headers.

use serde_json::{Map, Value};

use crate::error::Error;
use crate::http::Headers;
use crate::model::{Kind, Location, Member, Model, Structure, TimestampFormat};
use crate::scalar;

/// Takes the header members of a structure from headers.
pub(crate) fn read(
    model: &Model,
    structure: &Structure,
    headers: &Headers,
    fields: &mut Map<String, Value>,
) -> Result<(), String> {
    for member in &structure.members {
        match member.location {
            Some(Location::Header) => {
                let mut values = headers.get_all(member.wire_name()).peekable();
                if values.peek().is_some() {
                    let joined = values.collect::<Vec<_>>().join(",");
                    fields.insert(member.name.clone(), read_one(model, member, &joined)?);
                }
            }
            Some(Location::Headers) => {
                let found = read_prefixed(member.wire_name(), headers);
                if !found.is_empty() {
                    fields.insert(member.name.clone(), Value::Object(found));
                }
            }
            _ => {}
        }
    }
    Ok(())
}

fn read_one(model: &Model, member: &Member, text: &str) -> Result<Value, String> {
    let Kind::List(element) = &model.shape(member.shape).kind else {
        return scalar::from_text(model, member, text.trim());
    };
    let dates = matches!(model.shape(element.shape).kind, Kind::Timestamp)
        && header_element(model, member, element) == TimestampFormat::Rfc822;
    if text.trim().is_empty() {
        return Ok(Value::Array(Vec::new()));
    }
    let items = if dates { split_dates(text) } else { split_list(text) };
    let items = items.into_iter().map(|item| scalar::from_text(model, element, &item));
    items.collect::<Result<Vec<_>, _>>().map(Value::Array)
}

fn read_prefixed(prefix: &str, headers: &Headers) -> Map<String, Value> {
    let mut found = Map::new();
    for (name, value) in headers.iter() {
        let (Some(head), Some(rest)) = (name.get(..prefix.len()), name.get(prefix.len()..)) else {
            continue;
        };
        if head.eq_ignore_ascii_case(prefix) && !rest.is_empty() {
            found.insert(rest.to_owned(), Value::String(value.to_owned()));
        }
    }
    found
}

/// Puts the header members of a value into headers.
pub(crate) fn write(
    model: &Model,
    structure: &Structure,
    fields: &Map<String, Value>,
    headers: &mut Headers,
) -> Result<(), Error> {
    for member in &structure.members {
        let value = match fields.get(&member.name) {
            None | Some(Value::Null) => continue,
            Some(value) => value,
        };
        match (member.location, value) {
            (Some(Location::Header), value) => {
                if let Some(text) = write_one(model, member, value)? {
                    push(headers, member.wire_name(), text)?;
                }
            }
            (Some(Location::Headers), Value::Object(entries)) => {
                for (name, text) in entries {
                    if let Some(text) = text.as_str() {
                        push(headers, &format!("{}{name}", member.wire_name()), text.to_owned())?;
                    }
                }
            }
            _ => {}
        }
    }
    Ok(())
}

/// Adds a header; a line break in it would forge others.
fn push(headers: &mut Headers, name: &str, text: String) -> Result<(), Error> {
    if name.contains(['\r', '\n', '\0', ':']) || text.contains(['\r', '\n', '\0']) {
        return Err(Error::Value(format!("{} cannot be a header", name.escape_debug())));
    }
    headers.push(name, text);
    Ok(())
}

fn write_one(model: &Model, member: &Member, value: &Value) -> Result<Option<String>, Error> {
    match (&model.shape(member.shape).kind, value) {
        (Kind::List(_), Value::Array(items)) if items.is_empty() => Ok(None),
        (Kind::List(element), Value::Array(items)) => {
            let texts = items.iter().map(|item| {
                let format = header_element(model, member, element);
                let element = Member { timestamp_format: Some(format), ..element.as_ref().clone() };
                let text = scalar::to_text(model, &element, item)?;
                let is_text = matches!(model.shape(element.shape).kind, Kind::String);
                Ok(if is_text && text.contains([',', '"']) { quote(&text) } else { text })
            });
            Ok(Some(texts.collect::<Result<Vec<_>, Error>>()?.join(", ")))
        }
        _ => scalar::to_text(model, member, value).map(Some),
    }
}

/// The timestamp format of a list's elements in a header.
fn header_element(model: &Model, member: &Member, element: &Member) -> TimestampFormat {
    let own = element.timestamp_format.or(model.shape(element.shape).timestamp_format);
    own.or(member.timestamp_format).unwrap_or(TimestampFormat::Rfc822)
}

fn quote(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// Splits `a, "b, c"`.
fn split_list(text: &str) -> Vec<String> {
    let (mut items, mut item) = (Vec::new(), String::new());
    let (mut quoted, mut was_quoted, mut escaped) = (false, false, false);
    for character in text.chars() {
        match character {
            _ if std::mem::take(&mut escaped) => item.push(character),
            '\\' if quoted => escaped = true,
            '"' if quoted => quoted = false,
            '"' if item.trim().is_empty() => {
                item.clear();
                (quoted, was_quoted) = (true, true);
            }
            ',' if !quoted => {
                items.push(finish(&mut item, std::mem::take(&mut was_quoted)));
            }
            other => item.push(other),
        }
    }
    items.push(finish(&mut item, was_quoted));
    items
}

fn finish(item: &mut String, was_quoted: bool) -> String {
    let text = std::mem::take(item);
    if was_quoted { text } else { text.trim().to_owned() }
}

/// Splits HTTP dates, which hold a comma themselves.
fn split_dates(text: &str) -> Vec<String> {
    let parts: Vec<&str> = text.split(',').collect();
    parts.chunks(2).map(|pair| pair.join(",").trim().to_owned()).collect()
}
