//! Providers of the program: the region, the tags and the caller that resources get from theirs.

use super::{Engine, urn};
use crate::diagnostic::Diagnostic;
use crate::identity::{Caller, Fault};
use crate::program::{Registered, Registration, Status};
use crate::provider::Provider;
use crate::state::{Resource, Timeouts, now, uuid};
use crate::value::{Object, Value};

/// Properties of a provider that change what it does and that there is no support for.
const MISSING: &[&str] = &["assumeRoleWithWebIdentity", "defaultSecretTags", "ignoreTags"];

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

    pub(super) async fn explicit_provider(&self, registration: &Registration) -> Registered {
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
        let name = &registration.name;
        match self.call_as(&urn, &registration.inputs).await {
            Ok(true) => {}
            Ok(false) if self.is_preview() => self.note(Diagnostic::note(format!(
                "this server has one account: who provider `{name}` calls as, and where, is not looked at"
            ))),
            Ok(false) => {}
            Err(fault) => {
                let message = format!("provider `{name}` cannot be used: {}", fault.message);
                let place = registration.places.place(fault.name, false);
                self.report_one(Diagnostic::error(message).at(place));
            }
        }
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

    /// Finds out who calls for a provider of the program, and in which account that is. False where nobody else can.
    async fn call_as(&self, urn: &str, settings: &Object) -> Result<bool, Fault> {
        let caller = match Caller::read(settings) {
            Ok(caller) if caller.is_empty() => return Ok(true),
            Ok(caller) => caller,
            Err(fault) => return Err(self.nobody(urn, fault)),
        };
        let name = if caller.identity.roles.is_empty() { "profile" } else { "assumeRoles" };
        let failed = |message: String| self.nobody(urn, Fault { name, message });
        if settings.values().any(Value::has_unknown) {
            let message = "who calls for it is only known after the update".to_owned();
            return Err(failed(message));
        }
        let aws = self.provider.aws.as_identity(&caller.identity);
        let Some(aws) = aws.map_err(|error| failed(error.to_string()))? else { return Ok(false) };
        let called =
            self.provider.called_by(aws).await.map_err(|error| failed(error_text(&error)))?;
        caller.check_account(&called.account).map_err(|message| {
            let name = "allowedAccountIds";
            self.nobody(urn, Fault { name, message })
        })?;
        self.run().callers.insert(urn.to_owned(), called);
        Ok(true)
    }

    /// Nothing is called for a provider of which nobody knows who calls.
    fn nobody(&self, urn: &str, fault: Fault) -> Fault {
        let refusing = self.provider.refusing(&fault.message);
        self.run().callers.insert(urn.to_owned(), refusing);
        fault
    }

    /// Finds out who calls for the providers that the state's resources were made with, before the program says anything.
    pub(crate) async fn know_callers(&self) {
        if std::mem::replace(&mut self.run().knows_callers, true) {
            return;
        }
        let providers: Vec<Resource> = {
            let live = self.live();
            let resources = live.old();
            let is_used = |urn: &str| {
                resources.iter().any(|one| {
                    one.provider
                        .as_deref()
                        .and_then(|used| used.rsplit_once("::"))
                        .is_some_and(|(used, _)| used == urn)
                })
            };
            let is_one = |one: &&Resource| urn::is_provider(&one.token) && is_used(&one.urn);
            resources.iter().filter(is_one).cloned().collect()
        };
        for provider in providers {
            // Whoever needs it is told why it cannot be used.
            let _ = self.call_as(&provider.urn, &provider.inputs).await;
        }
    }

    /// The provider that calls for a provider of the program (`URN::ID`).
    pub(super) fn called_for(&self, provider: Option<&str>) -> Provider {
        let urn = provider.and_then(|provider| provider.rsplit_once("::")).map(|(urn, _)| urn);
        let called = urn.and_then(|urn| self.run().callers.get(urn).cloned());
        called.unwrap_or_else(|| self.provider.clone())
    }

    /// The same in a region.
    pub(super) fn called_in(&self, provider: Option<&str>, region: &str) -> Provider {
        let called = self.called_for(provider);
        let found = if region.is_empty() { None } else { called.in_region(region) };
        found.unwrap_or(called)
    }

    /// The provider for a step on a resource of the state.
    pub(super) fn provider_for(
        &self,
        resource: &Resource,
        pick: fn(&Timeouts) -> Option<f64>,
    ) -> Provider {
        let region = resource.inputs.get("region").and_then(Value::as_str).unwrap_or_default();
        self.called_in(resource.provider.as_deref(), region).patient(pick(&resource.timeouts))
    }
}

/// An error with its causes, in one line.
fn error_text(error: &client::Error) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(source) = cause {
        text = format!("{text}: {source}");
        cause = source.source();
    }
    text
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
