//! Which variables the states of a definition refer to.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use crate::intrinsic::Intrinsic;
use crate::jsonata::Expression;
use crate::path::{Path, Root};
use crate::program::QueryLanguage;

/// How deep a definition is looked into; the JSON reader goes no deeper.
const MAX_DEPTH: usize = 128;

/// The variables each state refers to, by the state's name; states that refer to none are left out. Of a text that is no
/// definition there are none.
// AWS: recorded answers of DescribeStateMachine: names are in order, and states inside others stand for themselves.
pub fn variables(definition: &str) -> BTreeMap<String, Vec<String>> {
    let mut found = BTreeMap::new();
    if let Ok(Value::Object(machine)) = serde_json::from_str(definition) {
        let language = language(&machine, QueryLanguage::JsonPath);
        states(&machine, language, MAX_DEPTH, &mut found);
    }
    found.into_iter().map(|(state, names)| (state, names.into_iter().collect())).collect()
}

type Found = BTreeMap<String, BTreeSet<String>>;

fn language(fields: &Map<String, Value>, otherwise: QueryLanguage) -> QueryLanguage {
    match fields.get("QueryLanguage").and_then(Value::as_str) {
        Some("JSONata") => QueryLanguage::Jsonata,
        Some("JSONPath") => QueryLanguage::JsonPath,
        _ => otherwise,
    }
}

fn states(machine: &Map<String, Value>, whole: QueryLanguage, left: usize, found: &mut Found) {
    let Some(all) = machine.get("States").and_then(Value::as_object) else { return };
    if left == 0 {
        return;
    }
    for (name, state) in all {
        let Some(fields) = state.as_object() else { continue };
        let own = language(fields, whole);
        let mut names = BTreeSet::new();
        for (key, value) in fields {
            collect(key, value, own, left - 1, &mut names);
        }
        if !names.is_empty() {
            found.entry(name.clone()).or_default().extend(names);
        }
        for key in ["ItemProcessor", "Iterator"] {
            if let Some(inner) = fields.get(key).and_then(Value::as_object) {
                states(inner, whole, left - 1, found);
            }
        }
        for branch in fields.get("Branches").and_then(Value::as_array).into_iter().flatten() {
            if let Some(branch) = branch.as_object() {
                states(branch, whole, left - 1, found);
            }
        }
    }
}

/// The variables in the value of a field; states inside are asked themselves.
fn collect(
    key: &str,
    value: &Value,
    language: QueryLanguage,
    left: usize,
    names: &mut BTreeSet<String>,
) {
    if left == 0 {
        return;
    }
    match value {
        Value::String(text) if language == QueryLanguage::Jsonata => {
            let compiled = Expression::extract(text).map(Expression::compile);
            if let Some(Ok(expression)) = compiled {
                names.extend(expression.variables().iter().cloned());
            }
        }
        Value::String(text)
            if key.ends_with(".$") || key.ends_with("Path") || key == "Variable" =>
        {
            of_json_path(text, names);
        }
        Value::Array(items) => {
            for item in items {
                collect(key, item, language, left - 1, names);
            }
        }
        Value::Object(fields) => {
            for (key, value) in fields.iter().filter(|(key, _)| *key != "States") {
                collect(key, value, language, left - 1, names);
            }
        }
        _ => {}
    }
}

fn of_json_path(text: &str, names: &mut BTreeSet<String>) {
    let mut add = |path: &Path| {
        if let Root::Variable(name) = path.root() {
            names.insert(name.clone());
        }
    };
    if Intrinsic::is_intrinsic(text) {
        if let Ok(call) = Intrinsic::parse(text) {
            call.paths().into_iter().for_each(add);
        }
    } else if let Ok(path) = Path::parse(text) {
        add(&path);
    }
}

#[cfg(test)]
mod tests {
    use super::variables;
    use serde_json::{Value, json};

    #[test]
    fn references() {
        let definition = json!({"StartAt": "A", "States": {
            "A": {"Type": "Pass", "Parameters": {"x": "$no", "y.$": "$yes.a"}, "Assign": {"z": 1}, "Next": "B"},
            "B": {"Type": "Choice", "Choices": [{"Variable": "$guess", "StringEqualsPath": "$answer", "Next": "C"}]},
            "C": {"Type": "Map", "ItemsPath": "$all", "Next": "D", "ItemProcessor": {"StartAt": "E", "States": {
                "E": {"Type": "Pass", "Assign": {"s.$": "States.MathAdd(States.MathAdd($y, $x), $y)"}, "End": true}}}},
            "D": {"Type": "Pass", "QueryLanguage": "JSONata", "Output": {"o": ["{% $a + $states.input.b %}", "$c"]}, "End": true},
        }});
        let expected = json!({
            "A": ["yes"], "B": ["answer", "guess"], "C": ["all"], "D": ["a"], "E": ["x", "y"],
        });
        let found: Value = serde_json::to_value(variables(&definition.to_string())).unwrap();
        assert_eq!(found, expected);
        assert!(variables("not JSON").is_empty());
    }
}
