//! Which properties the resource types have, out of the tables that `refit up` deploys with.

use serde_json::{Map, Value};
use std::collections::HashMap;
use std::sync::LazyLock;

/// The properties of one type.
#[derive(Debug, Default)]
pub(crate) struct Described {
    /// Those that must be given.
    pub(crate) required: Vec<String>,
    /// All that may be given.
    pub(crate) inputs: Vec<String>,
    /// Those that are text with a JSON document in it.
    pub(crate) documents: Vec<String>,
}

static TABLES: &[&str] = &[
    include_str!("../../stack/src/types/cloudwatch.json"),
    include_str!("../../stack/src/types/ecr.json"),
    include_str!("../../stack/src/types/iam.json"),
    include_str!("../../stack/src/types/lambda.json"),
    include_str!("../../stack/src/types/s3.json"),
    include_str!("../../stack/src/types/monitoring.json"),
    include_str!("../../stack/src/types/sagemaker.json"),
    include_str!("../../stack/src/types/scheduler.json"),
    include_str!("../../stack/src/types/sfn.json"),
    include_str!("../../stack/src/types/sns.json"),
    include_str!("../../stack/src/types/sqs.json"),
];

static TYPES: LazyLock<HashMap<String, Described>> = LazyLock::new(|| {
    let mut all = Map::new();
    for table in TABLES {
        let entries: Map<String, Value> =
            serde_json::from_str(table).expect("the tables in the repository can be read");
        all.extend(entries);
    }
    let mut types = HashMap::new();
    for (token, entry) in &all {
        let source = entry
            .get("like")
            .and_then(Value::as_str)
            .and_then(|like| all.get(like))
            .unwrap_or(entry);
        types.insert(token.clone(), properties(source));
    }
    types
});

/// A type by its full token.
pub(crate) fn described(token: &str) -> Option<&'static Described> {
    TYPES.get(token)
}

/// `"string required replace"`, or an object whose `flags` say so.
fn properties(entry: &Value) -> Described {
    let mut found = Described::default();
    for (name, property) in entry.get("properties").and_then(Value::as_object).into_iter().flatten()
    {
        let notation = property
            .as_str()
            .or_else(|| property.get("flags").and_then(Value::as_str))
            .unwrap_or_default();
        let has = |flag: &str| notation.split_whitespace().any(|word| word == flag);
        if has("computed") {
            continue;
        }
        if has("required") {
            found.required.push(name.clone());
        }
        let shape = notation.split_whitespace().next().unwrap_or_default();
        if ["policy", "json", "text-json", "state-machine"].contains(&shape) {
            found.documents.push(name.clone());
        }
        found.inputs.push(name.clone());
    }
    found
}
