//! Members that travel in the path and the query, and the choice of the operation by them.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::error::Error;
use crate::http::HttpRequestParts;
use crate::model::{Kind, Location, Member, Model, Operation, Structure};
use crate::template::{Segment, Template};
use crate::{percent, scalar};

/// The operation a request is for: method and template fit, required query and header members are there, most literal parts.
pub(crate) fn route<'a>(model: &'a Model, parts: &HttpRequestParts) -> Option<&'a Operation> {
    let query = percent::parse_query(&parts.query);
    let fitting = model.operations().filter_map(|operation| {
        if operation.http.method != parts.method {
            return None;
        }
        let template = Template::parse(&operation.http.request_uri);
        template.match_path(&parts.path)?;
        let literals = template.query.iter().all(|(name, value)| {
            query.iter().any(|(own, text)| own == name && value.is_none_or(|value| value == text))
        });
        if !literals {
            return None;
        }
        let structure = operation.input.as_ref().and_then(|i| model.shape(i.shape).structure());
        let needed = required_members(structure, &query, parts)?;
        Some((template.weight() + needed * 1000, operation))
    });
    fitting.max_by_key(|(weight, _)| *weight).map(|(_, operation)| operation)
}

/// How many required query and header members there are; `None` when one is missing.
fn required_members(
    structure: Option<&Structure>,
    query: &[(String, String)],
    parts: &HttpRequestParts,
) -> Option<usize> {
    let Some(structure) = structure else { return Some(0) };
    let mut count = 0;
    for member in structure.members.iter().filter(|m| structure.is_required(&m.name)) {
        let present = match member.location {
            Some(Location::QueryString) => query.iter().any(|(name, _)| name == member.wire_name()),
            Some(Location::Header) => parts.headers.get(member.wire_name()).is_some(),
            _ => continue,
        };
        if !present {
            return None;
        }
        count += 1;
    }
    Some(count)
}

/// Takes the members in path and query from a request.
pub(crate) fn read(
    model: &Model,
    operation: &Operation,
    structure: &Structure,
    parts: &HttpRequestParts,
    fields: &mut Map<String, Value>,
) -> Result<(), String> {
    let template = Template::parse(&operation.http.request_uri);
    let labels = template.match_path(&parts.path).unwrap_or_default();
    let labels: BTreeMap<&str, String> = labels.into_iter().collect();
    let query = percent::parse_query(&parts.query);
    for member in &structure.members {
        let value = match member.location {
            Some(Location::Uri) => labels
                .get(member.wire_name())
                .map(|text| scalar::from_text(model, member, text))
                .transpose()?,
            Some(Location::QueryString) => read_query(model, &template, structure, member, &query)?,
            _ => None,
        };
        if let Some(value) = value {
            fields.insert(member.name.clone(), value);
        }
    }
    Ok(())
}

fn read_query(
    model: &Model,
    template: &Template<'_>,
    structure: &Structure,
    member: &Member,
    query: &[(String, String)],
) -> Result<Option<Value>, String> {
    let name = member.wire_name();
    let mut texts = query.iter().filter(|(own, _)| own == name).map(|(_, text)| text).peekable();
    match &model.shape(member.shape).kind {
        Kind::Map(_, value) => read_query_map(model, template, structure, value, query),
        Kind::List(element) if texts.peek().is_some() => {
            let items = texts.map(|text| scalar::from_text(model, element, text));
            items.collect::<Result<Vec<_>, _>>().map(|items| Some(Value::Array(items)))
        }
        _ => texts.next().map(|text| scalar::from_text(model, member, text)).transpose(),
    }
}

/// A map takes all parameters that belong neither to the template nor to another member.
fn read_query_map(
    model: &Model,
    template: &Template<'_>,
    structure: &Structure,
    value: &Member,
    query: &[(String, String)],
) -> Result<Option<Value>, String> {
    let taken = |name: &str| {
        let bound = |member: &Member| {
            member.location == Some(Location::QueryString)
                && member.wire_name() == name
                && !matches!(model.shape(member.shape).kind, Kind::Map(..))
        };
        template.query.iter().any(|(own, _)| *own == name) || structure.members.iter().any(bound)
    };
    let mut map = Map::new();
    for (name, text) in query.iter().filter(|(name, _)| !taken(name)) {
        match &model.shape(value.shape).kind {
            Kind::List(element) => {
                let item = scalar::from_text(model, element, text)?;
                let items = map.entry(name.clone()).or_insert_with(|| Value::Array(Vec::new()));
                if let Value::Array(items) = items {
                    items.push(item);
                }
            }
            _ => {
                map.entry(name.clone()).or_insert(scalar::from_text(model, value, text)?);
            }
        }
    }
    Ok((!map.is_empty()).then_some(Value::Object(map)))
}

/// Writes path and query of a request.
pub(crate) fn write(
    model: &Model,
    operation: &Operation,
    structure: Option<&Structure>,
    fields: &Map<String, Value>,
    parts: &mut HttpRequestParts,
) -> Result<(), Error> {
    let template = Template::parse(&operation.http.request_uri);
    let label = |name: &str| -> Result<String, Error> {
        let member = structure.and_then(|structure| {
            let mut bound = structure.members.iter().filter(|m| m.location == Some(Location::Uri));
            bound.find(|member| member.wire_name() == name)
        });
        let found = member.and_then(|member| Some((member, fields.get(&member.name)?)));
        let missing = || Error::Value(format!("{name} is needed in the path"));
        let (member, value) = found.ok_or_else(missing)?;
        let text = scalar::to_text(model, member, value)?;
        if text.is_empty() { Err(missing()) } else { Ok(text) }
    };
    parts.path.clear();
    for segment in &template.segments {
        parts.path.push('/');
        match segment {
            Segment::Literal(literal) => parts.path.push_str(literal),
            Segment::Label(name) => parts.path.push_str(&percent::encode(&label(name)?, false)),
            Segment::Greedy(name) => parts.path.push_str(&percent::encode(&label(name)?, true)),
        }
    }
    let path = operation.http.request_uri.split('?').next().unwrap_or_default();
    if parts.path.is_empty() || path.ends_with('/') && !parts.path.ends_with('/') {
        parts.path.push('/');
    }
    let mut query: Vec<String> = template
        .query
        .iter()
        .map(|(name, value)| value.map_or((*name).to_owned(), |value| format!("{name}={value}")))
        .collect();
    if let Some(structure) = structure {
        write_query(model, structure, fields, &mut query)?;
    }
    parts.query = query.join("&");
    Ok(())
}

fn write_query(
    model: &Model,
    structure: &Structure,
    fields: &Map<String, Value>,
    query: &mut Vec<String>,
) -> Result<(), Error> {
    let pair = |name: &str, text: &str| {
        format!("{}={}", percent::encode(name, false), percent::encode(text, false))
    };
    let mut write = |name: &str, member: &Member, value: &Value| -> Result<(), Error> {
        if let (Kind::List(element), Value::Array(items)) = (&model.shape(member.shape).kind, value)
        {
            let format = element.timestamp_format.or(member.timestamp_format);
            let element = Member {
                location: Some(Location::QueryString),
                timestamp_format: format,
                ..element.as_ref().clone()
            };
            for item in items.iter().filter(|item| !item.is_null()) {
                query.push(pair(name, &scalar::to_text(model, &element, item)?));
            }
        } else {
            query.push(pair(name, &scalar::to_text(model, member, value)?));
        }
        Ok(())
    };
    let bound = structure.members.iter().filter(|m| m.location == Some(Location::QueryString));
    for member in bound {
        match (&model.shape(member.shape).kind, fields.get(&member.name)) {
            (_, None | Some(Value::Null)) => {}
            (Kind::Map(_, value), Some(Value::Object(entries))) => {
                for (name, entry) in entries {
                    // A parameter that has a member of its own is that member's.
                    let own = structure.members.iter().any(|other| {
                        other.location == Some(Location::QueryString)
                            && other.wire_name() == name
                            && fields.contains_key(&other.name)
                            && other.name != member.name
                    });
                    if !own {
                        write(name, value, entry)?;
                    }
                }
            }
            (_, Some(value)) => write(member.wire_name(), member, value)?,
        }
    }
    Ok(())
}
