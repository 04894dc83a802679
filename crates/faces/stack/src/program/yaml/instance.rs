//! One use of a component: its inputs evaluated, the component registered, and everything in it run.

use super::component;
use super::document::ResourceItem;
use super::{State, YamlProgram, YamlProject};
use crate::diagnostic::Diagnostic;
use crate::program::{Alias, Former, Monitor, Registered, Registration, Status};
use crate::types::short;
use crate::value::{Object, Value};
use std::future::Future;
use std::pin::Pin;
use std::sync::Mutex;

/// The use of a component that a program is run for; nothing of it is set for a project itself.
#[derive(Debug, Default)]
pub(super) struct Within {
    /// URN of the component.
    pub(super) urn: Option<String>,
    /// What the names of everything in it begin with.
    prefix: String,
    /// Its provider, as `URN::ID`.
    pub(super) provider: Option<String>,
    /// What everything in it comes after.
    pub(super) dependencies: Vec<String>,
    /// Something it depends on failed.
    pub(super) is_blocked: bool,
}

impl Within {
    /// The name in the stack of something in it.
    pub(super) fn name(&self, name: &str) -> String {
        if self.prefix.is_empty() { name.to_owned() } else { format!("{}-{name}", self.prefix) }
    }

    /// What something in it was called before: Pulumi did not always put the component's name before it.
    pub(super) fn aliases(&self, declared: &[Alias], name: &str) -> Vec<Alias> {
        let plain = Alias::Spec(Former { name: Some(name.to_owned()), ..Former::default() });
        let plain = (!self.prefix.is_empty()).then_some(plain);
        declared.iter().cloned().chain(plain).collect()
    }
}

impl YamlProgram<'_> {
    /// Registers a component and everything in it. It is done when all of that is.
    pub(super) async fn component(
        &self,
        index: usize,
        item: &ResourceItem,
        component: &YamlProject,
        monitor: &dyn Monitor,
    ) -> Registered {
        let mut is_blocked = self.is_blocked(index, item);
        let config = if is_blocked {
            vec![Value::Unknown; component.document.config.len()]
        } else {
            let (config, is_sound) = self.inputs(item, component, monitor).await;
            // A preview goes on, to find everything that is wrong.
            is_blocked = !is_sound && !monitor.is_preview();
            config
        };
        let options = self.options(item, monitor).await;
        let (name, provider) = (self.within.name(&item.name), options.provider.clone());
        let dependencies = self.dependencies(index);
        let registration = Registration {
            token: short(&item.token),
            name: name.clone(),
            is_component: true,
            inputs: Object::new(),
            options,
            dependencies: dependencies.clone(),
            property_dependencies: self.property_dependencies(index),
            places: self.places(item),
            is_blocked,
        };
        let registered = monitor.register(registration).await;
        if registered.status != Status::Done {
            return registered;
        }
        let within = Within {
            urn: Some(registered.urn.clone()),
            prefix: name,
            provider: provider.or_else(|| self.within.provider.clone()),
            dependencies,
            is_blocked,
        };
        let inside = YamlProgram {
            project: component,
            components: self.components,
            directory: self.directory.clone(),
            stack: self.stack.clone(),
            config,
            within,
            state: Mutex::default(),
        };
        let outputs = inside.run_inside(monitor).await;
        monitor.component_outputs(&registered.urn, outputs.clone());
        let state = inside.state.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
        let status = status(&state, is_blocked);
        self.state().members.insert(index, members(&state));
        Registered { urn: registered.urn, outputs, status }
    }

    /// The same as a future of known size, as components may be in components.
    fn run_inside<'s>(
        &'s self,
        monitor: &'s dyn Monitor,
    ) -> Pin<Box<dyn Future<Output = Object> + Send + 's>> {
        Box::pin(self.run_all(monitor))
    }

    /// What a component gets: a value for each of its inputs, and whether nothing was wrong with them.
    async fn inputs(
        &self,
        item: &ResourceItem,
        component: &YamlProject,
        monitor: &dyn Monitor,
    ) -> (Vec<Value>, bool) {
        let (mut values, mut is_sound) = (Vec::new(), true);
        for input in &component.document.config {
            let given = item.properties.iter().find(|(name, _)| *name == input.name);
            let value = match given {
                None => Ok(None),
                Some((_, expression)) => self.value(expression, monitor).await.map(Some),
            };
            let value = value.and_then(|value| {
                component::input(input, value).map_err(|message| {
                    let span = given.map_or(item.key_span, |(_, expression)| expression.span);
                    let place = Some(self.project.source.place(span));
                    Box::new(Diagnostic::error(message).at(place))
                })
            });
            values.push(value.unwrap_or_else(|why| {
                is_sound = false;
                monitor.report(*why);
                Value::Unknown
            }));
        }
        (values, is_sound)
    }
}

/// How all went that is in a component.
fn status(state: &State, is_blocked: bool) -> Status {
    let any = |status| state.resources.values().any(|done| done.status == status);
    if any(Status::Failed) {
        Status::Failed
    } else if is_blocked || any(Status::Skipped) {
        Status::Skipped
    } else {
        Status::Done
    }
}

/// URNs of all that is in a component, in components in it too.
fn members(state: &State) -> Vec<String> {
    let own = state.resources.values().map(|done| done.urn.clone());
    own.chain(state.members.values().flatten().cloned()).collect()
}
