//! The seam between programs and the engine: a program registers resources with a monitor and gets their outputs back.
//!
//! `Pulumi.yaml` with `runtime: yaml` is one front end, in [`yaml`]. Programs of other languages are run by their SDKs, which
//! speak Pulumi's gRPC protocol; that front end is in [`crate::hosts`].

pub(crate) mod yaml;

use crate::diagnostic::{Diagnostic, Place};
use crate::provider::check::Inside;
use crate::provider::invoke::InvokeError;
use crate::state::Timeouts;
use crate::value::{Object, Value};
use async_trait::async_trait;
use indexmap::IndexMap;
use std::sync::Arc;

/// A program that can be run.
#[async_trait]
pub(crate) trait Program: Send + Sync {
    /// Runs it once: registers everything, reports what is wrong, tells the outputs.
    async fn run(&self, monitor: &dyn Monitor);
}

/// What a program talks to. Calls may be concurrent.
#[async_trait]
pub(crate) trait Monitor: Send + Sync {
    /// Whether nothing is made in this run: outputs may be unknown.
    fn is_preview(&self) -> bool;
    /// Registers a resource; answers when it is done.
    async fn register(&self, registration: Registration) -> Registered;
    /// Calls a data source, with a provider (`URN::ID`) or the default one.
    async fn invoke(
        &self,
        token: &str,
        arguments: &Object,
        provider: Option<&str>,
    ) -> Result<Value, InvokeError>;
    /// Tells the stack's outputs.
    fn outputs(&self, outputs: Object);
    /// Tells a component's outputs.
    fn component_outputs(&self, urn: &str, outputs: Object);
    /// Passes on a line that the program printed.
    fn say(&self, line: &str);
    /// Tells something worth knowing, in a preview and in an update alike.
    fn remark(&self, diagnostic: Diagnostic);
    /// Tells what is wrong. An error makes the run fail, and keeps it from deleting anything.
    fn report(&self, diagnostic: Diagnostic);
}

/// A resource as a program wants it.
pub(crate) struct Registration {
    /// The type's token, short or full.
    pub(crate) token: String,
    pub(crate) name: String,
    /// It is a name for the resources below it, and nothing of its own.
    pub(crate) is_component: bool,
    pub(crate) inputs: Object,
    pub(crate) options: Options,
    /// URNs of everything it depends on.
    pub(crate) dependencies: Vec<String>,
    /// URNs that each input depends on.
    pub(crate) property_dependencies: IndexMap<String, Vec<String>>,
    /// Where it stands.
    pub(crate) places: Arc<dyn Locate>,
    /// Something it depends on failed; it can only be skipped.
    pub(crate) is_blocked: bool,
}

/// Options of a resource.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Options {
    /// URN of its parent.
    pub(crate) parent: Option<String>,
    pub(crate) protect: Option<bool>,
    pub(crate) ignore_changes: Vec<String>,
    pub(crate) replace_on_changes: Vec<String>,
    pub(crate) delete_before_replace: Option<bool>,
    pub(crate) retain_on_delete: bool,
    pub(crate) aliases: Vec<Alias>,
    pub(crate) additional_secret_outputs: Vec<String>,
    pub(crate) timeouts: Timeouts,
    /// Id of an existing resource to take into the stack.
    pub(crate) import: Option<String>,
    /// Id of an existing resource that is only read, and never the stack's.
    pub(crate) read: Option<String>,
    /// `URN::ID` of its provider.
    pub(crate) provider: Option<String>,
    /// URN of the resource with which it goes: when that one is deleted, it needs no deletion of its own.
    pub(crate) deleted_with: Option<String>,
}

/// What a resource was called before.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Alias {
    Urn(String),
    /// Other parts of its URN; what is not given is as it is now.
    Spec(Former),
}

/// Parts of a URN that were different.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Former {
    pub(crate) name: Option<String>,
    pub(crate) token: Option<String>,
    pub(crate) stack: Option<String>,
    pub(crate) project: Option<String>,
    /// URN of its parent.
    pub(crate) parent: Option<String>,
    /// It had no parent but the stack.
    pub(crate) had_no_parent: bool,
}

/// How a registration went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    Done,
    Failed,
    Skipped,
}

/// A resource after its registration.
#[derive(Debug, Clone)]
pub(crate) struct Registered {
    pub(crate) urn: String,
    /// Inputs, outputs, and `id`.
    pub(crate) outputs: Object,
    pub(crate) status: Status,
}

/// Where a resource and its properties stand.
pub(crate) trait Locate: Send + Sync {
    /// The place of a property (`environment.variables.MODE`); of the nearest thing above it when it has none. `name` asks for
    /// its name rather than its value. An empty path is the resource.
    fn place(&self, path: &str, name: bool) -> Option<Place>;
    /// A place inside the document that a property holds.
    fn inside(&self, path: &str, inside: &Inside) -> Option<Place> {
        let _ = inside;
        self.place(path, false)
    }
}
