//! The built-in functions. What an unknown goes into is unknown, what a secret goes into is secret.

use super::evaluate::{Scope, Stop};
use super::expression::Function;
use crate::source::Span;
use crate::value::{Archive, Asset, AssetError, Member, Value};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use indexmap::IndexMap;

/// How long a file may be that `fn::readFile` reads, in bytes.
const MAX_FILE_BYTES: u64 = 32 << 20;

/// Calls a function.
pub(super) fn call(
    scope: &Scope<'_>,
    function: &Function,
    arguments: Value,
    span: Span,
) -> Result<Value, Stop> {
    match function {
        Function::Secret => return Ok(Value::secret(arguments)),
        Function::AssetArchive => return asset_archive(scope, &arguments, span),
        _ => {}
    }
    if arguments.has_unknown() {
        return Ok(Value::Unknown);
    }
    let is_secret = arguments.has_secret();
    let plain = reveal(arguments);
    let call = Arguments { scope, span };
    let value = match function {
        Function::ToJson => match plain.to_json() {
            Some(json) => Value::String(json.to_string()),
            None => return Err(scope.fault("an asset has no JSON form", span)),
        },
        Function::ToBase64 => Value::String(STANDARD.encode(call.text(&plain, "fn::toBase64")?)),
        Function::FromBase64 => {
            let bytes = STANDARD.decode(call.text(&plain, "fn::fromBase64")?.trim());
            let text = bytes.ok().and_then(|bytes| String::from_utf8(bytes).ok());
            Value::String(text.ok_or_else(|| scope.fault("this is not base64 of a text", span))?)
        }
        Function::Join => call.join(&plain)?,
        Function::Split => call.split(&plain)?,
        Function::Select => call.select(&plain)?,
        Function::ReadFile => call.read_file(&call.text(&plain, "fn::readFile")?)?,
        Function::StringAsset => Value::Asset(Asset::text(&call.text(&plain, "fn::stringAsset")?)),
        Function::FileAsset => {
            let path = call.text(&plain, "fn::fileAsset")?;
            Value::Asset(
                Asset::file(scope.directory, &scope.own_path(&path))
                    .map_err(|error| call.file(&error))?,
            )
        }
        Function::FileArchive => {
            let path = call.text(&plain, "fn::fileArchive")?;
            Value::Archive(
                Archive::path(scope.directory, &scope.own_path(&path))
                    .map_err(|error| call.file(&error))?,
            )
        }
        Function::Secret | Function::AssetArchive | Function::Invoke { .. } => plain,
    };
    Ok(if is_secret { Value::secret(value) } else { value })
}

/// The value with all secrets open.
fn reveal(value: Value) -> Value {
    match value {
        Value::Secret(inner) => reveal(*inner),
        Value::Array(items) => Value::Array(items.into_iter().map(reveal).collect()),
        Value::Object(fields) => {
            Value::Object(fields.into_iter().map(|(name, value)| (name, reveal(value))).collect())
        }
        other => other,
    }
}

struct Arguments<'a> {
    scope: &'a Scope<'a>,
    span: Span,
}

impl Arguments<'_> {
    fn text(&self, value: &Value, function: &str) -> Result<String, Stop> {
        match value {
            Value::String(_) | Value::Bool(_) | Value::Number(_) => {
                Ok(value.to_text().unwrap_or_default())
            }
            other => {
                let message = format!("{function} takes a text, not {}", other.describe());
                Err(self.scope.fault(message, self.span))
            }
        }
    }

    fn file(&self, error: &AssetError) -> Stop {
        self.scope.fault(error.text(), self.span)
    }

    /// The two arguments of a function.
    fn pair<'v>(&self, value: &'v Value, usage: &str) -> Result<[&'v Value; 2], Stop> {
        match value {
            Value::Array(items) if items.len() == 2 => Ok([&items[0], &items[1]]),
            _ => Err(self.scope.fault(format!("the arguments must be {usage}"), self.span)),
        }
    }

    fn join(&self, value: &Value) -> Result<Value, Stop> {
        let usage = "a delimiter and a list: [\",\", [a, b]]";
        let [delimiter, items] = self.pair(value, usage)?;
        let Value::Array(items) = items else {
            return Err(self.scope.fault(format!("the arguments must be {usage}"), self.span));
        };
        let delimiter = self.text(delimiter, "fn::join")?;
        let texts = items.iter().map(|item| self.text(item, "fn::join"));
        Ok(Value::String(texts.collect::<Result<Vec<_>, _>>()?.join(&delimiter)))
    }

    fn split(&self, value: &Value) -> Result<Value, Stop> {
        let [delimiter, text] = self.pair(value, "a delimiter and a text: [\",\", \"a,b\"]")?;
        let delimiter = self.text(delimiter, "fn::split")?;
        let text = self.text(text, "fn::split")?;
        let parts: Vec<Value> = if delimiter.is_empty() {
            text.chars().map(|c| Value::String(c.to_string())).collect()
        } else {
            text.split(delimiter.as_str()).map(Value::string).collect()
        };
        Ok(Value::Array(parts))
    }

    fn select(&self, value: &Value) -> Result<Value, Stop> {
        let usage = "an index and a list: [0, [a, b]]";
        let [index, items] = self.pair(value, usage)?;
        let index = index.to_text().and_then(|text| text.parse::<usize>().ok());
        let (Some(index), Value::Array(items)) = (index, items) else {
            return Err(self.scope.fault(format!("the arguments must be {usage}"), self.span));
        };
        items.get(index).cloned().ok_or_else(|| {
            let message = format!("there is no item {index} in a list of {}", items.len());
            self.scope.fault(message, self.span)
        })
    }

    fn read_file(&self, path: &str) -> Result<Value, Stop> {
        let full = self.scope.directory.join(self.scope.own_path(path));
        let fault = |why: String| self.scope.fault(format!("cannot read {path}: {why}"), self.span);
        let data = std::fs::metadata(&full).map_err(|error| fault(error.to_string()))?;
        if data.len() > MAX_FILE_BYTES {
            return Err(fault(format!("it is longer than {} MiB", MAX_FILE_BYTES >> 20)));
        }
        std::fs::read_to_string(&full).map(Value::String).map_err(|error| fault(error.to_string()))
    }
}

fn asset_archive(scope: &Scope<'_>, arguments: &Value, span: Span) -> Result<Value, Stop> {
    let Some(fields) = arguments.as_object() else {
        return Err(scope.fault("fn::assetArchive takes a mapping of names to assets", span));
    };
    let mut members = IndexMap::new();
    for (name, value) in fields {
        let member = match value.open() {
            Value::Asset(asset) => Member::Asset(asset.clone()),
            Value::Archive(archive) => Member::Archive(archive.clone()),
            Value::Unknown => return Ok(Value::Unknown),
            other => {
                let message =
                    format!("`{name}` must be an asset or an archive, not {}", other.describe());
                return Err(scope.fault(message, span));
            }
        };
        members.insert(name.clone(), member);
    }
    let archive = Archive::members(scope.directory, members)
        .map_err(|error| scope.fault(error.text(), span))?;
    Ok(Value::Archive(archive))
}
