//! `RegisterResource` and `ReadResource`: from the wire to a registration, and its result back.

use super::ORGANIZATION;
use super::grpc::{Answer, Status};
use super::messages::{
    Alias as WireAlias, CustomTimeouts, ReadResourceRequest, ReadResourceResponse,
    RegisterResourceRequest, RegisterResourceResponse, Struct, Urns,
};
use super::session::Session;
use super::values::{Reader, UNKNOWN, written};
use crate::diagnostic::Diagnostic;
use crate::engine::urn;
use crate::program::yaml::options::seconds;
use crate::program::{Alias, Former, Locate, Options, Registered, Registration, Status as Outcome};
use crate::state::Timeouts;
use crate::value::{Object, Value};
use indexmap::IndexMap;
use prost::Message;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The type of the outputs of other stacks.
const STACK_REFERENCE: &str = "pulumi:pulumi:StackReference";
/// The value of `result` that says that there is none.
const FAILED: i32 = 1;
/// What an output becomes when a program puts it into a text: in Python, and in JavaScript.
const OUTPUT_AS_TEXT: &[&str] = &[
    "Calling __str__ on an Output[T] is not supported",
    "Calling [toString] on an [Output<T>] is not supported",
    "Calling [toJSON] on an [Output<T>] is not supported",
];

impl Session<'_> {
    pub(super) async fn register(&self, request: RegisterResourceRequest) -> Answer {
        if request.token == urn::STACK {
            let urn = self.program.stack_urn();
            let object = Some(Struct::default());
            return Ok(
                RegisterResourceResponse { urn, object, ..Default::default() }.encode_to_vec()
            );
        }
        if self.state().is_aborted || self.program.cancel.is_cancelled() {
            return Err(over());
        }
        let places = self.program.sources.position(
            request.source_position.as_ref(),
            request.stack_trace.as_ref(),
            &request.name,
            request.object.as_ref().unwrap_or(&Struct::default()),
        );
        if let Some(why) = unsupported(&request) {
            self.monitor.report(why.at(places.place("", false)));
            self.state().is_aborted = true;
            return Err(over());
        }
        let can_go_on = request.supports_result_reporting;
        let is_component = !request.custom;
        let registration = self.registration(request, places);
        let registered = self.monitor.register(registration).await;
        let is_done = self.settle(&registered);
        if !is_done && !can_go_on && !self.monitor.is_preview() {
            self.state().is_aborted = true;
            return Err(over());
        }
        let (id, object) = result(&registered, is_done && !is_component);
        let result = if is_done || self.monitor.is_preview() { 0 } else { FAILED };
        let response = RegisterResourceResponse { urn: registered.urn, id, object, result };
        Ok(response.encode_to_vec())
    }

    pub(super) async fn read(&self, request: ReadResourceRequest) -> Answer {
        if self.state().is_aborted || self.program.cancel.is_cancelled() {
            return Err(over());
        }
        let places = self.program.sources.position(
            request.source_position.as_ref(),
            request.stack_trace.as_ref(),
            &request.name,
            &Struct::default(),
        );
        if request.token == STACK_REFERENCE {
            return self.read_stack(&request, &places);
        }
        let is_known = request.id != UNKNOWN && !request.id.is_empty();
        if !is_known {
            let urn = self.urn_of(&request);
            let properties = Some(Struct::default());
            return Ok(
                ReadResourceResponse { urn, properties, ..Default::default() }.encode_to_vec()
            );
        }
        let inputs = self.inputs(request.properties.unwrap_or_default(), &places);
        let registration = Registration {
            token: request.token,
            name: request.name,
            is_component: false,
            is_blocked: self.is_blocked(request.dependencies.iter(), &inputs),
            inputs,
            options: Options {
                read: Some(request.id.clone()),
                parent: given(request.parent),
                provider: given(request.provider),
                additional_secret_outputs: request.additional_secret_outputs,
                ..Options::default()
            },
            dependencies: request.dependencies,
            property_dependencies: IndexMap::new(),
            places,
        };
        let registered = self.monitor.register(registration).await;
        let is_done = self.settle(&registered);
        let (_, properties) = result(&registered, is_done);
        let result = if is_done || self.monitor.is_preview() { 0 } else { FAILED };
        let (urn, id) = (registered.urn, request.id);
        Ok(ReadResourceResponse { urn, properties, result, id }.encode_to_vec())
    }

    /// The outputs of another stack.
    fn read_stack(&self, request: &ReadResourceRequest, places: &Arc<dyn Locate>) -> Answer {
        let outputs = match (self.program.other_stack)(&request.id) {
            Ok(outputs) => outputs,
            Err(message) => {
                self.monitor.report(Diagnostic::error(message).at(places.place("", false)));
                self.state().is_aborted = true;
                return Err(over());
            }
        };
        let secrets = outputs.as_object().into_iter().flatten();
        let secrets = secrets.filter(|(_, value)| value.has_secret());
        let secrets = secrets.map(|(name, _)| Value::string(name.as_str())).collect();
        let properties: Object = [
            ("name".to_owned(), Value::string(request.id.as_str())),
            ("outputs".to_owned(), outputs),
            ("secretOutputNames".to_owned(), Value::Array(secrets)),
        ]
        .into_iter()
        .collect();
        let response = ReadResourceResponse {
            urn: self.urn_of(request),
            properties: Some(written(&properties)),
            id: request.id.clone(),
            ..Default::default()
        };
        Ok(response.encode_to_vec())
    }

    fn urn_of(&self, request: &ReadResourceRequest) -> String {
        let parent = Some(request.parent.as_str()).filter(|parent| !parent.is_empty());
        let program = self.program;
        urn::of(&program.stack, &program.project.name, parent, &request.token, &request.name)
    }

    /// Remembers what could not be made; false when it could not.
    fn settle(&self, registered: &Registered) -> bool {
        let is_done = registered.status == Outcome::Done;
        if !is_done {
            self.state().failed.insert(registered.urn.clone());
        }
        is_done
    }

    fn registration(
        &self,
        request: RegisterResourceRequest,
        places: Arc<dyn Locate>,
    ) -> Registration {
        let mut inputs = Object::new();
        if request.custom {
            inputs = self.inputs(request.object.clone().unwrap_or_default(), &places);
            if urn::is_provider(&request.token) {
                inputs = inputs.into_iter().map(|(name, value)| (name, unpacked(value))).collect();
            }
        }
        let named = request.property_dependencies.values().flat_map(|urns| &urns.urns);
        let named = named.chain(&request.dependencies).chain(std::iter::once(&request.parent));
        let is_blocked = self.is_blocked(named, &inputs);
        Registration {
            token: request.token.clone(),
            name: request.name.clone(),
            is_component: !request.custom,
            is_blocked,
            inputs,
            dependencies: request.dependencies.clone(),
            property_dependencies: property_dependencies(&request.property_dependencies),
            options: options(request),
            places,
        }
    }

    /// Inputs as values. What is wrong with them is told, and is an error in previews and updates alike.
    fn inputs(&self, object: Struct, places: &Arc<dyn Locate>) -> Object {
        let directory = self.program.project.entry().0;
        let mut reader = Reader::new(&directory);
        let mut inputs = reader.object(object);
        for (path, message) in reader.faults {
            self.monitor.report(Diagnostic::error(message).at(places.place(&path, false)));
        }
        for (name, value) in &mut inputs {
            if holds_output_as_text(value) {
                *value = Value::Unknown;
                let message = format!("`{name}` holds an output that was put into a text");
                let hint = "its value is not known yet there: use `apply`, `Output.concat`, `Output.format` or \
                            `Output.json_dumps` (Python), `pulumi.interpolate` or `pulumi.jsonStringify` (TypeScript)";
                let place = places.place(name, false);
                self.monitor.report(Diagnostic::error(message).at(place).hint(hint));
            }
        }
        inputs
    }

    /// Whether something it depends on could not be made. A preview goes on, to find everything that is wrong.
    fn is_blocked<'u>(&self, mut named: impl Iterator<Item = &'u String>, inputs: &Object) -> bool {
        let state = self.state();
        !self.monitor.is_preview()
            && !state.failed.is_empty()
            && (named.any(|urn| state.failed.contains(urn))
                || inputs.values().any(Value::has_unknown))
    }
}

/// No more registrations are taken.
fn over() -> Status {
    Status::unavailable("the deployment is over")
}

fn given(text: String) -> Option<String> {
    Some(text).filter(|text| !text.is_empty())
}

/// What this engine cannot do with a registration.
fn unsupported(request: &RegisterResourceRequest) -> Option<Diagnostic> {
    let RegisterResourceRequest { token, name, .. } = request;
    let provider = token.strip_prefix("pulumi:providers:");
    let message = if request.remote {
        format!("`{name}` is a component of the package of `{token}`, and refit runs no packages")
    } else if provider.is_some_and(|package| package != "aws") {
        format!("refit has no provider `{}`; it deploys `aws`", provider.unwrap_or_default())
    } else if token.starts_with("pulumi-python:") || token.starts_with("pulumi-nodejs:") {
        format!("`{name}` is a dynamic resource, and refit runs no dynamic providers")
    } else {
        return None;
    };
    Some(Diagnostic::error(message))
}

/// Id and outputs for the program. What is left out is unknown in a preview.
fn result(registered: &Registered, is_done: bool) -> (String, Option<Struct>) {
    if !is_done {
        return (String::new(), Some(Struct::default()));
    }
    let id = registered.outputs.get("id").and_then(Value::as_str).unwrap_or_default();
    (id.to_owned(), Some(written(&registered.outputs)))
}

fn property_dependencies(wire: &BTreeMap<String, Urns>) -> IndexMap<String, Vec<String>> {
    wire.iter().map(|(name, urns)| (name.clone(), urns.urns.clone())).collect()
}

fn options(request: RegisterResourceRequest) -> Options {
    let of_urns = request.alias_urns.into_iter().map(Alias::Urn);
    Options {
        parent: given(request.parent),
        protect: request.protect,
        ignore_changes: request.ignore_changes,
        replace_on_changes: request.replace_on_changes,
        delete_before_replace: (request.delete_before_replace
            || request.delete_before_replace_defined)
            .then_some(request.delete_before_replace),
        retain_on_delete: request.retain_on_delete.unwrap_or_default(),
        aliases: request.aliases.into_iter().filter_map(alias).chain(of_urns).collect(),
        additional_secret_outputs: request.additional_secret_outputs,
        timeouts: timeouts(request.custom_timeouts.unwrap_or_default()),
        import: given(request.import_id),
        read: None,
        provider: given(request.provider),
        deleted_with: given(request.deleted_with),
    }
}

fn alias(wire: WireAlias) -> Option<Alias> {
    match wire.spec {
        None => given(wire.urn).map(Alias::Urn),
        Some(spec) => Some(Alias::Spec(Former {
            name: given(spec.name),
            token: given(spec.token),
            stack: given(spec.stack),
            project: given(spec.project),
            parent: given(spec.parent_urn),
            had_no_parent: spec.no_parent,
        })),
    }
}

fn timeouts(wire: CustomTimeouts) -> Timeouts {
    Timeouts {
        create: seconds(&wire.create),
        update: seconds(&wire.update),
        delete: seconds(&wire.delete),
    }
}

/// Arguments of providers that are no texts come as JSON.
fn unpacked(value: Value) -> Value {
    match value {
        Value::Secret(inner) => Value::secret(unpacked(*inner)),
        Value::String(text) if text.starts_with(['{', '[']) => match serde_json::from_str(&text) {
            Ok(json) => Value::from_json(json),
            Err(_) => Value::String(text),
        },
        other => other,
    }
}

fn holds_output_as_text(value: &Value) -> bool {
    match value.open() {
        Value::String(text) => OUTPUT_AS_TEXT.iter().any(|words| text.contains(words)),
        Value::Array(items) => items.iter().any(holds_output_as_text),
        Value::Object(fields) => fields.values().any(holds_output_as_text),
        _ => false,
    }
}

/// The stack that a reference names: `organization/PROJECT/STACK`, `PROJECT/STACK`, or `STACK` of the same project.
pub(crate) fn stack_named<'n>(name: &'n str, project: &'n str) -> Option<(&'n str, &'n str)> {
    match name.split('/').collect::<Vec<_>>().as_slice() {
        [stack] => Some((project, stack)),
        [project, stack] => Some((project, stack)),
        [owner, project, stack] if *owner == ORGANIZATION => Some((project, stack)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::stack_named;

    #[test]
    fn stacks_have_names() {
        let cases = [
            ("dev", Some(("own", "dev"))),
            ("net/dev", Some(("net", "dev"))),
            ("organization/net/dev", Some(("net", "dev"))),
            ("other/net/dev", None),
            ("a/b/c/d", None),
        ];
        for (name, expected) in cases {
            assert_eq!(stack_named(name, "own"), expected, "{name}");
        }
    }
}
