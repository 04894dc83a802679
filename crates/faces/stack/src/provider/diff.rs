//! What differs between the old inputs of a resource and the new ones.

use super::check::DEFAULTS;
use super::document::same;
use crate::progress::Change;
use crate::types::{Property, ResourceType, Shape};
use crate::value::{Object, Value};

/// How long a value may be when it is shown.
const SHOWN: usize = 60;
/// How many differences are looked into.
const MOST: usize = 200;

/// What differs, property by property; objects and maps are looked into. What AWS keeps by itself is no difference.
pub(crate) fn diff(kind: &ResourceType, old: &Object, new: &Object) -> Vec<Change> {
    all(kind, old, new, is_settled)
}

/// All that differs.
pub(crate) fn differences(kind: &ResourceType, old: &Object, new: &Object) -> Vec<Change> {
    all(kind, old, new, |_, _, _| false)
}

fn all(
    kind: &ResourceType,
    old: &Object,
    new: &Object,
    is_settled: fn(&Property, Option<&Value>, Option<&Value>) -> bool,
) -> Vec<Change> {
    let mut changes = Vec::new();
    let names = kind.properties.keys().chain(old.keys()).chain(new.keys());
    let mut seen = std::collections::HashSet::new();
    for name in names {
        if name == DEFAULTS || name == "tagsAll" || !seen.insert(name) {
            continue;
        }
        let property = kind.properties.get(name);
        if property.is_some_and(|property| is_settled(property, old.get(name), new.get(name))) {
            continue;
        }
        let replaces = property.is_some_and(|property| property.replaces);
        compare(name, property, [old.get(name), new.get(name)], replaces, &mut changes);
    }
    let is_tag = |change: &Change| change.property.split('.').next() == Some("tags");
    if let (Some(before), Some(after)) = (old.get("tagsAll"), new.get("tagsAll"))
        && !changes.iter().any(is_tag)
    {
        let property = kind.properties.get("tagsAll");
        compare("tagsAll", property, [Some(before), Some(after)], false, &mut changes);
    }
    changes
}

/// Differences that are none: AWS keeps what it filled in itself; a default that was not written down before is what AWS has.
fn is_settled(property: &Property, old: Option<&Value>, new: Option<&Value>) -> bool {
    let is_absent = |value: Option<&Value>| value.is_none_or(|value| matches!(value, Value::Null));
    let is_default = |value: &Value| {
        property.default.as_ref().is_some_and(|default| Value::from_json(default.clone()) == *value)
    };
    (property.sticky && is_absent(new)) || (is_absent(old) && new.is_some_and(is_default))
}

/// The inputs of an earlier run with what AWS filled in, to compare new inputs with.
pub(crate) fn with_filled(kind: &ResourceType, inputs: &Object, outputs: &Object) -> Object {
    let mut inputs = inputs.clone();
    for (name, _) in kind.properties.iter().filter(|(_, property)| property.sticky) {
        if let Some(filled) = outputs.get(name).filter(|_| !inputs.contains_key(name)) {
            inputs.insert(name.clone(), filled.clone());
        }
    }
    inputs
}

fn compare(
    path: &str,
    property: Option<&Property>,
    [old, new]: [Option<&Value>; 2],
    replaces: bool,
    changes: &mut Vec<Change>,
) {
    let null = Value::Null;
    let (before, after) = (old.unwrap_or(&null), new.unwrap_or(&null));
    let shape = property.map(|property| &property.shape);
    if same(shape, before, after) {
        return;
    }
    let known = changes.len();
    if known < MOST {
        match (before, after) {
            (Value::Object(before), Value::Object(after)) => {
                compare_fields(path, property, [before, after], replaces, changes);
            }
            (Value::Array(before), Value::Array(after)) if before.len() == after.len() => {
                let of = match shape {
                    Some(Shape::List(of)) => Some(&**of),
                    _ => None,
                };
                for (index, (before, after)) in before.iter().zip(after).enumerate() {
                    compare(
                        &format!("{path}.{index}"),
                        of,
                        [Some(before), Some(after)],
                        replaces,
                        changes,
                    );
                }
            }
            (Value::String(before), Value::String(after)) => {
                if let Some([before, after]) = documents(before, after) {
                    compare(path, None, [Some(&before), Some(&after)], replaces, changes);
                }
            }
            _ => {}
        }
    }
    if changes.len() == known {
        let [before, after] = shown(before, after);
        changes.push(Change { property: path.to_owned(), before, after, replaces });
    }
}

fn compare_fields(
    path: &str,
    property: Option<&Property>,
    [before, after]: [&Object; 2],
    replaces: bool,
    changes: &mut Vec<Change>,
) {
    let mut names: Vec<&String> = before.keys().collect();
    names.extend(after.keys().filter(|name| !before.contains_key(*name)));
    for name in names {
        let below = match property.map(|property| &property.shape) {
            Some(Shape::Object(fields)) => fields.get(name),
            _ => None,
        };
        let replaces = replaces || below.is_some_and(|property| property.replaces);
        compare(
            &format!("{path}.{name}"),
            below,
            [before.get(name), after.get(name)],
            replaces,
            changes,
        );
    }
}

/// Two texts as the objects that they are documents of.
fn documents(before: &str, after: &str) -> Option<[Value; 2]> {
    let object = |text: &str| {
        let json: serde_json::Value = serde_json::from_str(text).ok()?;
        json.is_object().then(|| Value::from_json(json))
    };
    Some([object(before)?, object(after)?])
}

/// Two values as short texts that show where they differ.
fn shown(before: &Value, after: &Value) -> [Option<String>; 2] {
    let text = |value: &Value| {
        let text = match value.to_shown(false) {
            _ if value.is_empty() => return None,
            serde_json::Value::String(text) => text,
            other => other.to_string(),
        };
        Some(text.split_whitespace().collect::<Vec<_>>().join(" "))
    };
    let (before, after) = (text(before), text(after));
    let common = match (&before, &after) {
        (Some(before), Some(after)) => {
            before.chars().zip(after.chars()).take_while(|(a, b)| a == b).count()
        }
        _ => 0,
    };
    let skip = if common > SHOWN / 2 { common - SHOWN / 4 } else { 0 };
    [before, after].map(|text| text.map(|text| window(&text, skip)))
}

/// A part of a text.
fn window(text: &str, skip: usize) -> String {
    let part: String = text.chars().skip(skip).take(SHOWN).collect();
    let head = if skip > 0 { "..." } else { "" };
    let tail = if text.chars().count() > skip + SHOWN { "..." } else { "" };
    format!("{head}{part}{tail}")
}

/// Whether a path of an option (`tags`, `tags.Owner`, `*`) covers a changed property.
pub(crate) fn covers(option: &str, property: &str) -> bool {
    let option = option.replace(['[', ']', '"'], ".");
    let option = option.trim_matches('.').replace("..", ".");
    option == "*"
        || property == option
        || property.strip_prefix(option.as_str()).is_some_and(|rest| rest.starts_with('.'))
}

/// Puts the old values of ignored paths into the new inputs.
pub(crate) fn ignore(paths: &[String], old: &Object, new: &mut Object) {
    for path in paths {
        if path == "*" {
            old.clone_into(new);
            continue;
        }
        let steps: Vec<&str> =
            path.split(['.', '[', ']', '"']).filter(|step| !step.is_empty()).collect();
        keep_old(&steps, old, new);
    }
}

fn keep_old(steps: &[&str], old: &Object, new: &mut Object) {
    let Some((first, rest)) = steps.split_first() else { return };
    let before = old.get(*first);
    if rest.is_empty() {
        match before {
            Some(before) => new.insert((*first).to_owned(), before.clone()),
            None => new.shift_remove(*first),
        };
        return;
    }
    let below = before.and_then(Value::as_object).cloned().unwrap_or_default();
    if !below.is_empty() && !new.contains_key(*first) {
        new.insert((*first).to_owned(), Value::Object(Object::new()));
    }
    if let Some(Value::Object(new)) = new.get_mut(*first) {
        keep_old(rest, &below, new);
    }
}
