//! State machine definitions inside a project, found by running the program against an AWS that is not there.

use super::{Definition, Language, Project};
use crate::aws::Aws;
use crate::cancel::Cancel;
use crate::diagnostic::{Diagnostic, Severity};
use crate::engine::{Engine, Live, Mode, Parts};
use crate::error::Error;
use crate::program::yaml::settings;
use crate::program::{Monitor, Program, Registered, Registration};
use crate::progress::Progress;
use crate::provider::Provider;
use crate::provider::check::Inside;
use crate::provider::invoke::InvokeError;
use crate::types::canonical;
use crate::value::{Object, Value};
use async_trait::async_trait;
use serde_json::{Value as Json, json};
use std::path::Path;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};

/// The stack whose settings are used, if it has any.
const STACK: &str = "dev";

/// Nothing in it ever waits for the outside, so it can be driven to its end right here, with or without a runtime around.
pub(super) fn find(path: &Path) -> Result<Vec<Definition>, Error> {
    let mut work = pin!(tokio::task::unconstrained(evaluate(path)));
    let mut context = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(found) = work.as_mut().poll(&mut context) {
            return found;
        }
    }
}

async fn evaluate(path: &Path) -> Result<Vec<Definition>, Error> {
    let project = Project::load(path)?;
    let program = match &project.program {
        Ok(Language::Yaml(program)) if program.faults().is_empty() => program,
        Ok(Language::Hosted(_)) => {
            let message = "definitions inside a program show only when it runs";
            let hint = "refit preview checks them";
            return Err(Error::invalid(vec![Diagnostic::error(message).hint(hint)]));
        }
        _ => return Err(Error::invalid(project.faults().to_vec())),
    };
    // Secrets of the stack's file need not be opened for this.
    let settings =
        settings::read(&project.directory, &project.name, STACK, &[], None).unwrap_or_default();
    let region = settings.region().unwrap_or("us-east-1").to_owned();
    let directory = match program.main() {
        Some(main) => project.directory.join(main),
        None => project.directory.clone(),
    };
    let provider =
        Provider::connect(Arc::new(Nowhere { region }), directory.clone(), Cancel::new())
            .await
            .map_err(|error| Error::Aws(Box::new(error)))?;
    let program = program
        .program(directory, STACK, &settings, true)
        .map_err(|diagnostics| Error::Invalid { diagnostics })?;
    let parts = Parts {
        mode: Mode::Preview,
        project: project.name.clone(),
        stack: STACK.to_owned(),
        provider,
        seed: [0; 32],
        live: Live::default(),
        keeper: None,
        parallel: 1,
        selection: crate::selection::Selection::default(),
        default_tags: Object::new(),
        can_seal: true,
        is_detailed: false,
        shows_calls: false,
        library: std::sync::Arc::new(|project, stack| {
            Err(Error::NoStack { project: project.to_owned(), stack: stack.to_owned() })
        }),
    };
    let mut quiet = Quiet;
    let finder = Finder { engine: Engine::new(parts, &mut quiet), found: Mutex::default() };
    finder.engine.register_roots();
    program.run(&finder).await;
    Ok(finder.found.into_inner().unwrap_or_else(PoisonError::into_inner))
}

/// Passes everything on to an engine and keeps the definitions.
struct Finder<'a> {
    engine: Engine<'a>,
    found: Mutex<Vec<Definition>>,
}

#[async_trait]
impl Monitor for Finder<'_> {
    fn is_preview(&self) -> bool {
        true
    }

    async fn register(&self, registration: Registration) -> Registered {
        if canonical(&registration.token) == "aws:sfn/stateMachine:StateMachine"
            && let Some(definition) = definition(&registration)
        {
            self.found.lock().unwrap_or_else(PoisonError::into_inner).push(definition);
        }
        let name = registration.name.clone();
        let mut registered = Monitor::register(&self.engine, registration).await;
        for (property, value) in &mut registered.outputs {
            if value.has_unknown() {
                *value = Value::String(format!("${{{name}.{property}}}"));
            }
        }
        registered
    }

    async fn invoke(
        &self,
        token: &str,
        arguments: &Object,
        _provider: Option<&str>,
    ) -> Result<Value, InvokeError> {
        // Without AWS, what it would tell is not known.
        Ok(Monitor::invoke(&self.engine, token, arguments, None).await.unwrap_or(Value::Unknown))
    }

    fn outputs(&self, _outputs: Object) {}

    fn component_outputs(&self, _urn: &str, _outputs: Object) {}

    fn say(&self, _line: &str) {}

    fn remark(&self, _diagnostic: Diagnostic) {}

    fn report(&self, _diagnostic: Diagnostic) {}
}

fn definition(registration: &Registration) -> Option<Definition> {
    let given = registration.inputs.get("definition")?;
    let text = match given.as_str() {
        Some(text) => text.to_owned(),
        None => given.to_json()?.to_string(),
    };
    let is_express = registration.inputs.get("type").and_then(Value::as_str) == Some("EXPRESS");
    let checked = asl::check(&text, asl::Options::of(is_express));
    let diagnostics = checked.diagnostics.into_iter().map(|found| {
        let severity = match found.severity {
            asl::Severity::Error => Severity::Error,
            asl::Severity::Warning => Severity::Warning,
        };
        let message = found.to_string();
        let inside =
            Inside { pointer: found.location, line: found.start.line, column: found.start.column };
        Diagnostic {
            severity,
            message,
            place: registration.places.inside("definition", &inside),
            hint: found.hint,
        }
    });
    Some(Definition {
        resource: registration.name.clone(),
        diagnostics: diagnostics.collect(),
        text,
    })
}

/// An AWS that only knows who is calling: the account of AWS's own examples.
pub(super) struct Nowhere {
    pub(super) region: String,
}

#[async_trait]
impl Aws for Nowhere {
    async fn call(&self, _: &str, operation: &str, _: Json) -> Result<Json, client::Error> {
        if operation == "GetCallerIdentity" {
            return Ok(json!({
                "Account": "123456789012",
                "Arn": "arn:aws:iam::123456789012:root",
                "UserId": "123456789012",
            }));
        }
        let source = wire::Error::Model("there is no AWS here".to_owned());
        Err(client::Error::Wire { operation: operation.to_owned(), source })
    }

    fn region(&self) -> String {
        self.region.clone()
    }
}

/// Tells nobody.
struct Quiet;

impl Progress for Quiet {}
