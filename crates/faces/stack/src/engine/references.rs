//! References to other stacks: their outputs, read from their state.

use super::Engine;
use crate::diagnostic::Diagnostic;
use crate::error::Error;
use crate::program::{Registered, Registration, Status};
use crate::state::{Resource, now};
use crate::value::{Object, Value};

/// Reads the outputs of a stack of this state root: project, stack.
pub(crate) type Library = dyn Fn(&str, &str) -> Result<Object, Error> + Send + Sync;

impl Engine<'_> {
    /// `pulumi:pulumi:StackReference`
    pub(super) fn stack_reference(
        &self,
        registration: &Registration,
        urn: String,
        parent: String,
    ) -> Registered {
        let given = registration.inputs.get("name").and_then(Value::as_str);
        let read = registration.options.read.as_deref();
        let name = given.or(read).unwrap_or(&registration.name).to_owned();
        let parts: Vec<&str> = name.split('/').collect();
        let found = match parts.as_slice() {
            [stack] => Ok((self.project.as_str(), *stack)),
            [project, stack] | [_, project, stack] => Ok((*project, *stack)),
            _ => Err(format!("`{name}` is no name of a stack")),
        };
        let outputs = found.and_then(|(project, stack)| {
            (self.library)(project, stack).map_err(|error| error.to_string())
        });
        let outputs = match outputs {
            Ok(outputs) => outputs,
            Err(message) => {
                let hint = "write organization/PROJECT/STACK, or STACK for one of this project";
                return self.refused(registration, urn, Diagnostic::error(message).hint(hint));
            }
        };
        let secret = outputs.iter().filter(|(_, value)| value.has_secret());
        let secret = secret.map(|(name, _)| Value::string(name.as_str())).collect();
        let inputs: Object =
            [("name".to_owned(), Value::string(name.as_str()))].into_iter().collect();
        let mut shown = inputs.clone();
        shown.insert("outputs".to_owned(), Value::Object(outputs));
        shown.insert("secretOutputNames".to_owned(), Value::Array(secret));
        let old = self.live().take_old(&urn);
        let is_changed = old.as_ref().is_none_or(|old| old.outputs != shown);
        let resource = Resource {
            urn: urn.clone(),
            custom: true,
            external: true,
            id: Some(name.clone()),
            token: super::urn::STACK_REFERENCE.to_owned(),
            inputs,
            outputs: shown.clone(),
            parent: Some(parent),
            created: old.and_then(|old| old.created).or_else(|| Some(now())),
            modified: Some(now()),
            ..Resource::default()
        };
        self.live().push_fresh(resource, is_changed);
        shown.insert("id".to_owned(), Value::String(name));
        Registered { urn, outputs: shown, status: Status::Done }
    }
}
