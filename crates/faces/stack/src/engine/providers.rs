//! Providers of the program: the region and the tags that resources get from theirs.

use super::{Engine, urn};
use crate::diagnostic::Diagnostic;
use crate::program::{Registered, Registration, Status};
use crate::provider::Provider;
use crate::state::{Resource, Timeouts, now, uuid};
use crate::value::{Object, Value};

/// Properties of a provider that change what it does and that there is no support for.
const MISSING: &[&str] = &[
    "allowedAccountIds",
    "assumeRole",
    "assumeRoles",
    "assumeRoleWithWebIdentity",
    "defaultSecretTags",
    "forbiddenAccountIds",
    "ignoreTags",
];

/// What a resource gets from its provider.
#[derive(Debug, Clone, Default)]
pub(super) struct Given {
    pub(super) region: Option<String>,
    pub(super) default_tags: Object,
}

impl Engine<'_> {
    /// Registers a provider; gives `URN::ID`.
    pub(super) fn put_provider(&self, name: &str, inputs: Object) -> (String, String) {
        let urn = urn::of(&self.stack, &self.project, None, urn::PROVIDER, name);
        let old = self.live().take_old(&urn);
        let id = old.as_ref().and_then(|old| old.id.clone()).unwrap_or_else(uuid);
        let is_changed = old.as_ref().is_none_or(|old| old.inputs != inputs);
        let resource = Resource {
            urn: urn.clone(),
            custom: true,
            id: Some(id.clone()),
            token: urn::PROVIDER.to_owned(),
            outputs: inputs.clone(),
            inputs,
            created: old.as_ref().and_then(|old| old.created.clone()).or_else(|| Some(now())),
            modified: if is_changed { Some(now()) } else { old.and_then(|old| old.modified) },
            ..Resource::default()
        };
        self.run().seen.insert(urn.clone());
        self.live().push_fresh(resource, is_changed);
        (urn, id)
    }

    /// `URN::ID` of the provider that resources have unless they name one.
    pub(super) fn default_provider(&self) -> Option<String> {
        let urn = urn::of(&self.stack, &self.project, None, urn::PROVIDER, "default");
        let id = self.live().find_fresh(&urn)?.id.clone()?;
        Some(format!("{urn}::{id}"))
    }

    pub(super) fn explicit_provider(&self, registration: &Registration) -> Registered {
        if let Some(name) = MISSING
            .iter()
            .find(|name| registration.inputs.get(**name).is_some_and(|value| !value.is_empty()))
        {
            let message = format!("refit does not support `{name}` of a provider");
            self.report_one(Diagnostic::error(message).at(registration.places.place(name, true)));
        }
        let region = registration.inputs.get("region").and_then(Value::as_str);
        if let Some(region) = region.filter(|region| self.provider.in_region(region).is_none()) {
            let message = format!("this run has no way to the region {region}");
            let place = registration.places.place("region", false);
            self.report_one(Diagnostic::error(message).at(place));
        }
        let (urn, id) = self.put_provider(&registration.name, registration.inputs.clone());
        let mut outputs = registration.inputs.clone();
        outputs.insert("id".to_owned(), Value::String(id));
        Registered { urn, outputs, status: Status::Done }
    }

    /// What a provider (`URN::ID`) gives the resources that have it.
    pub(super) fn given_by(&self, provider: Option<&str>) -> Given {
        let Some((urn, _)) = provider.and_then(|provider| provider.rsplit_once("::")) else {
            return Given::default();
        };
        let live = self.live();
        let Some(provider) = live.find_fresh(urn) else { return Given::default() };
        let region = provider.inputs.get("region").and_then(Value::as_str).map(str::to_owned);
        let default_tags = provider.inputs.get("defaultTags").map(opened).unwrap_or_default();
        let default_tags = default_tags.get("tags").map(opened).unwrap_or_default();
        Given { region, default_tags }
    }

    /// The provider that a resource with these inputs is made with: that of its region.
    pub(super) fn provider_of(&self, inputs: &Object, seconds: Option<f64>) -> Provider {
        let region = inputs.get("region").and_then(Value::as_str).unwrap_or_default();
        let found = if region.is_empty() { None } else { self.provider.in_region(region) };
        found.unwrap_or_else(|| self.provider.clone()).patient(seconds)
    }

    /// The provider for a step on a resource of the state.
    pub(super) fn provider_for(
        &self,
        resource: &Resource,
        pick: fn(&Timeouts) -> Option<f64>,
    ) -> Provider {
        self.provider_of(&resource.inputs, pick(&resource.timeouts))
    }
}

/// An object, which SDKs send as a JSON text.
fn opened(value: &Value) -> Object {
    match value.open() {
        Value::Object(fields) => fields.clone(),
        Value::String(text) => serde_json::from_str(text)
            .ok()
            .and_then(|json| match Value::from_json(json) {
                Value::Object(fields) => Some(fields),
                _ => None,
            })
            .unwrap_or_default(),
        _ => Object::new(),
    }
}
