//! Configuration: what a project declares, what `Pulumi.STACK.yaml` and the command line give.

use super::document::{ConfigItem, Document};
use crate::diagnostic::Diagnostic;
use crate::error::Error;
use crate::identity::Caller;
use crate::nearest::did_you_mean;
use crate::source::{Source, Span};
use crate::state::Vault;
use crate::value::{Object, Sealer, Value};
use crate::yaml::{self, Kind, Node};
use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

/// Keys of AWS's own configuration that are settled by how refit was called, or mean nothing to it.
const AWS_KEYS: &[&str] = &[
    "accessKey",
    "allowedAccountIds",
    "assumeRole",
    "assumeRoles",
    "defaultTags",
    "endpoints",
    "forbiddenAccountIds",
    "profile",
    "region",
    "s3UsePathStyle",
    "secretKey",
    "skipCredentialsValidation",
    "skipMetadataApiCheck",
    "skipRegionValidation",
    "skipRequestingAccountId",
    "token",
];

/// What a stack's file says.
#[derive(Debug, Default)]
pub(crate) struct Settings {
    /// Values by full key: `project:name`.
    values: HashMap<String, (Value, Option<Span>)>,
    source: Option<Arc<Source>>,
    /// The salt of the file's secrets.
    pub(crate) salt: Option<String>,
}

/// Reads `Pulumi.STACK.yaml`, if it is there, and puts the command line's values over it.
pub(crate) fn read(
    directory: &Path,
    project: &str,
    stack: &str,
    given: &[(String, String)],
    passphrase: Option<&String>,
) -> Result<Settings, Error> {
    let mut settings = Settings::default();
    let path = directory.join(format!("Pulumi.{stack}.yaml"));
    match std::fs::read_to_string(&path) {
        Ok(text) => settings.file(&path, &text, project, passphrase)?,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(source) => return Err(Error::File { action: "read", path, source }),
    }
    for (key, text) in given {
        settings.values.insert(full(project, key), (Value::string(text.as_str()), None));
    }
    Ok(settings)
}

/// The tags that the stack's configuration gives everything (`aws:defaultTags`). No secret is opened for them.
pub(crate) fn default_tags(directory: &Path, stack: &str, given: &[(String, String)]) -> Object {
    let path = directory.join(format!("Pulumi.{stack}.yaml"));
    let text = std::fs::read_to_string(&path).unwrap_or_default();
    let source = Source::new(path, &text);
    let of_file = yaml::parse(&source, &text).ok().and_then(|root| {
        let config = root.get("config")?.clone();
        plain(config.get("aws:defaultTags")?, &Vault::new(None, None)).ok()
    });
    let of_line = given.iter().rfind(|(key, _)| key == "aws:defaultTags");
    let of_line = of_line.and_then(|(_, text)| serde_json::from_str(text).ok());
    let found = of_line.map(Value::from_json).or(of_file);
    let tags = found.as_ref().and_then(|found| found.as_object()?.get("tags")?.as_object());
    let text = |value: &Value| value.to_text().map(Value::String);
    tags.into_iter()
        .flatten()
        .filter_map(|(name, value)| Some((name.clone(), text(value)?)))
        .collect()
}

/// The region that the project itself sets: `aws:region: REGION`, or its `value` or `default`.
pub(crate) fn project_region(directory: &Path) -> Option<String> {
    let path = directory.join("Pulumi.yaml");
    let text = std::fs::read_to_string(&path).ok()?;
    let root = yaml::parse(&Source::new(path, &text), &text).ok()?;
    let item = root.get("config")?.get("aws:region")?;
    let given = item.get("value").or_else(|| item.get("default")).unwrap_or(item);
    given.as_str().map(str::to_owned)
}

fn full(project: &str, key: &str) -> String {
    if key.contains(':') { key.to_owned() } else { format!("{project}:{key}") }
}

impl Settings {
    fn file(
        &mut self,
        path: &Path,
        text: &str,
        project: &str,
        passphrase: Option<&String>,
    ) -> Result<(), Error> {
        let source = Arc::new(Source::new(path.to_owned(), text));
        let root =
            yaml::parse(&source, text).map_err(|diagnostics| Error::Invalid { diagnostics })?;
        self.source = Some(source);
        self.salt = root.get("encryptionsalt").and_then(|node| node.as_str()).map(str::to_owned);
        let vault = Vault::new(passphrase.cloned(), self.salt.clone());
        for entry in root.get("config").map(|node| node.entries()).unwrap_or_default() {
            let value = plain(&entry.value, &vault)?;
            self.values.insert(full(project, &entry.key), (value, Some(entry.key_span)));
        }
        Ok(())
    }

    /// The region the stack is for, if it says.
    pub(crate) fn region(&self) -> Option<&str> {
        self.values.get("aws:region").and_then(|(value, _)| value.as_str())
    }

    /// Who calls, as the configuration of the provider says.
    pub(crate) fn caller(&self) -> Result<Caller, String> {
        let own = self.values.iter().filter_map(|(key, (value, _))| {
            Some((key.strip_prefix("aws:")?.to_owned(), value.clone()))
        });
        let read = Caller::read(&own.collect());
        read.map_err(|fault| {
            format!("the configuration value `aws:{}`: {}", fault.name, fault.message)
        })
    }

    /// All values, by full key.
    pub(crate) fn values(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.values.iter().map(|(key, (value, _))| (key.as_str(), value))
    }

    /// Configuration of AWS's provider that refit cannot follow.
    pub(crate) fn foreign_aws(&self) -> Vec<Diagnostic> {
        let mut keys: Vec<_> = self.values.iter().collect();
        keys.sort_by_key(|(key, _)| key.as_str());
        let foreign = keys.into_iter().filter_map(|(key, (_, span))| {
            let name = key.strip_prefix("aws:").filter(|name| !AWS_KEYS.contains(name))?;
            let place = span.and_then(|span| Some(self.source.as_ref()?.place(span)));
            let message = format!("refit does not support the configuration value `{key}`");
            let hint = did_you_mean(name, AWS_KEYS.iter().copied());
            Some(Diagnostic::error(message).at(place).maybe_hint(hint))
        });
        foreign.collect()
    }

    /// Values for what a document declares, in its order. What has no value is `missing`'s, or an error.
    pub(super) fn resolve(
        &self,
        source: &Source,
        document: &Document,
        missing: Option<&dyn Fn(&ConfigItem) -> Value>,
    ) -> Result<Vec<Value>, Vec<Diagnostic>> {
        let mut faults = self.foreign(document);
        let vault = Vault::new(None, None);
        let mut values = Vec::new();
        for item in &document.config {
            let given = self.values.get(&full(&document.name, &item.name));
            let own = item.value.as_ref().or(item.default.as_ref());
            let place = || match given {
                Some((_, Some(span))) => self.source.as_ref().map(|source| source.place(*span)),
                _ => Some(source.place(item.span)),
            };
            let value = match (given, own, missing) {
                (Some((value, _)), _, _) => value.clone(),
                (None, Some(node), _) => plain(node, &vault).unwrap_or(Value::Null),
                (None, None, Some(missing)) => missing(item),
                (None, None, None) => {
                    let hint = format!(
                        "give it with --config {0}=VALUE, or in the stack's file",
                        item.name
                    );
                    let message = format!("the configuration value `{}` is missing", item.name);
                    faults.push(Diagnostic::error(message).at(place()).hint(hint));
                    Value::Null
                }
            };
            let value = typed(item, value, "the configuration value").unwrap_or_else(|message| {
                faults.push(Diagnostic::error(message).at(place()));
                Value::Null
            });
            values.push(if item.is_secret { Value::secret(value) } else { value });
        }
        if faults.is_empty() { Ok(values) } else { Err(faults) }
    }

    /// Values that nothing reads: a mistake in the name, or something refit cannot do.
    fn foreign(&self, document: &Document) -> Vec<Diagnostic> {
        let mut faults = self.foreign_aws();
        let mut keys: Vec<_> = self.values.iter().collect();
        keys.sort_by_key(|(key, _)| key.as_str());
        let declared: Vec<String> =
            document.config.iter().map(|item| full(&document.name, &item.name)).collect();
        for (key, (_, span)) in keys {
            let place = span.and_then(|span| Some(self.source.as_ref()?.place(span)));
            if declared.contains(key) {
                continue;
            }
            if let Some(name) = key.strip_prefix(&format!("{}:", document.name)) {
                let hint =
                    did_you_mean(name, document.config.iter().map(|item| item.name.as_str()));
                let message = format!("the project declares no configuration value `{name}`");
                faults.push(Diagnostic::error(message).at(place).maybe_hint(hint));
            }
        }
        faults
    }
}

/// A node as a value: no references, `secure:` opened.
pub(crate) fn plain(node: &Node, vault: &Vault) -> Result<Value, Error> {
    Ok(match &node.kind {
        Kind::Null => Value::Null,
        Kind::Bool(flag) => Value::Bool(*flag),
        Kind::Number(number) => Value::number(number.clone()),
        Kind::String(text) => Value::string(text.value.as_str()),
        Kind::Sequence(items) => {
            Value::Array(items.iter().map(|item| plain(item, vault)).collect::<Result<_, _>>()?)
        }
        Kind::Mapping(entries) => {
            if let [entry] = entries.as_slice()
                && entry.key == "secure"
                && let Some(sealed) = entry.value.as_str()
            {
                return Ok(Value::secret(Value::String(vault.open(sealed)?)));
            }
            let fields =
                entries.iter().map(|entry| Ok((entry.key.clone(), plain(&entry.value, vault)?)));
            Value::Object(fields.collect::<Result<Object, Error>>()?)
        }
    })
}

/// A value as the declared type. The type follows from the default when none is given; `what` it is that has the value.
///
/// # Errors
/// When it is of another type.
pub(super) fn typed(item: &ConfigItem, value: Value, what: &str) -> Result<Value, String> {
    if let Value::Secret(inner) = value {
        return typed(item, *inner, what).map(Value::secret);
    }
    let by_default = match item.default.as_ref().map(|node| &node.kind) {
        Some(Kind::Bool(_)) => Some("boolean"),
        Some(Kind::Number(_)) => Some("number"),
        Some(Kind::String(_)) => Some("string"),
        Some(Kind::Sequence(_)) => Some("array"),
        Some(Kind::Mapping(_)) => Some("object"),
        _ => None,
    };
    let Some(kind) = item.kind.as_deref().or(by_default) else { return Ok(value) };
    let wrong = |value: &Value| {
        format!("{what} `{}` must be of type {kind}, not {}", item.name, value.describe())
    };
    let parsed = |text: &str| serde_json::from_str(text).ok().map(Value::from_json);
    match (kind, value) {
        (_, Value::Null) => Ok(Value::Null),
        // It will be seen when it is known.
        (_, Value::Unknown) => Ok(Value::Unknown),
        ("string", value @ Value::String(_)) => Ok(value),
        ("string", value @ (Value::Bool(_) | Value::Number(_))) => {
            Ok(Value::String(value.to_text().unwrap_or_default()))
        }
        ("number", value @ Value::Number(_)) | ("boolean", value @ Value::Bool(_)) => Ok(value),
        ("integer", Value::Number(number)) if !number.is_f64() => Ok(Value::Number(number)),
        ("array", value @ Value::Array(_)) | ("object", value @ Value::Object(_)) => Ok(value),
        // The command line gives texts.
        (_, Value::String(text)) => {
            let value = parsed(&text).filter(|value| {
                matches!(
                    (kind, value),
                    ("number", Value::Number(_))
                        | ("boolean", Value::Bool(_))
                        | ("array", Value::Array(_))
                        | ("object", Value::Object(_))
                ) || matches!((kind, value), ("integer", Value::Number(number)) if !number.is_f64())
            });
            value.ok_or_else(|| wrong(&Value::String(text)))
        }
        (_, value) => Err(wrong(&value)),
    }
}
