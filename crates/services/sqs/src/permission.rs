//! The attribute `Policy`: who else may use the queue.

use crate::error::Error;
use crate::records::Queue;
use serde_json::{Value, json};
use service::Ctx;

// AWS: quotas of policies.
const MOST_STATEMENTS: usize = 20;
const MOST_ACTIONS: usize = 7;

/// Actions that can be granted to another account.
// AWS: the developer guide's list of actions that cross-account permissions apply to.
const ACTIONS: [&str; 9] = [
    "*",
    "ChangeMessageVisibility",
    "DeleteMessage",
    "GetQueueAttributes",
    "GetQueueUrl",
    "ListDeadLetterSourceQueues",
    "PurgeQueue",
    "ReceiveMessage",
    "SendMessage",
];

/// Actions of the queue's owner alone.
const OWNER_ACTIONS: [&str; 9] = [
    "AddPermission",
    "CreateQueue",
    "DeleteQueue",
    "ListQueues",
    "ListQueueTags",
    "RemovePermission",
    "SetQueueAttributes",
    "TagQueue",
    "UntagQueue",
];

/// Checks a policy that is to be set.
///
/// # Errors
/// `InvalidAttributeValue` when it is no policy, `OverLimit` when it is too long.
pub(crate) fn check(text: &str) -> Result<(), Error> {
    if text.is_empty() {
        return Ok(());
    }
    let document = policy::Document::parse(text).map_err(|error| {
        tracing::debug!(%error, "a queue's policy was refused");
        Error::AttributeValue("Invalid value for the parameter Policy.".to_owned())
    })?;
    match document.statements().len() {
        count if count > MOST_STATEMENTS => Err(Error::OverLimit(format!(
            "{count} statements were found in the submitted policy, max allowed is {MOST_STATEMENTS}"
        ))),
        _ => Ok(()),
    }
}

/// What `AddPermission` adds.
pub(crate) struct Permission<'a> {
    pub(crate) label: &'a str,
    pub(crate) accounts: &'a [String],
    pub(crate) actions: &'a [String],
}

/// Adds a statement to the queue's policy.
///
/// # Errors
/// `InvalidParameterValue` when the label is taken, or an account or action cannot be named; `OverLimit`.
pub(crate) fn add(ctx: &Ctx, queue: &mut Queue, wanted: &Permission<'_>) -> Result<(), Error> {
    let actions = action_names(wanted.actions)?;
    let accounts: Vec<Value> =
        wanted.accounts.iter().map(|id| principal(id)).collect::<Result<_, _>>()?;
    let mut document = match queue.attributes.get("Policy") {
        Some(text) => serde_json::from_str(text).unwrap_or_default(),
        // AWS: recorded.
        None => {
            json!({"Version": "2008-10-17", "Id": format!("{}/SQSDefaultPolicy", queue.arn(ctx)), "Statement": []})
        }
    };
    let mut statements = statements(&document);
    if statements.iter().any(|statement| statement["Sid"] == wanted.label) {
        return Err(Error::value(wanted.label, "Label", "Already exists."));
    }
    statements.push(json!({
        "Sid": wanted.label, "Effect": "Allow", "Principal": {"AWS": one_or_many(accounts)},
        "Action": one_or_many(actions), "Resource": queue.arn(ctx),
    }));
    if statements.len() > MOST_STATEMENTS {
        return Err(Error::OverLimit(format!(
            "{} Statements were found, maximum allowed is {MOST_STATEMENTS}.",
            statements.len()
        )));
    }
    document["Statement"] = Value::Array(statements);
    queue.attributes.insert("Policy".to_owned(), document.to_string());
    Ok(())
}

/// Takes a statement out of the queue's policy; with the last one goes the policy.
///
/// # Errors
/// `InvalidParameterValue` when there is no statement of that label.
pub(crate) fn remove(queue: &mut Queue, label: &str) -> Result<(), Error> {
    let text = queue.attributes.get("Policy").map_or("{}", String::as_str);
    let mut document: Value = serde_json::from_str(text).unwrap_or_default();
    let mut statements = statements(&document);
    let before = statements.len();
    statements.retain(|statement| statement["Sid"] != label);
    if statements.len() == before {
        return Err(Error::value(label, "Label", "can't find label."));
    }
    if statements.is_empty() {
        queue.attributes.remove("Policy");
    } else {
        document["Statement"] = Value::Array(statements);
        queue.attributes.insert("Policy".to_owned(), document.to_string());
    }
    Ok(())
}

fn statements(document: &Value) -> Vec<Value> {
    match document.get("Statement") {
        Some(Value::Array(statements)) => statements.clone(),
        Some(statement @ Value::Object(_)) => vec![statement.clone()],
        _ => Vec::new(),
    }
}

fn action_names(actions: &[String]) -> Result<Vec<Value>, Error> {
    if actions.len() > MOST_ACTIONS {
        return Err(Error::OverLimit(format!(
            "{} Actions were found, maximum allowed is {MOST_ACTIONS}.",
            actions.len()
        )));
    }
    let named = |action: &String| {
        if ACTIONS.contains(&action.as_str()) {
            return Ok(Value::from(format!("SQS:{action}")));
        }
        let reason = if OWNER_ACTIONS.contains(&action.as_str()) {
            "Only the queue owner is allowed to invoke this action."
        } else {
            "Please refer to the appropriate WSDL for a list of valid actions."
        };
        Err(Error::value(format!("SQS:{action}"), "ActionName", reason))
    };
    actions.iter().map(named).collect()
}

fn principal(account: &str) -> Result<Value, Error> {
    let is_account = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
    if !is_account {
        return Err(Error::value(format!("[{account}]"), "PrincipalId", "Unable to verify."));
    }
    Ok(Value::from(format!("arn:aws:iam::{account}:root")))
}

/// AWS writes a list of one as the one.
fn one_or_many(mut values: Vec<Value>) -> Value {
    if values.len() == 1 { values.remove(0) } else { Value::Array(values) }
}
