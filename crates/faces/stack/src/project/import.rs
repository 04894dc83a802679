//! Taking a resource that exists into a stack: read, kept in the state, and told as the YAML that the program needs now.

use super::convert::resource_as_yaml;
use super::{Options, Project, Summary};
use crate::diagnostic::{Diagnostic, Place};
use crate::engine::{Engine, Mode};
use crate::error::Error;
use crate::program::{self, Locate, Monitor, Registration};
use crate::progress::Progress;
use crate::types::{self, ResourceType};
use crate::value::Object;
use indexmap::IndexMap;
use std::sync::Arc;

/// A resource to take into a stack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Import {
    /// Its type, short or full: `aws:sfn:StateMachine`.
    pub resource_type: String,
    /// What it is to be called in the program.
    pub name: String,
    /// Its id on AWS, as the type's own: a name, an ARN, `GROUP/NAME`.
    pub id: String,
    /// It must not be deleted until the option is taken away.
    pub protect: bool,
    /// URN of its parent, if it is not the stack's own.
    pub parent: Option<String>,
}

/// A resource that was taken into a stack.
#[derive(Debug, Clone, PartialEq)]
pub struct Imported {
    /// What was done.
    pub summary: Summary,
    /// What stands below `resources` in a program that has it.
    pub yaml: String,
}

/// No file has it yet.
struct Nowhere;

impl Locate for Nowhere {
    fn place(&self, _path: &str, _name: bool) -> Option<Place> {
        None
    }
}

impl Project {
    /// Takes a resource that exists into the stack. The program has to have it from then on: without it, the next `up` would
    /// delete it, or refuse to if it is protected.
    ///
    /// # Errors
    /// [`Error::Invalid`] when there is no such type, name or resource; the others as of [`Project::up`].
    pub async fn import(
        &self,
        options: &Options,
        what: &Import,
        progress: &mut dyn Progress,
    ) -> Result<Imported, Error> {
        let kind = types::find(&what.resource_type).ok_or_else(|| {
            let message = format!("refit has no resources of type `{}`", what.resource_type);
            let diagnostic = Diagnostic::error(message).hint(types::hint(&what.resource_type));
            Error::Invalid { diagnostics: vec![diagnostic] }
        })?;
        let lock = self.state_file(options)?.lock()?;
        let mut session = self.session(options).await?;
        let keeper = session.keeper(self, options)?;
        let engine = session.engine(Mode::Apply, Some(&keeper), progress);
        engine.register_roots();
        engine.know_callers().await;
        engine.recover().await;
        let yaml = adopt(&engine, &kind, what).await;
        engine.save_all().await;
        let result = engine.finish();
        let result = yaml.and_then(|yaml| Ok((result?, yaml)));
        let (summary, yaml) = match result {
            Ok((summary, yaml)) => (Ok(summary), yaml),
            Err(error) => (Err(error), String::new()),
        };
        self.remember(options, "resource-import", &summary);
        drop(lock);
        Ok(Imported { summary: summary?, yaml })
    }
}

/// Reads the resource and registers what it is.
async fn adopt(engine: &Engine<'_>, kind: &ResourceType, what: &Import) -> Result<String, Error> {
    let invalid = |message: String, hint: Option<String>| Error::Invalid {
        diagnostics: vec![Diagnostic::error(message).maybe_hint(hint)],
    };
    if let Some(parent) = what.parent.as_ref().filter(|parent| !engine.has_urn(parent)) {
        return Err(invalid(format!("the stack has no {parent}"), None));
    }
    let mut registration = registration(kind, what, Object::new());
    if engine.has(&registration) {
        let message = format!("the stack has {} `{}` already", kind.short(), what.name);
        return Err(invalid(message, Some("give it another name".to_owned())));
    }
    let inputs = engine.look_up(kind, &what.id).await.map_err(|error| {
        invalid(format!("reading {} `{}`: {error}", kind.short(), what.id), None)
    })?;
    registration.inputs.clone_from(&inputs);
    engine.register(registration).await;
    resource_as_yaml(self::registration(kind, what, inputs))
}

fn registration(kind: &ResourceType, what: &Import, inputs: Object) -> Registration {
    let options = program::Options {
        import: Some(what.id.clone()),
        protect: what.protect.then_some(true),
        parent: what.parent.clone(),
        ..program::Options::default()
    };
    Registration {
        token: kind.token.clone(),
        name: what.name.clone(),
        is_component: false,
        inputs,
        options,
        dependencies: Vec::new(),
        property_dependencies: IndexMap::new(),
        places: Arc::new(Nowhere),
        is_blocked: false,
    }
}
