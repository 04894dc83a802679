//! Whether a text may be stored as a policy: the checks that IAM makes when one is created, in its order and words.
//!
//! What a policy decides is the `policy` crate's matter; here it is refused early what AWS refuses.

mod resource;

use crate::entity::find;
use crate::error::Error;
use crate::records::{Role, User, name_in};
use serde_json::{Map, Value, json};
use service::{Arn, Ctx};
use std::collections::HashSet;

/// A statement as it stands in the text.
type Statement = Map<String, Value>;

const SYNTAX: &str = "Syntax errors in policy.";

/// The size of a policy as quotas count it: characters without white space.
// AWS: IAM quotas, "IAM doesn't count white space when calculating the size of a policy".
pub(crate) fn size(document: &str) -> usize {
    document.chars().filter(|letter| !letter.is_whitespace()).count()
}

/// Checks a policy of an identity: inline, managed, boundary or session.
///
/// # Errors
/// `MalformedPolicyDocument` in AWS's words.
// AWS: recorded answers of CreatePolicy to some seventy faulty documents.
pub(crate) fn check_identity(document: &str) -> Result<(), Error> {
    let Ok(value) = serde_json::from_str::<Value>(document) else { return refuse(SYNTAX) };
    let (version, statements) = read(value)?;
    if version.as_deref() != Some("2012-10-17") {
        return refuse("Policy document must be version 2012-10-17 or greater.");
    }
    check_effects(&statements)?;
    let mut refused = None;
    for statement in &statements {
        resource::check_form(statement, &mut refused)?;
    }
    check_ids(&statements)?;
    if statements.iter().any(|statement| actions(statement).is_empty()) {
        return refuse("Policy statement must contain actions.");
    }
    if let Some(message) = refused {
        return refuse(&message);
    }
    statements.iter().try_for_each(check_actions)?;
    let has_principal = |statement: &Statement| {
        statement.contains_key("Principal") || statement.contains_key("NotPrincipal")
    };
    if statements.iter().any(has_principal) {
        return refuse("Policy document should not specify a principal.");
    }
    if statements.iter().any(|one| texts(one, "Resource", "NotResource").is_empty()) {
        return refuse("Policy statement must contain resources.");
    }
    understood(document)
}

/// Checks a role's trust policy, and that the roles and users of this account that it names are there.
///
/// # Errors
/// `MalformedPolicyDocument` in AWS's words; `LimitExceeded`.
pub(crate) async fn check_trust(ctx: &Ctx, document: &str) -> Result<(), Error> {
    if document.starts_with(char::is_whitespace) {
        return refuse("JSON strings must not have leading spaces");
    }
    let Ok(value) = serde_json::from_str::<Value>(document) else {
        return refuse("This policy contains invalid Json");
    };
    let (_, statements) = read(value)?;
    check_effects(&statements)?;
    check_ids(&statements)?;
    for statement in &statements {
        if actions(statement).is_empty() {
            return refuse("Policy statement must contain actions.");
        }
        if statement.contains_key("Resource") || statement.contains_key("NotResource") {
            return refuse("Has prohibited field Resource");
        }
        check_actions(statement)?;
        // UNVERIFIED: whether AWS takes wildcards such as `sts:*` here.
        let foreign = |action: &&str| !action.to_ascii_lowercase().starts_with("sts:");
        if actions(statement).iter().any(foreign) {
            return refuse("AssumeRole policy may only specify STS AssumeRole actions.");
        }
        let Some(principal) = statement.get("Principal").or_else(|| statement.get("NotPrincipal"))
        else {
            return refuse("Missing required field Principal");
        };
        check_principal(ctx, principal).await?;
    }
    // AWS: IAM quotas, "Role trust policy length": 2048 characters.
    if size(document) > 2048 {
        return Err(crate::entity::exceeded("ACLSizePerRole", 2048));
    }
    understood(document)
}

/// Makes sure that what is stored can be evaluated later.
fn understood(document: &str) -> Result<(), Error> {
    match policy::Document::parse(document) {
        Ok(_) => Ok(()),
        Err(error) => refuse(error.aws_message()),
    }
}

fn refuse<T>(message: &str) -> Result<T, Error> {
    Err(Error::MalformedPolicyDocument(message.to_owned()))
}

/// Version and statements of a document that has the form of one.
fn read(value: Value) -> Result<(Option<String>, Vec<Statement>), Error> {
    let Value::Object(mut top) = value else { return refuse(SYNTAX) };
    let known = |(key, value): (&String, &Value)| match key.as_str() {
        "Version" | "Statement" => true,
        "Id" => value.is_string(),
        _ => false,
    };
    if !top.iter().all(known) {
        return refuse(SYNTAX);
    }
    let version = match top.get("Version") {
        None => None,
        Some(Value::String(text)) if text == "2012-10-17" || text == "2008-10-17" => {
            Some(text.clone())
        }
        Some(_) => return refuse(SYNTAX),
    };
    let statements = match top.remove("Statement") {
        Some(Value::Array(list)) => list,
        Some(one @ Value::Object(_)) => vec![one],
        _ => return refuse(SYNTAX),
    };
    let mut read = Vec::with_capacity(statements.len());
    for statement in statements {
        match statement {
            Value::Object(statement) if is_statement(&statement) => read.push(statement),
            _ => return refuse(SYNTAX),
        }
    }
    if read.is_empty() { refuse(SYNTAX) } else { Ok((version, read)) }
}

/// True when the statement has known elements only, of the right types, and none together with its opposite.
fn is_statement(statement: &Statement) -> bool {
    let known = statement.iter().all(|(element, value)| match element.as_str() {
        "Sid" => value.is_string(),
        "Effect" => value.as_str().is_some_and(|effect| {
            effect.eq_ignore_ascii_case("Allow") || effect.eq_ignore_ascii_case("Deny")
        }),
        "Action" | "NotAction" | "Resource" | "NotResource" => is_text_or_texts(value),
        "Principal" | "NotPrincipal" => value.is_string() || value.is_object(),
        "Condition" => is_condition(value),
        _ => false,
    });
    let both =
        |name: &str| statement.contains_key(name) && statement.contains_key(&format!("Not{name}"));
    known
        && statement.contains_key("Effect")
        && !["Action", "Resource", "Principal"].iter().any(|name| both(name))
}

/// Whether a value is a condition that can be evaluated.
fn is_condition(value: &Value) -> bool {
    let alone = json!({"Statement": {"Effect": "Allow", "Action": "*", "Condition": value}});
    policy::Document::from_value(&alone).is_ok()
}

/// AWS takes an effect in any case at first, and refuses it later.
fn check_effects(statements: &[Statement]) -> Result<(), Error> {
    let exact = |one: &Statement| one.get("Effect").is_some_and(|e| e == "Allow" || e == "Deny");
    if statements.iter().all(exact) { Ok(()) } else { refuse("The policy failed legacy parsing") }
}

fn is_text_or_texts(value: &Value) -> bool {
    match value {
        Value::String(_) => true,
        Value::Array(list) => list.iter().all(Value::is_string),
        _ => false,
    }
}

/// The texts of one of two elements.
fn texts<'a>(statement: &'a Statement, element: &str, opposite: &str) -> Vec<&'a str> {
    let value = statement.get(element).or_else(|| statement.get(opposite));
    value.map(texts_of).unwrap_or_default()
}

fn texts_of(value: &Value) -> Vec<&str> {
    match value {
        Value::String(text) => vec![text],
        Value::Array(list) => list.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

fn check_ids(statements: &[Statement]) -> Result<(), Error> {
    let mut seen = HashSet::new();
    for sid in statements.iter().filter_map(|statement| statement.get("Sid")?.as_str()) {
        if !sid.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return refuse(
                "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression [0-9A-Za-z]*",
            );
        }
        if !sid.is_empty() && !seen.insert(sid) {
            return refuse("Statement IDs (SID) in a single policy must be unique.");
        }
    }
    Ok(())
}

fn actions(statement: &Statement) -> Vec<&str> {
    texts(statement, "Action", "NotAction")
}

fn check_actions(statement: &Statement) -> Result<(), Error> {
    for action in actions(statement).into_iter().filter(|action| *action != "*") {
        let parts: Vec<&str> = action.split(':').collect();
        if parts.len() == 1 {
            return refuse(
                "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.",
            );
        }
        if parts.len() > 2 {
            return refuse("Actions/Condition can contain only one colon.");
        }
        let letter = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'.';
        if parts[0] != "*" && !parts[0].bytes().all(letter) {
            return refuse(&format!("Vendor {} is not valid", parts[0]));
        }
    }
    Ok(())
}

async fn check_principal(ctx: &Ctx, principal: &Value) -> Result<(), Error> {
    let members = match principal {
        Value::String(text) if text == "*" => return Ok(()),
        Value::Object(members) if !members.is_empty() => members,
        _ => return refuse(SYNTAX),
    };
    for (kind, value) in members {
        if !is_text_or_texts(value) {
            return refuse(SYNTAX);
        }
        for name in texts_of(value) {
            let valid = match kind.as_str() {
                "AWS" => is_identity(ctx, name).await?,
                "Service" => is_service(name),
                "Federated" | "CanonicalUser" => !name.is_empty(),
                _ => return refuse(SYNTAX),
            };
            if !valid {
                let kind = kind.to_uppercase();
                return refuse(&format!("Invalid principal in policy: \"{kind}\":\"{name}\""));
            }
        }
    }
    Ok(())
}

fn is_service(name: &str) -> bool {
    [".amazonaws.com", ".amazonaws.com.cn", ".amazon.com", ".aws.internal"]
        .iter()
        .any(|end| name.len() > end.len() && name.ends_with(end))
}

/// True for accounts, `*`, and users, roles and sessions; those of this account must be there.
async fn is_identity(ctx: &Ctx, name: &str) -> Result<bool, Error> {
    let is_account = name.len() == 12 && name.bytes().all(|byte| byte.is_ascii_digit());
    if name == "*" || is_account {
        return Ok(true);
    }
    let Ok(arn) = Arn::parse(name) else { return Ok(false) };
    let (kind, rest) = arn.resource.split_once('/').unwrap_or((&arn.resource, ""));
    let plain = !rest.contains(['*', '?']);
    match (arn.service.as_str(), kind) {
        ("iam", "root") => Ok(rest.is_empty()),
        ("iam", "user" | "role") if arn.account != ctx.account() => Ok(plain && !rest.is_empty()),
        ("iam", "user") => there(find::<User>(ctx, name_in(name)).await),
        ("iam", "role") => there(find::<Role>(ctx, name_in(name)).await),
        ("sts", "assumed-role" | "federated-user") => Ok(plain && !rest.is_empty()),
        _ => Ok(false),
    }
}

fn there<T>(found: Result<T, Error>) -> Result<bool, Error> {
    match found {
        Ok(_) => Ok(true),
        Err(Error::NoSuchEntity(_)) => Ok(false),
        Err(error) => Err(error),
    }
}
