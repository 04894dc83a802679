//! JSON documents as properties: equal when they say the same.

use crate::types::Shape;
use crate::value::Value;
use serde_json::Value as Json;
use std::collections::BTreeMap;

/// Whether two values of a property are the same for AWS.
pub(crate) fn same(shape: Option<&Shape>, old: &Value, new: &Value) -> bool {
    let (old, new) = (old.open(), new.open());
    if old == new || (old.is_empty() && new.is_empty()) {
        return true;
    }
    match (shape, old, new) {
        (Some(Shape::Policy), Value::String(old), Value::String(new)) => both(old, new, policy),
        (
            Some(Shape::Json | Shape::StateMachine | Shape::TextJson),
            Value::String(old),
            Value::String(new),
        ) => both(old, new, |json| json),
        (Some(Shape::Time), Value::String(old), Value::String(new)) => {
            let [old, new] = [old, new].map(|text| text.parse::<jiff::Timestamp>());
            matches!((old, new), (Ok(old), Ok(new)) if old == new)
        }
        (_, Value::Number(old), Value::Number(new)) => old.as_f64() == new.as_f64(),
        (_, Value::Asset(old), Value::Asset(new)) => old.hash == new.hash,
        (_, Value::Archive(old), Value::Archive(new)) => old.hash == new.hash,
        (Some(Shape::List(of)), Value::Array(old), Value::Array(new)) => {
            old.len() == new.len()
                && old.iter().zip(new).all(|(old, new)| same(Some(&of.shape), old, new))
        }
        (Some(Shape::Set(of)), Value::Array(old), Value::Array(new)) => {
            let is_in = |item: &Value, list: &[Value]| {
                list.iter().any(|other| same(Some(&of.shape), item, other))
            };
            old.iter().all(|item| is_in(item, new)) && new.iter().all(|item| is_in(item, old))
        }
        (Some(Shape::Object(fields)), Value::Object(old), Value::Object(new)) => {
            let names = old.keys().chain(new.keys());
            let mut names = names.map(|name| (fields.get(name), old.get(name), new.get(name)));
            names.all(|(field, old, new)| {
                let shape = field.map(|field| &field.shape);
                same(shape, old.unwrap_or(&Value::Null), new.unwrap_or(&Value::Null))
            })
        }
        _ => false,
    }
}

fn both<T: PartialEq>(old: &str, new: &str, normal: fn(Json) -> T) -> bool {
    match (serde_json::from_str(old), serde_json::from_str(new)) {
        (Ok(old), Ok(new)) => normal(old) == normal(new),
        _ => false,
    }
}

/// A policy, freed of what makes no difference: the order of statements' lists, one text or a list of one.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Normal {
    Text(String),
    Set(Vec<Normal>),
    Fields(BTreeMap<String, Normal>),
}

fn policy(json: Json) -> Normal {
    match json {
        Json::Object(fields) => {
            Normal::Fields(fields.into_iter().map(|(name, value)| (name, policy(value))).collect())
        }
        Json::Array(mut items) if items.len() == 1 => {
            items.pop().map_or(Normal::Set(Vec::new()), policy)
        }
        Json::Array(items) => {
            let mut items: Vec<Normal> = items.into_iter().map(policy).collect();
            items.sort();
            items.dedup();
            Normal::Set(items)
        }
        Json::String(text) => Normal::Text(text),
        other => Normal::Text(other.to_string()),
    }
}
