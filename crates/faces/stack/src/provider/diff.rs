//! What differs between the old inputs of a resource and the new ones.

use super::check::DEFAULTS;
use super::document::same;
use crate::progress::Change;
use crate::types::{Property, ResourceType, Shape};
use crate::value::{Object, Value};

/// How long a value may be when it is shown.
const SHOWN: usize = 60;

/// What differs, property by property; objects and maps are looked into.
pub(crate) fn diff(kind: &ResourceType, old: &Object, new: &Object) -> Vec<Change> {
    let mut changes = Vec::new();
    let names = kind.properties.keys().chain(old.keys()).chain(new.keys());
    let mut seen = std::collections::HashSet::new();
    for name in names {
        if name == DEFAULTS || name == "tagsAll" || !seen.insert(name) {
            continue;
        }
        let property = kind.properties.get(name);
        let replaces = property.is_some_and(|property| property.replaces);
        compare(name, property, [old.get(name), new.get(name)], replaces, &mut changes);
    }
    changes
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
    if same(property.map(|property| &property.shape), before, after) {
        return;
    }
    if let (Value::Object(before), Value::Object(after)) = (before, after)
        && changes.len() < 200
    {
        let mut names: Vec<&String> = before.keys().collect();
        names.extend(after.keys().filter(|name| !before.contains_key(*name)));
        for name in names {
            let below = match property.map(|property| &property.shape) {
                Some(Shape::Object(fields)) => fields.get(name),
                _ => None,
            };
            let replaces = replaces || below.is_some_and(|property| property.replaces);
            compare(&format!("{path}.{name}"), below, [before.get(name), after.get(name)], replaces, changes);
        }
        return;
    }
    changes.push(Change { property: path.to_owned(), before: shown(before), after: shown(after), replaces });
}

/// A value as a short text.
fn shown(value: &Value) -> Option<String> {
    if value.is_empty() {
        return None;
    }
    let text = match value.to_shown(false) {
        serde_json::Value::String(text) => text,
        other => other.to_string(),
    };
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    Some(match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text,
    })
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
        let steps: Vec<&str> = path.split(['.', '[', ']', '"']).filter(|step| !step.is_empty()).collect();
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
