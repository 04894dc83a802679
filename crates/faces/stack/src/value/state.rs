//! Values as a checkpoint has them: JSON, with marked objects for what JSON has not.

use super::{Archive, ArchiveSource, Asset, AssetSource, Member, Object, Value};
use crate::error::Error;
use serde_json::{Map, Value as Json, json};

/// The key that marks an object as something else.
const MARK: &str = "4dabf18193072939515e22adb298388d";
const SECRET: &str = "1b47061264138c4ac30d75fd1eb44270";
const ASSET: &str = "c44067f5952c0a294b673a41bacd8c17";
const ARCHIVE: &str = "0def7320c3a5731c473e5ecbe6d01bc7";
/// What stands for an unknown value.
const UNKNOWN: &str = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/// Seals and opens the texts of secrets.
pub(crate) trait Sealer {
    /// Text to ciphertext.
    fn seal(&self, plain: &str) -> Result<String, Error>;
    /// Ciphertext to text.
    fn open(&self, sealed: &str) -> Result<String, Error>;
}

/// A value as it is stored.
pub(crate) fn encode(value: &Value, sealer: &dyn Sealer) -> Result<Json, Error> {
    Ok(match value {
        Value::Secret(inner) => {
            let plain = encode(inner, sealer)?.to_string();
            json!({ MARK: SECRET, "ciphertext": sealer.seal(&plain)? })
        }
        Value::Array(items) => {
            Json::Array(items.iter().map(|item| encode(item, sealer)).collect::<Result<_, _>>()?)
        }
        Value::Object(fields) => encode_object(fields, sealer).map(Json::Object)?,
        Value::Asset(asset) => encode_asset(asset),
        Value::Archive(archive) => encode_archive(archive),
        Value::Unknown => Json::from(UNKNOWN),
        plain => plain.to_json().unwrap_or_default(),
    })
}

fn encode_object(fields: &Object, sealer: &dyn Sealer) -> Result<Map<String, Json>, Error> {
    fields.iter().map(|(name, value)| Ok((name.clone(), encode(value, sealer)?))).collect()
}

fn encode_asset(asset: &Asset) -> Json {
    match &asset.source {
        AssetSource::Path(path) => json!({ MARK: ASSET, "path": path, "hash": asset.hash }),
        AssetSource::Text(text) => json!({ MARK: ASSET, "text": text, "hash": asset.hash }),
    }
}

fn encode_archive(archive: &Archive) -> Json {
    match &archive.source {
        ArchiveSource::Path(path) => json!({ MARK: ARCHIVE, "path": path, "hash": archive.hash }),
        ArchiveSource::Members(members) => {
            let members = members.iter().map(|(name, member)| {
                let member = match member {
                    Member::Asset(asset) => encode_asset(asset),
                    Member::Archive(archive) => encode_archive(archive),
                };
                (name.clone(), member)
            });
            json!({ MARK: ARCHIVE, "assets": members.collect::<Map<_, _>>(), "hash": archive.hash })
        }
    }
}

/// Opens every sealed text of stored JSON, in place: `ciphertext` becomes `plaintext`.
pub(crate) fn reveal(json: &mut Json, sealer: &dyn Sealer) -> Result<(), Error> {
    match json {
        Json::Array(items) => items.iter_mut().try_for_each(|item| reveal(item, sealer)),
        Json::Object(fields) => {
            let is_secret = fields.get(MARK).and_then(Json::as_str) == Some(SECRET);
            if let Some(sealed) =
                fields.get("ciphertext").and_then(Json::as_str).filter(|_| is_secret)
            {
                let plain = sealer.open(sealed)?;
                fields.shift_remove("ciphertext");
                fields.insert("plaintext".to_owned(), Json::from(plain));
                return Ok(());
            }
            fields.values_mut().try_for_each(|field| reveal(field, sealer))
        }
        _ => Ok(()),
    }
}

/// A value as it was stored. Objects with unknown marks stay objects.
pub(crate) fn decode(json: Json, sealer: &dyn Sealer) -> Result<Value, Error> {
    Ok(match json {
        Json::String(text) if text == UNKNOWN => Value::Unknown,
        Json::Array(items) => Value::Array(
            items.into_iter().map(|item| decode(item, sealer)).collect::<Result<_, _>>()?,
        ),
        Json::Object(fields) => match fields.get(MARK).and_then(Json::as_str) {
            Some(SECRET) => decode_secret(&fields, sealer)?,
            Some(ASSET) => decode_asset(&fields).map_or(Value::Null, Value::Asset),
            Some(ARCHIVE) => decode_archive(&fields).map_or(Value::Null, Value::Archive),
            _ => Value::Object(
                fields
                    .into_iter()
                    .map(|(name, value)| Ok((name, decode(value, sealer)?)))
                    .collect::<Result<_, Error>>()?,
            ),
        },
        plain => Value::from_json(plain),
    })
}

fn decode_secret(fields: &Map<String, Json>, sealer: &dyn Sealer) -> Result<Value, Error> {
    let text = |name: &str| fields.get(name).and_then(Json::as_str);
    if let Some(value) = fields.get("value") {
        return Ok(Value::secret(decode(value.clone(), sealer)?));
    }
    let plain = match (text("plaintext"), text("ciphertext")) {
        (Some(plain), _) => plain.to_owned(),
        (None, Some(sealed)) => sealer.open(sealed)?,
        (None, None) => return Ok(Value::secret(Value::Null)),
    };
    let json = serde_json::from_str(&plain)
        .map_err(|_| Error::Secret("a sealed value holds no JSON".to_owned()))?;
    Ok(Value::secret(decode(json, sealer)?))
}

fn decode_asset(fields: &Map<String, Json>) -> Option<Asset> {
    let text = |name: &str| fields.get(name).and_then(Json::as_str).map(str::to_owned);
    let source =
        text("path").map(AssetSource::Path).or_else(|| text("text").map(AssetSource::Text))?;
    Some(Asset { source, hash: text("hash").unwrap_or_default() })
}

fn decode_archive(fields: &Map<String, Json>) -> Option<Archive> {
    let text = |name: &str| fields.get(name).and_then(Json::as_str).map(str::to_owned);
    let source = if let Some(path) = text("path") {
        ArchiveSource::Path(path)
    } else {
        let members = fields.get("assets")?.as_object()?.iter().filter_map(|(name, member)| {
            let fields = member.as_object()?;
            let member = match fields.get(MARK)?.as_str()? {
                ASSET => Member::Asset(decode_asset(fields)?),
                _ => Member::Archive(decode_archive(fields)?),
            };
            Some((name.clone(), member))
        });
        ArchiveSource::Members(members.collect())
    };
    Some(Archive { source, hash: text("hash").unwrap_or_default() })
}
