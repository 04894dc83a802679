//! Roles that properties name: a preview finds those that neither the program makes nor AWS has.

use super::Engine;
use crate::diagnostic::{Diagnostic, Place};
use crate::program::Registration;
use crate::types::{ResourceType, Shape};
use crate::value::{Object, Value};
use serde_json::json;
use std::collections::HashMap;

/// A role's ARN and where it is named.
#[derive(Clone)]
pub(super) struct Named {
    arn: String,
    place: Option<Place>,
    resource: String,
}

impl Engine<'_> {
    /// Remembers the roles that a resource's properties name.
    pub(super) fn remember_roles(
        &self,
        kind: &ResourceType,
        registration: &Registration,
        inputs: &Object,
    ) {
        if !self.is_preview() {
            return;
        }
        for (name, property) in &kind.properties {
            let arn = inputs.get(name).and_then(Value::as_str);
            let Some(arn) = arn.filter(|_| property.shape == Shape::Role) else { continue };
            let named = Named {
                arn: arn.to_owned(),
                place: registration.places.place(name, false),
                resource: registration.name.clone(),
            };
            self.run().roles.push(named);
        }
    }

    /// Asks AWS for the roles that the program does not make. Only a clear "no" counts.
    pub(crate) async fn check_roles(&self) {
        let made: Vec<String> = {
            let live = self.live();
            let arns = live.all().into_iter().filter_map(|resource| resource.outputs.get("arn"));
            arns.filter_map(Value::as_str).map(str::to_owned).collect()
        };
        let named = self.run().roles.clone();
        let account = format!(":iam::{}:role/", self.provider.account);
        let mut known: HashMap<String, bool> = HashMap::new();
        for Named { arn, place, resource } in named {
            if made.contains(&arn) || !arn.contains(&account) {
                continue;
            }
            let name = arn.rsplit('/').next().unwrap_or_default().to_owned();
            let is_missing = if let Some(is_missing) = known.get(&arn) {
                *is_missing
            } else {
                let input = json!({ "RoleName": name });
                let answer = self.provider.aws.call("iam", "GetRole", input).await;
                let is_no = |code: &str| code.starts_with("NoSuchEntity");
                let is_missing = answer.is_err_and(|error| error.code().is_some_and(is_no));
                known.insert(arn.clone(), is_missing);
                is_missing
            };
            if is_missing {
                let message = format!("`{resource}` names the role `{name}`, which does not exist");
                let hint =
                    "make it with a resource of type aws:iam:Role, and refer to it: ${role.arn}";
                self.note(Diagnostic::error(message).at(place).hint(hint));
            }
        }
    }
}
