//! Whose calls a provider's are: the settings of Pulumi's AWS provider that say so.

use crate::value::{Object, Value};
use client::{AssumedRole, Credentials, Identity};

/// What of a role is understood.
const ROLE: &[&str] = &["roleArn", "sessionName", "externalId", "duration"];

/// Who calls, and in which accounts that is right.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Caller {
    /// Whose calls they are.
    pub identity: Identity,
    /// When there are any, the account must be among them.
    pub allowed_accounts: Vec<String>,
    /// The account must not be among them.
    pub forbidden_accounts: Vec<String>,
}

/// A setting that cannot be followed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    /// The setting.
    pub(crate) name: &'static str,
    pub(crate) message: String,
}

impl Caller {
    /// Whether it says nothing.
    pub fn is_empty(&self) -> bool {
        self.identity.is_empty()
            && self.allowed_accounts.is_empty()
            && self.forbidden_accounts.is_empty()
    }

    /// Whether calls may be made in an account; else why not.
    ///
    /// # Errors
    /// The sentence that says so.
    pub fn check_account(&self, account: &str) -> Result<(), String> {
        let is_among = |accounts: &[String]| accounts.iter().any(|one| one == account);
        if !self.allowed_accounts.is_empty() && !is_among(&self.allowed_accounts) {
            let allowed = self.allowed_accounts.join(", ");
            return Err(format!(
                "these credentials are account {account}'s, and `allowedAccountIds` has {allowed}"
            ));
        }
        if is_among(&self.forbidden_accounts) {
            return Err(format!(
                "these credentials are account {account}'s, which `forbiddenAccountIds` has"
            ));
        }
        Ok(())
    }

    /// Reads the settings of a provider, or of the configuration without `aws:`.
    pub(crate) fn read(settings: &Object) -> Result<Self, Fault> {
        let text = |name: &str| {
            let value = settings.get(name)?.open().to_text();
            value.filter(|text| !text.is_empty())
        };
        let keys = text("accessKey").zip(text("secretKey")).map(|(id, secret)| Credentials {
            access_key_id: id,
            secret_access_key: secret,
            session_token: text("token"),
        });
        let mut roles = Vec::new();
        // Both are there in provider version 7, where the singular is the older one.
        for name in ["assumeRole", "assumeRoles"] {
            let given = settings.get(name).map(unwrapped);
            let given = match given {
                None | Some(Value::Null) => continue,
                Some(Value::Array(items)) => items,
                Some(one) => vec![one],
            };
            for role in given {
                roles.push(role_of(name, &role)?);
            }
        }
        let accounts = |name: &str| match settings.get(name).map(unwrapped) {
            Some(Value::Array(items)) => items.iter().filter_map(Value::to_text).collect(),
            _ => Vec::new(),
        };
        Ok(Self {
            identity: Identity { profile: text("profile"), keys, roles },
            allowed_accounts: accounts("allowedAccountIds"),
            forbidden_accounts: accounts("forbiddenAccountIds"),
        })
    }
}

fn role_of(name: &'static str, given: &Value) -> Result<AssumedRole, Fault> {
    let fault = |message: String| Fault { name, message };
    let Value::Object(fields) = unwrapped(given) else {
        return Err(fault(format!("`{name}` must be an object with a `roleArn`")));
    };
    let foreign =
        fields.iter().find(|(key, value)| !ROLE.contains(&key.as_str()) && !value.is_empty());
    if let Some((key, _)) = foreign {
        let known = ROLE.join("`, `");
        return Err(fault(format!(
            "refit does not support `{key}` of `{name}`; it knows `{known}`"
        )));
    }
    let text = |key: &str| fields.get(key).and_then(|value| value.open().to_text());
    let arn = text("roleArn").filter(|arn| !arn.is_empty());
    let duration_seconds = match text("duration").filter(|text| !text.is_empty()) {
        None => None,
        Some(text) => {
            let wrong = || fault(format!("the `duration` `{text}` is none: write 1h, or 30m"));
            Some(seconds(&text).ok_or_else(wrong)?)
        }
    };
    Ok(AssumedRole {
        arn: arn.ok_or_else(|| fault(format!("`{name}` has no `roleArn`")))?,
        session_name: text("sessionName"),
        external_id: text("externalId"),
        duration_seconds,
    })
}

/// A value without its secret, which SDKs and the command line send as a JSON text.
fn unwrapped(value: &Value) -> Value {
    match value.open() {
        Value::String(text) => serde_json::from_str(text)
            .ok()
            .filter(|json: &serde_json::Value| json.is_object() || json.is_array())
            .map_or_else(|| Value::String(text.clone()), Value::from_json),
        other => other.clone(),
    }
}

/// `1h30m` in seconds.
fn seconds(text: &str) -> Option<u32> {
    let mut total = 0u32;
    let mut rest = text;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        let number: u32 = rest[..digits].parse().ok()?;
        let unit = match rest[digits..].chars().next()? {
            'h' => 3600,
            'm' => 60,
            's' => 1,
            _ => return None,
        };
        total = total.checked_add(number.checked_mul(unit)?)?;
        rest = &rest[digits + 1..];
    }
    (total > 0).then_some(total)
}

#[cfg(test)]
mod tests {
    use super::{Caller, seconds};
    use crate::value::Value;
    use serde_json::{Value as Json, json};

    fn read(settings: Json) -> Result<Caller, String> {
        let Value::Object(settings) = Value::from_json(settings) else { panic!("an object") };
        Caller::read(&settings).map_err(|fault| fault.message)
    }

    #[test]
    fn durations() {
        for (text, expected) in [
            ("1h", Some(3600)),
            ("1h30m", Some(5400)),
            ("900s", Some(900)),
            ("90", None),
            ("h", None),
            ("1d", None),
            ("", None),
            ("0s", None),
            ("99999999999h", None),
            ("1ä", None),
        ] {
            assert_eq!(seconds(text), expected, "{text}");
        }
    }

    #[test]
    fn roles_of_both_versions_and_of_sdks() {
        let role = json!({"roleArn": "arn:r", "externalId": "x", "duration": "15m"});
        for settings in [
            json!({"assumeRole": role}),
            json!({"assumeRoles": [role]}),
            json!({"assumeRoles": json!([role]).to_string()}),
            json!({"assumeRole": role.to_string()}),
        ] {
            let caller = read(settings.clone()).unwrap();
            let [one] = caller.identity.roles.as_slice() else { panic!("{settings}") };
            assert_eq!((one.arn.as_str(), one.external_id.as_deref()), ("arn:r", Some("x")));
            assert_eq!(one.duration_seconds, Some(900), "{settings}");
        }
        for (settings, expected) in [
            (json!({"assumeRoles": [{}]}), "`assumeRoles` has no `roleArn`"),
            (json!({"assumeRole": "x"}), "`assumeRole` must be an object with a `roleArn`"),
            (
                json!({"assumeRole": {"roleArn": "r", "duration": "x"}}),
                "the `duration` `x` is none",
            ),
            (json!({"assumeRole": {"roleArn": "r", "policy": "{}"}}), "does not support `policy`"),
        ] {
            let message = read(settings.clone()).unwrap_err();
            assert!(message.contains(expected), "{settings}: {message}");
        }
        assert!(read(json!({"region": "x", "assumeRole": null})).unwrap().is_empty());
    }

    #[test]
    fn accounts() {
        let allowed = read(json!({"allowedAccountIds": ["1", "2"]})).unwrap();
        let forbidden = read(json!({"forbiddenAccountIds": "[\"3\"]"})).unwrap();
        for (caller, account, is_right) in [
            (&allowed, "1", true),
            (&allowed, "3", false),
            (&forbidden, "3", false),
            (&forbidden, "1", true),
        ] {
            assert_eq!(caller.check_account(account).is_ok(), is_right, "{account}");
        }
    }
}
