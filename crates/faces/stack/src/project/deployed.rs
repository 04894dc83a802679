//! What a stack has: its outputs and its resources.

use super::{Options, Project};
use crate::engine::urn;
use crate::error::Error;
use crate::state::{Resource, shown};
use crate::types;
use serde_json::{Map, Value};

/// A resource as deployed.
#[derive(Debug, Clone, PartialEq)]
pub struct Deployed {
    /// Its type as a program writes it, such as `aws:sfn:StateMachine`.
    pub resource_type: String,
    /// Its name in the program.
    pub name: String,
    /// Its URN.
    pub urn: String,
    /// Its id on AWS.
    pub id: String,
    /// Its properties as AWS has them; secrets are `"[secret]"`.
    pub outputs: Map<String, Value>,
    /// The program has a provider of its own for it, which may call as somebody else.
    pub has_own_provider: bool,
}

impl Project {
    /// The outputs of a deployed stack. Secrets are `"[secret]"` unless `show_secrets`, which needs the passphrase.
    ///
    /// # Errors
    /// [`Error::NoStack`] when it was never deployed, [`Error::Secret`] when a secret cannot be opened.
    pub fn outputs(
        &self,
        options: &Options,
        show_secrets: bool,
    ) -> Result<Map<String, Value>, Error> {
        let (checkpoint, _) = self.checkpoint(options)?;
        let stack = checkpoint.resources.iter().find(|resource| resource.token == urn::STACK);
        Ok(stack.map(|stack| shown(&stack.outputs, show_secrets)).unwrap_or_default())
    }

    /// The resources of a deployed stack, in the order they were made.
    ///
    /// # Errors
    /// [`Error::NoStack`] when it was never deployed.
    pub fn resources(&self, options: &Options) -> Result<Vec<Deployed>, Error> {
        let (checkpoint, _) = self.checkpoint(options)?;
        let is_own = |resource: &Resource| {
            resource.custom && !resource.delete && !urn::is_builtin(&resource.token)
        };
        let own = checkpoint.resources.into_iter().filter(is_own);
        Ok(own
            .map(|resource| Deployed {
                resource_type: types::short(&resource.token),
                name: resource.name().to_owned(),
                id: resource.id.clone().unwrap_or_default(),
                outputs: shown(&resource.outputs, false),
                has_own_provider: resource
                    .provider
                    .as_deref()
                    .and_then(|provider| provider.rsplit_once("::"))
                    .is_some_and(|(urn, _)| !urn.ends_with("::default")),
                urn: resource.urn,
            })
            .collect())
    }

    /// ARNs of the stack's state machines that a schedule of the stack starts; when none is scheduled, of all of them.
    ///
    /// # Errors
    /// [`Error::NoStack`] when it was never deployed.
    pub fn scheduled_state_machines(&self, options: &Options) -> Result<Vec<String>, Error> {
        let resources = self.resources(options)?;
        let text = |resource: &Deployed, name: &str| {
            resource.outputs.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
        };
        let of = |kind: &'static str| {
            resources.iter().filter(move |resource| resource.resource_type == kind)
        };
        let machines: Vec<String> =
            of("aws:sfn:StateMachine").map(|machine| text(machine, "arn")).collect();
        let schedules: Vec<String> = of("aws:cloudwatch:EventRule")
            .filter(|rule| !text(rule, "scheduleExpression").is_empty())
            .map(|rule| text(rule, "name"))
            .collect();
        let targets: Vec<String> = of("aws:cloudwatch:EventTarget")
            .filter(|target| schedules.contains(&text(target, "rule")))
            .map(|target| text(target, "arn"))
            .collect();
        let scheduled: Vec<String> =
            machines.iter().filter(|machine| targets.contains(machine)).cloned().collect();
        Ok(if scheduled.is_empty() { machines } else { scheduled })
    }
}
