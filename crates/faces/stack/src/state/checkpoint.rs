//! A checkpoint: the resources of a stack in an order in which each comes after what it depends on, and the steps that were
//! under way when it was written.

use super::secrets::Vault;
use crate::error::Error;
use crate::value::{Object, Value, decode, encode};
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json, json};
use sha2::{Digest, Sha256};
use std::path::Path;

/// The version that checkpoints of this format carry.
const VERSION: u64 = 3;
/// Who writes it.
const WRITER: &str = concat!("v3.272.0-refit-", env!("CARGO_PKG_VERSION"));

/// What was deployed.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Checkpoint {
    pub(crate) resources: Vec<Resource>,
    pub(crate) pending: Vec<Pending>,
    /// The salt of its secrets.
    pub(crate) salt: Option<String>,
}

/// One resource.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Resource {
    pub(crate) urn: String,
    /// It is made by a provider; components and the stack are not.
    pub(crate) custom: bool,
    /// It leaves AWS when it is deleted: it was replaced, and waits for its deletion.
    pub(crate) delete: bool,
    pub(crate) id: Option<String>,
    /// The type's full token.
    pub(crate) token: String,
    pub(crate) inputs: Object,
    pub(crate) outputs: Object,
    pub(crate) parent: Option<String>,
    pub(crate) protect: bool,
    pub(crate) retain_on_delete: bool,
    pub(crate) external: bool,
    pub(crate) dependencies: Vec<String>,
    pub(crate) provider: Option<String>,
    pub(crate) property_dependencies: IndexMap<String, Vec<String>>,
    pub(crate) init_errors: Vec<String>,
    pub(crate) additional_secret_outputs: Vec<String>,
    pub(crate) timeouts: Timeouts,
    pub(crate) created: Option<String>,
    pub(crate) modified: Option<String>,
    /// What this program does not know.
    pub(crate) extra: Map<String, Json>,
}

/// How long steps may take, in seconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Timeouts {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) create: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) update: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) delete: Option<f64>,
}

/// A step that was under way.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Pending {
    pub(crate) resource: Resource,
    /// `creating`, `updating`, `deleting`, `reading`, `importing`
    pub(crate) operation: String,
}

/// A resource as the file has it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Stored {
    urn: String,
    #[serde(default)]
    custom: bool,
    #[serde(default, skip_serializing_if = "is_false")]
    delete: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    #[serde(rename = "type")]
    token: String,
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    inputs: Map<String, Json>,
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    outputs: Map<String, Json>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    parent: Option<String>,
    #[serde(default, skip_serializing_if = "is_false")]
    protect: bool,
    #[serde(default, skip_serializing_if = "is_false")]
    external: bool,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    dependencies: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    init_errors: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    provider: Option<String>,
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    property_dependencies: IndexMap<String, Option<Vec<String>>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    additional_secret_outputs: Vec<String>,
    #[serde(default, skip_serializing_if = "is_default")]
    custom_timeouts: Timeouts,
    #[serde(default, skip_serializing_if = "is_false")]
    retain_on_delete: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    created: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    modified: Option<String>,
    #[serde(flatten)]
    extra: Map<String, Json>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
fn is_false(flag: &bool) -> bool {
    !flag
}

fn is_default(timeouts: &Timeouts) -> bool {
    *timeouts == Timeouts::default()
}

impl Checkpoint {
    /// Reads a checkpoint. `vault` gets the salt before anything is opened.
    pub(crate) fn parse(
        path: &Path,
        text: &str,
        vault: impl FnOnce(Option<String>) -> Vault,
    ) -> Result<(Self, Vault), Error> {
        let unusable = |reason: String| Error::State { path: path.to_owned(), reason };
        let file: Json = serde_json::from_str(text).map_err(|error| unusable(error.to_string()))?;
        if file["version"].as_u64() != Some(VERSION) {
            return Err(unusable(format!("its version is {}, not {VERSION}", file["version"])));
        }
        let latest = &file["checkpoint"]["latest"];
        let kind = latest["secrets_providers"]["type"].as_str();
        if let Some(other) = kind.filter(|kind| *kind != "passphrase") {
            return Err(unusable(format!(
                "its secrets are sealed by `{other}`, not by a passphrase"
            )));
        }
        let salt = latest["secrets_providers"]["state"]["salt"].as_str().map(str::to_owned);
        let vault = vault(salt.clone());
        let read = |json: Json| -> Result<Resource, Error> {
            let stored: Stored =
                serde_json::from_value(json).map_err(|error| unusable(error.to_string()))?;
            stored.open(&vault)
        };
        let list = |json: &Json| json.as_array().cloned().unwrap_or_default();
        let resources =
            list(&latest["resources"]).into_iter().map(read).collect::<Result<_, _>>()?;
        let pending = list(&latest["pending_operations"]).into_iter().map(|json| {
            let operation = json["type"].as_str().unwrap_or_default().to_owned();
            Ok(Pending { resource: read(json["resource"].clone())?, operation })
        });
        let pending = pending.collect::<Result<_, Error>>()?;
        Ok((Self { resources, pending, salt }, vault))
    }

    /// The checkpoint as text.
    pub(crate) fn render(
        &self,
        project: &str,
        stack: &str,
        vault: &Vault,
    ) -> Result<String, Error> {
        let resources = self
            .resources
            .iter()
            .map(|resource| resource.stored(vault))
            .collect::<Result<Vec<_>, _>>()?;
        let pending = self.pending.iter().map(|pending| {
            Ok(json!({ "resource": pending.resource.stored(vault)?, "type": pending.operation }))
        });
        let pending = pending.collect::<Result<Vec<_>, Error>>()?;
        let mut latest = json!({
            "manifest": {
                "time": super::now(), "magic": hex::encode(Sha256::digest(WRITER)), "version": WRITER,
            },
        });
        if let Some(salt) = vault.salt() {
            latest["secrets_providers"] =
                json!({ "type": "passphrase", "state": { "salt": salt } });
        }
        latest["resources"] = json!(resources);
        if !pending.is_empty() {
            latest["pending_operations"] = json!(pending);
        }
        latest["metadata"] = json!({});
        let file = json!({
            "version": VERSION,
            "checkpoint": { "stack": format!("organization/{project}/{stack}"), "latest": latest },
        });
        Ok(format!("{}\n", serde_json::to_string_pretty(&file).unwrap_or_default()))
    }
}

impl Resource {
    /// The resource's name: the end of its URN.
    pub(crate) fn name(&self) -> &str {
        self.urn.rsplit("::").next().unwrap_or_default()
    }

    fn stored(&self, vault: &Vault) -> Result<Stored, Error> {
        let sealed = |object: &Object| -> Result<Map<String, Json>, Error> {
            object.iter().map(|(name, value)| Ok((name.clone(), encode(value, vault)?))).collect()
        };
        let dependencies = self.property_dependencies.iter();
        Ok(Stored {
            urn: self.urn.clone(),
            custom: self.custom,
            delete: self.delete,
            id: self.id.clone(),
            token: self.token.clone(),
            inputs: sealed(&self.inputs)?,
            outputs: sealed(&self.outputs)?,
            parent: self.parent.clone(),
            protect: self.protect,
            external: self.external,
            dependencies: self.dependencies.clone(),
            init_errors: self.init_errors.clone(),
            provider: self.provider.clone(),
            property_dependencies: dependencies
                .map(|(n, urns)| (n.clone(), Some(urns.clone())))
                .collect(),
            additional_secret_outputs: self.additional_secret_outputs.clone(),
            custom_timeouts: self.timeouts,
            retain_on_delete: self.retain_on_delete,
            created: self.created.clone(),
            modified: self.modified.clone(),
            extra: self.extra.clone(),
        })
    }
}

impl Stored {
    fn open(self, vault: &Vault) -> Result<Resource, Error> {
        let opened = |object: Map<String, Json>| -> Result<Object, Error> {
            object.into_iter().map(|(name, value)| Ok((name, decode(value, vault)?))).collect()
        };
        let dependencies = self.property_dependencies.into_iter();
        Ok(Resource {
            urn: self.urn,
            custom: self.custom,
            delete: self.delete,
            id: self.id,
            token: self.token,
            inputs: opened(self.inputs)?,
            outputs: opened(self.outputs)?,
            parent: self.parent,
            protect: self.protect,
            retain_on_delete: self.retain_on_delete,
            external: self.external,
            dependencies: self.dependencies,
            provider: self.provider,
            property_dependencies: dependencies
                .map(|(n, urns)| (n, urns.unwrap_or_default()))
                .collect(),
            init_errors: self.init_errors,
            additional_secret_outputs: self.additional_secret_outputs,
            timeouts: self.custom_timeouts,
            created: self.created,
            modified: self.modified,
            extra: self.extra,
        })
    }
}

/// An output for people.
pub(crate) fn shown(outputs: &Object, show_secrets: bool) -> Map<String, Json> {
    outputs
        .iter()
        .map(|(name, value): (&String, &Value)| (name.clone(), value.to_shown(show_secrets)))
        .collect()
}
