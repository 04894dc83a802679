//! `aws:iam:getPolicyDocument`: statements as properties to a policy document as text.

use super::invoke::InvokeError;
use crate::nearest::did_you_mean;
use crate::value::{Object, Value};
use serde_json::{Map, Value as Json};
use sha2::{Digest, Sha256};

/// Arguments of the data source.
const ARGUMENTS: &[&str] =
    &["overridePolicyDocuments", "policyId", "sourcePolicyDocuments", "statements", "version"];
/// Properties of a statement.
const STATEMENT: &[&str] = &[
    "actions",
    "conditions",
    "effect",
    "notActions",
    "notPrincipals",
    "notResources",
    "principals",
    "resources",
    "sid",
];

/// The document for the arguments.
pub(super) fn render(arguments: &Object) -> Result<Value, InvokeError> {
    known(arguments, ARGUMENTS)?;
    if Value::Object(arguments.clone()).has_unknown() {
        return Ok(Value::Unknown);
    }
    let mut statements = documents(arguments, "sourcePolicyDocuments")?;
    for statement in list(arguments, "statements") {
        let fields = statement.as_object().ok_or_else(|| wrong("a statement must be a mapping"))?;
        known(fields, STATEMENT)?;
        put(&mut statements, render_statement(fields)?);
    }
    for statement in documents(arguments, "overridePolicyDocuments")? {
        put(&mut statements, statement);
    }
    let mut document = Map::new();
    let version = text(arguments, "version").unwrap_or_else(|| "2012-10-17".to_owned());
    document.insert("Version".to_owned(), Json::from(version));
    if let Some(id) = text(arguments, "policyId") {
        document.insert("Id".to_owned(), Json::from(id));
    }
    if !statements.is_empty() {
        document.insert("Statement".to_owned(), Json::Array(statements));
    }
    let document = Json::Object(document);
    let pretty = serde_json::to_string_pretty(&document).unwrap_or_default();
    let minified = document.to_string();
    let id = hex::encode(Sha256::digest(&pretty));
    let mut result = arguments.clone();
    for (name, text) in
        [("id", id.get(..10).unwrap_or_default()), ("json", &pretty), ("minifiedJson", &minified)]
    {
        result.insert(name.to_owned(), Value::string(text));
    }
    let result = Value::Object(result);
    Ok(if result.has_secret() { Value::secret(result) } else { result })
}

fn wrong(message: impl Into<String>) -> InvokeError {
    InvokeError { message: message.into(), hint: None }
}

fn known(given: &Object, names: &[&str]) -> Result<(), InvokeError> {
    match given.keys().find(|name| !names.contains(&name.as_str())) {
        None => Ok(()),
        Some(name) => Err(InvokeError {
            message: format!("aws:iam:getPolicyDocument has no argument `{name}`"),
            hint: did_you_mean(name, names.iter().copied()),
        }),
    }
}

fn text(object: &Object, name: &str) -> Option<String> {
    object.get(name).and_then(Value::to_text).filter(|text| !text.is_empty())
}

fn list<'a>(object: &'a Object, name: &str) -> &'a [Value] {
    match object.get(name).map(Value::open) {
        Some(Value::Array(items)) => items,
        _ => &[],
    }
}

/// Statements of whole documents.
fn documents(arguments: &Object, name: &str) -> Result<Vec<Json>, InvokeError> {
    let mut statements = Vec::new();
    for document in list(arguments, name) {
        let parsed: Json = document
            .as_str()
            .and_then(|text| serde_json::from_str(text).ok())
            .ok_or_else(|| wrong(format!("`{name}` must be JSON documents")))?;
        match parsed.get("Statement") {
            Some(Json::Array(items)) => {
                for item in items {
                    put(&mut statements, item.clone());
                }
            }
            Some(one) => put(&mut statements, one.clone()),
            None => {}
        }
    }
    Ok(statements)
}

/// Adds a statement; one with the same `Sid` takes the other's place.
fn put(statements: &mut Vec<Json>, statement: Json) {
    let sid = statement.get("Sid").and_then(Json::as_str).filter(|sid| !sid.is_empty());
    let same = sid.and_then(|sid| {
        statements.iter_mut().find(|other| other.get("Sid").and_then(Json::as_str) == Some(sid))
    });
    match same {
        Some(other) => *other = statement,
        None => statements.push(statement),
    }
}

fn render_statement(fields: &Object) -> Result<Json, InvokeError> {
    let mut statement = Map::new();
    let mut put = |name: &str, value: Option<Json>| {
        if let Some(value) = value {
            statement.insert(name.to_owned(), value);
        }
    };
    put("Sid", text(fields, "sid").map(Json::from));
    put("Effect", Some(Json::from(text(fields, "effect").unwrap_or_else(|| "Allow".to_owned()))));
    put("Action", strings(list(fields, "actions")));
    put("NotAction", strings(list(fields, "notActions")));
    put("Resource", strings(list(fields, "resources")));
    put("NotResource", strings(list(fields, "notResources")));
    put("Principal", principals(list(fields, "principals"))?);
    put("NotPrincipal", principals(list(fields, "notPrincipals"))?);
    put("Condition", conditions(list(fields, "conditions"))?);
    Ok(Json::Object(statement))
}

/// One text, or several sorted from the last to the first, as Terraform writes them.
fn strings(items: &[Value]) -> Option<Json> {
    let mut texts: Vec<String> = items.iter().filter_map(Value::to_text).collect();
    texts.sort_by(|a, b| b.cmp(a));
    texts.dedup();
    match texts.len() {
        0 => None,
        1 => texts.pop().map(Json::from),
        _ => Some(Json::from(texts)),
    }
}

fn principals(items: &[Value]) -> Result<Option<Json>, InvokeError> {
    let mut kinds: Map<String, Json> = Map::new();
    for item in items {
        let fields = item.as_object().ok_or_else(|| wrong("a principal must be a mapping"))?;
        let kind = text(fields, "type").ok_or_else(|| wrong("a principal needs a `type`"))?;
        let identifiers = strings(list(fields, "identifiers"))
            .ok_or_else(|| wrong("a principal needs `identifiers`"))?;
        if kind == "*" && identifiers == "*" {
            return Ok(Some(Json::from("*")));
        }
        kinds.insert(kind, identifiers);
    }
    Ok(if kinds.is_empty() { None } else { Some(Json::Object(kinds)) })
}

fn conditions(items: &[Value]) -> Result<Option<Json>, InvokeError> {
    let mut tests: Map<String, Json> = Map::new();
    for item in items {
        let fields = item.as_object().ok_or_else(|| wrong("a condition must be a mapping"))?;
        let (Some(test), Some(variable)) = (text(fields, "test"), text(fields, "variable")) else {
            return Err(wrong("a condition needs a `test` and a `variable`"));
        };
        let values: Vec<Json> =
            list(fields, "values").iter().filter_map(Value::to_text).map(Json::from).collect();
        let values = if values.len() == 1 {
            values.into_iter().next().unwrap_or_default()
        } else {
            Json::Array(values)
        };
        let variables = tests.entry(test).or_insert_with(|| Json::Object(Map::new()));
        variables[variable.as_str()] = values;
    }
    Ok(if tests.is_empty() { None } else { Some(Json::Object(tests)) })
}
