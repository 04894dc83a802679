//! What was read beside what was given: what AWS only filled in is no difference, what says the same stays as it was written,
//! and what went in secret stays secret.

use super::document::same;
use crate::types::{Property, ResourceType, Shape};
use crate::value::{Object, Value};

/// Whether a value says no more than leaving it out would: nothing, its default, or (without one) `false` and 0.
pub(crate) fn is_unset(property: Option<&Property>, value: &Value) -> bool {
    if let Some(default) = property.and_then(|property| property.default.as_ref()) {
        return value.is_empty() || Value::from_json(default.clone()) == *value.open();
    }
    match value.open() {
        Value::Bool(flag) => !flag,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::Object(fields) => {
            let known = match property.map(|property| &property.shape) {
                Some(Shape::Object(known)) => Some(known),
                _ => None,
            };
            let is_map = property.is_some_and(|property| property.shape == Shape::Map);
            fields.iter().all(|(name, value)| {
                !is_map && is_unset(known.and_then(|known| known.get(name)), value)
            })
        }
        _ => value.is_empty(),
    }
}

/// What was read for a property of which a program gave something, or null.
pub(crate) fn reconcile(property: Option<&Property>, given: &Value, read: Value) -> Value {
    if let Value::Secret(given) = given {
        return Value::secret(reconcile(property, given, read));
    }
    let shape = property.map(|property| &property.shape);
    if same(shape, given, &read) || (is_unset(property, given) && is_unset(property, &read)) {
        return given.clone();
    }
    match (shape, read) {
        (Some(Shape::Object(fields)), Value::Object(read)) => {
            let field = |name: &str| fields.get(name);
            Value::Object(members(&field, given, read))
        }
        (Some(Shape::Map), Value::Object(read)) => {
            Value::Object(members(&|_: &str| None, given, read))
        }
        (Some(Shape::List(of)), Value::Array(read)) => {
            let given = items(given);
            let at = |index: usize| given.get(index).unwrap_or(&Value::Null);
            let read = read.into_iter().enumerate();
            Value::Array(read.map(|(index, item)| reconcile(Some(of), at(index), item)).collect())
        }
        (Some(Shape::Set(of)), Value::Array(read)) => {
            let given = items(given);
            let others_too = !property.is_some_and(|property| property.partial);
            let one = |item: Value| {
                let is_it = |one: &&Value| {
                    same(Some(&of.shape), one, &reconcile(Some(of), one, item.clone()))
                };
                match given.iter().find(is_it) {
                    Some(known) => Some(known.clone()),
                    None => others_too.then(|| reconcile(Some(of), &Value::Null, item)),
                }
            };
            Value::Array(read.into_iter().filter_map(one).collect())
        }
        (_, read) => read,
    }
}

fn items(value: &Value) -> &[Value] {
    match value.open() {
        Value::Array(items) => items,
        _ => &[],
    }
}

/// The members of an object: those that were given first, then what else says something.
fn members<'a>(
    field: &dyn Fn(&str) -> Option<&'a Property>,
    given: &Value,
    mut read: Object,
) -> Object {
    let mut members = Object::new();
    for (name, given) in given.as_object().into_iter().flatten() {
        let now = read.shift_remove(name).unwrap_or(Value::Null);
        let value = reconcile(field(name), given, now);
        if !matches!(value.open(), Value::Null) {
            members.insert(name.clone(), value);
        }
    }
    for (name, now) in read {
        let value = reconcile(field(&name), &Value::Null, now);
        if !matches!(value, Value::Null) {
            members.insert(name, value);
        }
    }
    members
}

/// What was read of a resource, beside what the program gave it. Nothing is left out: what AWS has nothing for is null.
pub(crate) fn beside(kind: &ResourceType, inputs: &Object, mut read: Object) -> Object {
    read.retain(|name, _| {
        // Of what is another word for something that was given only that is looked at.
        inputs.contains_key(name) || !has_rival(kind, name, inputs)
    });
    split_tags(inputs, &mut read);
    let one = |(name, read): (String, Value)| {
        let property = kind.properties.get(&name);
        let given = inputs.get(&name).unwrap_or(&Value::Null);
        let is_given = inputs.contains_key(&name);
        let value =
            if is_given { reconcile(property, given, read) } else { cleared(property, read) };
        (name, value)
    };
    read.into_iter().map(one).collect()
}

/// What nobody gave: as it is, unless it says nothing in a nested way.
fn cleared(property: Option<&Property>, read: Value) -> Value {
    let is_nested = matches!(read, Value::Object(_) | Value::Array(_));
    if is_nested { reconcile(property, &Value::Null, read) } else { read }
}

/// Whether a property that excludes this one is given.
pub(crate) fn has_rival(kind: &ResourceType, name: &str, inputs: &Object) -> bool {
    let given =
        |other: &String| other != name && inputs.get(other).is_some_and(|one| !one.is_empty());
    kind.conflicts
        .iter()
        .any(|names| names.iter().any(|one| one == name) && names.iter().any(given))
}

/// All tags that were read are the resource's own and the provider's: they are told apart as the inputs do.
fn split_tags(inputs: &Object, read: &mut Object) {
    let Some(all) = inputs.get("tagsAll").and_then(Value::as_object) else { return };
    let Some(now) = read.get("tags").cloned() else { return };
    let own = inputs.get("tags").and_then(Value::as_object);
    let is_providers = |name: &String, value: &Value| {
        own.is_none_or(|own| !own.contains_key(name))
            && all.get(name).is_some_and(|before| before.open() == value)
    };
    let mut tags = now.as_object().cloned().unwrap_or_default();
    read.insert("tagsAll".to_owned(), Value::Object(tags.clone()));
    tags.retain(|name, value| !is_providers(name, value));
    read.insert("tags".to_owned(), Value::Object(tags));
}
