//! Values on the wire: plain objects, with marked ones for secrets, assets and whatever else JSON has not.

use super::messages::{Kind, List, Struct, Value as Wire};
use crate::value::{Archive, ArchiveSource, Asset, AssetSource, Member, Object, Value};
use indexmap::IndexMap;
use serde_json::Number;
use std::path::Path;

/// The key that marks an object as something else.
const MARK: &str = "4dabf18193072939515e22adb298388d";
const SECRET: &str = "1b47061264138c4ac30d75fd1eb44270";
const RESOURCE: &str = "5cf8f73096256a8f31e491e813e4eb8e";
const OUTPUT: &str = "d0e6a833031e9bbcd3f4e8bde6ca49a4";
const ASSET: &str = "c44067f5952c0a294b673a41bacd8c17";
const ARCHIVE: &str = "0def7320c3a5731c473e5ecbe6d01bc7";
/// What stands for an unknown value.
pub(super) const UNKNOWN: &str = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/// Reads values, and collects what is wrong with them.
pub(super) struct Reader<'a> {
    /// Where files are.
    directory: &'a Path,
    /// Path of a property, and what is wrong.
    pub(super) faults: Vec<(String, String)>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(directory: &'a Path) -> Self {
        Self { directory, faults: Vec::new() }
    }

    /// An object. What cannot be read is unknown, with a fault.
    pub(super) fn object(&mut self, wire: Struct) -> Object {
        self.fields("", wire)
    }

    fn fields(&mut self, path: &str, wire: Struct) -> Object {
        let below = |name: &str| {
            if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
        };
        let fields = wire.fields.into_iter();
        fields
            .map(|(name, value)| {
                let value = self.value(&below(&name), value);
                (name, value)
            })
            .collect()
    }

    fn value(&mut self, path: &str, wire: Wire) -> Value {
        match wire.kind {
            None | Some(Kind::Null(_)) => Value::Null,
            Some(Kind::Bool(flag)) => Value::Bool(flag),
            Some(Kind::Number(number)) => {
                Number::from_f64(number).map_or(Value::Null, Value::number)
            }
            Some(Kind::String(text)) if text == UNKNOWN => Value::Unknown,
            Some(Kind::String(text)) => Value::String(text),
            Some(Kind::List(list)) => Value::Array(
                list.values
                    .into_iter()
                    .enumerate()
                    .map(|(index, item)| self.value(&format!("{path}.{index}"), item))
                    .collect(),
            ),
            Some(Kind::Struct(fields)) => match text(&fields, MARK) {
                Some(mark) => {
                    let mark = mark.to_owned();
                    self.marked(path, &mark, fields)
                }
                None => Value::Object(self.fields(path, fields)),
            },
        }
    }

    fn marked(&mut self, path: &str, mark: &str, mut fields: Struct) -> Value {
        match mark {
            SECRET => {
                let inner = fields.fields.remove("value").unwrap_or_default();
                Value::secret(self.value(path, inner))
            }
            OUTPUT => {
                let is_secret = matches!(
                    fields.fields.get("secret").and_then(|value| value.kind.as_ref()),
                    Some(Kind::Bool(true))
                );
                let value = match fields.fields.remove("value") {
                    Some(inner) => self.value(path, inner),
                    None => Value::Unknown,
                };
                if is_secret { Value::secret(value) } else { value }
            }
            // A resource as a value is its id; a component, which has none, its URN.
            RESOURCE => match (text(&fields, "id"), text(&fields, "urn")) {
                (Some(UNKNOWN | ""), _) => Value::Unknown,
                (Some(id), _) => Value::string(id),
                (None, Some(urn)) => Value::string(urn),
                (None, None) => Value::Unknown,
            },
            ASSET => self.asset(path, &fields).map_or(Value::Unknown, Value::Asset),
            ARCHIVE => self.archive(path, fields).map_or(Value::Unknown, Value::Archive),
            _ => self.fault(path, "is a value of a kind that refit does not know"),
        }
    }

    fn fault(&mut self, path: &str, what: &str) -> Value {
        let message = format!("`{path}` {what}");
        self.faults.push((path.to_owned(), message));
        Value::Unknown
    }

    fn asset(&mut self, path: &str, fields: &Struct) -> Option<Asset> {
        if let Some(content) = text(fields, "text").filter(|text| !text.is_empty()) {
            return Some(Asset::text(content));
        }
        if let Some(file) = text(fields, "path").filter(|path| !path.is_empty()) {
            return match Asset::file(self.directory, file) {
                Ok(asset) => Some(asset),
                Err(error) => {
                    self.fault(path, &format!("names no file: {}", error.text()));
                    None
                }
            };
        }
        if text(fields, "uri").is_some_and(|uri| !uri.is_empty()) {
            self.fault(path, "is a remote asset, which refit does not support");
            return None;
        }
        Some(Asset::text(""))
    }

    fn archive(&mut self, path: &str, mut fields: Struct) -> Option<Archive> {
        let made = if let Some(folder) = text(&fields, "path").filter(|path| !path.is_empty()) {
            Archive::path(self.directory, folder)
        } else if let Some(Kind::Struct(members)) =
            fields.fields.remove("assets").and_then(|value| value.kind)
        {
            let members = self.members(path, members)?;
            Archive::members(self.directory, members)
        } else {
            self.fault(path, "is a remote archive, which refit does not support");
            return None;
        };
        match made {
            Ok(archive) => Some(archive),
            Err(error) => {
                self.fault(path, &format!("cannot be packed: {}", error.text()));
                None
            }
        }
    }

    fn members(&mut self, path: &str, wire: Struct) -> Option<IndexMap<String, Member>> {
        let mut members = IndexMap::new();
        for (name, member) in wire.fields {
            let Some(Kind::Struct(fields)) = member.kind else {
                self.fault(path, &format!("has the member `{name}`, which is no file"));
                return None;
            };
            let member = if text(&fields, MARK) == Some(ASSET) {
                Member::Asset(self.asset(path, &fields)?)
            } else {
                Member::Archive(self.archive(path, fields)?)
            };
            members.insert(name, member);
        }
        Some(members)
    }
}

fn text<'s>(fields: &'s Struct, name: &str) -> Option<&'s str> {
    match fields.fields.get(name)?.kind.as_ref()? {
        Kind::String(text) => Some(text),
        _ => None,
    }
}

/// An object for the wire.
pub(super) fn written(object: &Object) -> Struct {
    Struct { fields: object.iter().map(|(name, value)| (name.clone(), wire(value))).collect() }
}

fn wire(value: &Value) -> Wire {
    let kind = match value {
        Value::Null => Kind::Null(0),
        Value::Bool(flag) => Kind::Bool(*flag),
        Value::Number(number) => Kind::Number(number.as_f64().unwrap_or_default()),
        Value::String(text) => Kind::String(text.clone()),
        Value::Array(items) => Kind::List(List { values: items.iter().map(wire).collect() }),
        Value::Object(fields) => Kind::Struct(written(fields)),
        Value::Secret(inner) => marked(SECRET, [("value", wire(inner))]),
        Value::Unknown => Kind::String(UNKNOWN.to_owned()),
        Value::Asset(asset) => written_asset(asset),
        Value::Archive(archive) => written_archive(archive),
    };
    Wire { kind: Some(kind) }
}

fn marked<const N: usize>(mark: &str, fields: [(&str, Wire); N]) -> Kind {
    let fields = fields.into_iter().map(|(name, value)| (name.to_owned(), value));
    let mark = (MARK.to_owned(), string(mark));
    Kind::Struct(Struct { fields: fields.chain([mark]).collect() })
}

fn string(text: &str) -> Wire {
    Wire { kind: Some(Kind::String(text.to_owned())) }
}

fn written_asset(asset: &Asset) -> Kind {
    match &asset.source {
        AssetSource::Path(path) => {
            marked(ASSET, [("path", string(path)), ("hash", string(&asset.hash))])
        }
        AssetSource::Text(text) => {
            marked(ASSET, [("text", string(text)), ("hash", string(&asset.hash))])
        }
    }
}

fn written_archive(archive: &Archive) -> Kind {
    let hash = ("hash", string(&archive.hash));
    match &archive.source {
        ArchiveSource::Path(path) => marked(ARCHIVE, [("path", string(path)), hash]),
        ArchiveSource::Members(members) => {
            let members = members.iter().map(|(name, member)| {
                let kind = match member {
                    Member::Asset(asset) => written_asset(asset),
                    Member::Archive(archive) => written_archive(archive),
                };
                (name.clone(), Wire { kind: Some(kind) })
            });
            let members = Kind::Struct(Struct { fields: members.collect() });
            marked(ARCHIVE, [("assets", Wire { kind: Some(members) }), hash])
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::messages::{Kind, Struct, Value as Wire};
    use super::{MARK, OUTPUT, RESOURCE, Reader, UNKNOWN, marked, string, wire, written};
    use crate::value::{Asset, Object, Value};
    use std::path::Path;

    fn read(kind: Kind) -> (Value, usize) {
        let wire = Wire { kind: Some(kind) };
        let fields = [("it".to_owned(), wire)].into_iter().collect();
        let mut reader = Reader::new(Path::new("."));
        let mut object = reader.object(Struct { fields });
        (object.shift_remove("it").expect("it was given"), reader.faults.len())
    }

    #[test]
    fn values_come_back_as_they_went() {
        let object: Object =
            [("a".to_owned(), Value::from_json(serde_json::json!([1, 2.5, null])))]
                .into_iter()
                .collect();
        let values = [
            Value::Null,
            Value::Bool(true),
            Value::string("text"),
            Value::Unknown,
            Value::secret(Value::string("hidden")),
            Value::secret(Value::Unknown),
            Value::Asset(Asset::text("content")),
            Value::Object(object),
        ];
        for value in values {
            let (back, faults) = read(wire(&value).kind.expect("it has a kind"));
            assert_eq!((back, faults), (value, 0));
        }
        assert!(written(&Object::new()).fields.is_empty());
    }

    #[test]
    fn references_and_outputs_are_what_they_stand_for() {
        let hidden = Value::secret(Value::string("x"));
        let yes = Wire { kind: Some(Kind::Bool(true)) };
        let cases = [
            (marked(RESOURCE, [("urn", string("u")), ("id", string("i"))]), Value::string("i"), 0),
            (marked(RESOURCE, [("urn", string("u")), ("id", string(UNKNOWN))]), Value::Unknown, 0),
            (marked(RESOURCE, [("urn", string("u"))]), Value::string("u"), 0),
            (marked(OUTPUT, []), Value::Unknown, 0),
            (marked(OUTPUT, [("value", string("x")), ("secret", yes)]), hidden, 0),
            (marked("something else", []), Value::Unknown, 1),
            (marked(super::ASSET, [("uri", string("https://there"))]), Value::Unknown, 1),
            (marked(super::ASSET, [("path", string("not/there"))]), Value::Unknown, 1),
            (marked(super::ARCHIVE, [("path", string("not/there"))]), Value::Unknown, 1),
            (Kind::Number(f64::NAN), Value::Null, 0),
        ];
        for (kind, value, faults) in cases {
            assert_eq!(read(kind.clone()), (value, faults), "{kind:?}");
        }
        assert!(!MARK.is_empty());
    }
}
