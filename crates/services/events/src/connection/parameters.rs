//! `AuthParameters`: checked, merged, shown without secrets, and turned into what a request gets.

use super::OAUTH;
use crate::error::Error;
use serde_json::{Map, Value};
use service::ConnectionParameters;

/// The member of each type of authorisation.
const MEMBERS: [(&str, &str); 3] = [
    ("BASIC", "BasicAuthParameters"),
    ("API_KEY", "ApiKeyAuthParameters"),
    (OAUTH, "OAuthParameters"),
];

/// Members that are never shown.
const SECRETS: [&str; 3] = ["Password", "ApiKeyValue", "ClientSecret"];

/// Refuses parameters that do not belong to the type.
// UNVERIFIED: AWS's words.
pub(crate) fn check(authorization_type: &str, parameters: &Value) -> Result<(), Error> {
    for (of, member) in MEMBERS {
        let is_there = parameters.get(member).is_some_and(Value::is_object);
        if is_there != (of == authorization_type) {
            let what = if is_there { "does not take" } else { "requires" };
            return Err(Error::Validation(format!(
                "Authorization type {authorization_type} {what} {member}."
            )));
        }
    }
    if parameters.get("ConnectivityParameters").is_some_and(|given| !given.is_null()) {
        return Err(private());
    }
    if let Some(endpoint) = text(&parameters["OAuthParameters"], "AuthorizationEndpoint") {
        outbound::check_url(endpoint).map_err(|error| Error::Validation(error.to_string()))?;
    }
    Ok(())
}

/// Private networks are AWS's; from here an address is reachable or not.
pub(crate) fn private() -> Error {
    Error::Validation(
        "refit has no connectivity to private APIs by resource configurations: it reaches what this machine reaches."
            .to_owned(),
    )
}

/// The parameters with those given anew in their place; lists are replaced as a whole.
pub(crate) fn merged(stored: &Value, given: &Value) -> Value {
    match (stored, given) {
        (Value::Object(stored), Value::Object(given)) => {
            let mut merged = stored.clone();
            for (name, value) in given.iter().filter(|(_, value)| !value.is_null()) {
                let before = merged.get(name).cloned().unwrap_or_default();
                merged.insert(name.clone(), self::merged(&before, value));
            }
            Value::Object(merged)
        }
        _ => given.clone(),
    }
}

/// The parameters without their secrets.
pub(crate) fn shown(parameters: &Value) -> Value {
    match parameters {
        Value::Object(members) => {
            let is_secret = members.get("IsValueSecret") == Some(&Value::Bool(true));
            let hidden = |name: &str| SECRETS.contains(&name) || (is_secret && name == "Value");
            let kept = members.iter().filter(|(name, _)| !hidden(name));
            Value::Object(kept.map(|(name, value)| (name.clone(), shown(value))).collect())
        }
        Value::Array(items) => items.iter().map(shown).collect(),
        other => other.clone(),
    }
}

/// What a request gets.
pub(crate) fn of(parameters: &Value, bearer: Option<&str>) -> ConnectionParameters {
    let mut made = pairs(&parameters["InvocationHttpParameters"]);
    let (basic, key) = (&parameters["BasicAuthParameters"], &parameters["ApiKeyAuthParameters"]);
    if let (Some(user), Some(password)) = (text(basic, "Username"), text(basic, "Password")) {
        made.headers.push(("Authorization".to_owned(), basic_authorization(user, password)));
    }
    if let (Some(name), Some(value)) = (text(key, "ApiKeyName"), text(key, "ApiKeyValue")) {
        made.headers.push((name.to_owned(), value.to_owned()));
    }
    if let Some(bearer) = bearer {
        made.headers.push(("Authorization".to_owned(), format!("Bearer {bearer}")));
        made.is_renewable = true;
    }
    made
}

/// `Basic …`.
pub(super) fn basic_authorization(user: &str, password: &str) -> String {
    format!("Basic {}", service::base64_text(format!("{user}:{password}").as_bytes()))
}

/// `HeaderParameters`, `QueryStringParameters` and `BodyParameters` of a structure.
pub(super) fn pairs(given: &Value) -> ConnectionParameters {
    let list = |name: &str| {
        let items = given.get(name).and_then(Value::as_array).into_iter().flatten();
        let pair = |item: &Value| {
            Some((
                text(item, "Key")?.to_owned(),
                text(item, "Value").unwrap_or_default().to_owned(),
            ))
        };
        items.filter_map(pair).collect()
    };
    ConnectionParameters {
        headers: list("HeaderParameters"),
        query: list("QueryStringParameters"),
        body: list("BodyParameters"),
        is_renewable: false,
    }
}

/// A member that is a text.
pub(super) fn text<'a>(value: &'a Value, member: &str) -> Option<&'a str> {
    value.get(member).and_then(Value::as_str)
}

/// Pairs as the members of an object.
pub(crate) fn object(pairs: &[(String, String)]) -> Map<String, Value> {
    pairs.iter().map(|(name, value)| (name.clone(), Value::from(value.as_str()))).collect()
}

#[cfg(test)]
mod tests {
    use super::{merged, shown};
    use serde_json::json;

    #[test]
    fn secrets_are_left_out() {
        let given = json!({
            "BasicAuthParameters": {"Username": "u", "Password": "p"},
            "InvocationHttpParameters": {"HeaderParameters": [
                {"Key": "a", "Value": "1", "IsValueSecret": true}, {"Key": "b", "Value": "2"},
            ]},
        });
        let expected = json!({
            "BasicAuthParameters": {"Username": "u"},
            "InvocationHttpParameters": {"HeaderParameters": [
                {"Key": "a", "IsValueSecret": true}, {"Key": "b", "Value": "2"},
            ]},
        });
        assert_eq!(shown(&given), expected);
    }

    #[test]
    fn updates_keep_what_they_do_not_name() {
        let stored = json!({"BasicAuthParameters": {"Username": "u", "Password": "p"}, "L": [1]});
        let given = json!({"BasicAuthParameters": {"Username": "v"}, "L": [2]});
        let expected = json!({"BasicAuthParameters": {"Username": "v", "Password": "p"}, "L": [2]});
        assert_eq!(merged(&stored, &given), expected);
    }
}
