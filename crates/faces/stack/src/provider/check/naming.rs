//! Defaults and automatic names: `NAME-7hex`, kept from the state once made.

use super::{DEFAULTS, Problem, Request};
use crate::types::AutoName;
use crate::value::{Object, Value};
use sha2::{Digest, Sha256};

/// How many random letters a name gets.
const RANDOM: usize = 7;

/// Fills in defaults and the name; gives the names of what was filled in.
pub(super) fn defaults(
    request: &Request<'_>,
    inputs: &mut Object,
    problems: &mut Vec<Problem>,
) -> Vec<String> {
    let mut defaulted = Vec::new();
    if let Some(auto) = &request.kind.auto_name
        && !inputs.contains_key(&auto.property)
    {
        let name =
            kept(request, &auto.property).unwrap_or_else(|| made(request, auto, inputs, problems));
        inputs.insert(auto.property.clone(), name);
        defaulted.push(auto.property.clone());
    }
    for (name, property) in &request.kind.properties {
        let Some(default) = &property.default else { continue };
        if !inputs.contains_key(name) {
            inputs.insert(name.clone(), Value::from_json(default.clone()));
            defaulted.push(name.clone());
        }
    }
    defaulted
}

/// The name of an earlier run, if it was automatic then too.
fn kept(request: &Request<'_>, property: &str) -> Option<Value> {
    let old = request.old?;
    let Some(Value::Array(defaulted)) = old.get(DEFAULTS) else { return None };
    let was_automatic = defaulted.iter().any(|name| name.as_str() == Some(property));
    old.get(property).filter(|_| was_automatic).cloned()
}

fn made(
    request: &Request<'_>,
    auto: &AutoName,
    inputs: &Object,
    problems: &mut Vec<Problem>,
) -> Value {
    let case = |text: &str| if auto.lower_case { text.to_lowercase() } else { text.to_owned() };
    if auto.exact {
        return Value::String(case(request.name));
    }
    let prefix_property = auto.prefix.as_deref().unwrap_or("namePrefix");
    let prefix = match inputs.get(prefix_property) {
        Some(prefix) if prefix.has_unknown() => return Value::Unknown,
        Some(prefix) => prefix.to_text().unwrap_or_default(),
        None => format!("{}-", request.name),
    };
    let suffix = auto.suffix.as_deref().filter(|_| {
        auto.suffix_if.as_ref().and_then(|name| inputs.get(name)).is_some_and(Value::is_true)
    });
    let mut hash = Sha256::new();
    hash.update(request.seed);
    hash.update(request.urn);
    let random = hex::encode(hash.finalize());
    let random = random.get(..RANDOM).unwrap_or_default();
    let name = format!("{}{random}{}", case(&prefix), suffix.unwrap_or_default());
    if name.chars().count() > auto.max {
        let message = format!(
            "the name `{prefix}` plus {RANDOM} random characters is longer than {} characters",
            auto.max
        );
        let hint = format!("give it a shorter name, or set `{}`", auto.property);
        problems.push(Problem { is_about_name: true, ..Problem::new("", message) }.hint(hint));
    }
    Value::String(name)
}
