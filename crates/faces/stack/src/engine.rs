//! The engine: registrations of a program against the resources of the state, as Pulumi's: same, create, update, replace,
//! delete. A preview takes the same way and makes no calls.

mod calls;
mod decide;
mod import;
mod live;
mod providers;
mod recover;
mod references;
mod refresh;
mod register;
mod remove;
mod roles;
mod step;
mod targets;
pub(crate) mod urn;

pub(crate) use live::{Keeper, Live};
pub(crate) use references::Library;

use crate::diagnostic::{Diagnostic, Severity};
use crate::error::Error;
use crate::program::{Monitor, Registered, Registration};
use crate::progress::{Operation, Progress, Step};
use crate::project::Summary;
use crate::provider::Provider;
use crate::provider::invoke::InvokeError;
use crate::selection::Selection;
use crate::state::{Resource, shown};
use crate::value::{Object, Value};
use async_trait::async_trait;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::Semaphore;

/// Whether calls are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    Preview,
    Apply,
}

/// One run.
pub(crate) struct Engine<'a> {
    pub(crate) mode: Mode,
    pub(crate) project: String,
    pub(crate) stack: String,
    pub(crate) provider: Provider,
    /// What random names are made from: the same in a preview and in the update after it.
    pub(crate) seed: [u8; 32],
    /// What the run is about.
    selection: Selection,
    /// Tags that the stack's configuration gives everything.
    default_tags: Object,
    /// Secrets can be kept.
    can_seal: bool,
    /// New resources tell their inputs as differences.
    is_detailed: bool,
    /// Planned steps tell the calls they would make.
    shows_calls: bool,
    library: Arc<Library>,
    live: Mutex<Live>,
    keeper: Option<&'a Keeper>,
    progress: Mutex<&'a mut dyn Progress>,
    permits: Semaphore,
    run: Mutex<Run>,
    started: Instant,
}

/// What a run has seen and done.
#[derive(Default)]
struct Run {
    /// URNs that were registered.
    seen: HashSet<String>,
    /// URNs whose resource was deleted because something it depends on is replaced.
    replaced: HashSet<String>,
    /// What resources of this run were called before, for those below them.
    former: HashMap<String, Vec<String>>,
    /// URNs of resources that the run is about, as far as it is about some only.
    targeted: HashSet<String>,
    /// URNs of resources that get a new one in this run.
    replacing: HashSet<String>,
    diagnostics: Vec<Diagnostic>,
    changes: BTreeMap<Operation, usize>,
    failures: usize,
    is_cancelled: bool,
    /// Inputs of creations that an earlier run did not finish: their names are used again.
    unfinished: HashMap<String, Object>,
    /// The state could not be saved.
    broken: Option<Error>,
    /// Roles that properties name, and where.
    roles: Vec<roles::Named>,
    /// By the URN of a provider of the program: who calls for it, where that is not the run's own caller.
    callers: HashMap<String, Provider>,
    /// The callers of the state's providers are known.
    knows_callers: bool,
}

/// What an engine is made of.
pub(crate) struct Parts<'a> {
    pub(crate) mode: Mode,
    pub(crate) project: String,
    pub(crate) stack: String,
    pub(crate) provider: Provider,
    pub(crate) seed: [u8; 32],
    pub(crate) live: Live,
    pub(crate) keeper: Option<&'a Keeper>,
    pub(crate) parallel: usize,
    pub(crate) selection: Selection,
    pub(crate) default_tags: Object,
    pub(crate) can_seal: bool,
    pub(crate) is_detailed: bool,
    pub(crate) shows_calls: bool,
    pub(crate) library: Arc<Library>,
}

impl<'a> Engine<'a> {
    pub(crate) fn new(parts: Parts<'a>, progress: &'a mut dyn Progress) -> Self {
        Self {
            mode: parts.mode,
            project: parts.project,
            stack: parts.stack,
            provider: parts.provider,
            seed: parts.seed,
            selection: parts.selection,
            default_tags: parts.default_tags,
            can_seal: parts.can_seal,
            is_detailed: parts.is_detailed,
            shows_calls: parts.shows_calls,
            library: parts.library,
            live: Mutex::new(parts.live),
            keeper: parts.keeper,
            progress: Mutex::new(progress),
            permits: Semaphore::new(parts.parallel.clamp(1, 256)),
            run: Mutex::default(),
            started: Instant::now(),
        }
    }

    fn live(&self) -> MutexGuard<'_, Live> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn run(&self) -> MutexGuard<'_, Run> {
        self.run.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn progress(&self) -> MutexGuard<'_, &'a mut dyn Progress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_preview(&self) -> bool {
        self.mode == Mode::Preview
    }

    /// Saves what was done so far; when this returns, it is on disk. An earlier failure stays.
    async fn save(&self) -> bool {
        let Some(keeper) = self.keeper else { return true };
        match keeper.save(&self.live).await {
            Ok(()) => true,
            Err(error) => {
                self.run().broken.get_or_insert(error);
                false
            }
        }
    }

    /// Saves what is left to save at the end of a run.
    pub(crate) async fn save_all(&self) {
        self.save().await;
    }

    /// Whether steps may still start.
    pub(crate) fn may_go_on(&self) -> bool {
        if self.provider.cancel.is_cancelled() {
            self.run().is_cancelled = true;
            return false;
        }
        self.run().broken.is_none()
    }

    /// Counts a step and tells of its plan.
    fn plan(&self, step: &Step) {
        {
            let mut run = self.run();
            *run.changes.entry(step.operation).or_default() += 1;
            if step.operation == Operation::Replace {
                run.replacing.insert(step.urn.clone());
            }
        }
        if self.is_preview() {
            self.progress().planned(step);
        }
    }

    fn began(&self, step: &Step) -> Instant {
        self.progress().started(step);
        Instant::now()
    }

    fn ended(&self, step: &Step, began: Instant) {
        self.progress().done(step, began.elapsed());
    }

    fn failed(&self, step: &Step, why: Diagnostic) {
        self.progress().failed(step, &why);
        let mut run = self.run();
        run.failures += 1;
        run.diagnostics.push(why);
    }

    fn note(&self, diagnostic: Diagnostic) {
        self.progress().note(&diagnostic);
        self.run().diagnostics.push(diagnostic);
    }

    /// Whether something is wrong so far.
    pub(crate) fn has_errors(&self) -> bool {
        let run = self.run();
        run.failures > 0
            || run.broken.is_some()
            || run.diagnostics.iter().any(|found| found.severity == Severity::Error)
    }

    /// The state as the run leaves it, for the next engine of the same session.
    pub(crate) fn state(&self) -> Live {
        self.live().clone()
    }

    /// The end of a run: what was found and done.
    pub(crate) fn finish(self) -> Result<Summary, Error> {
        let took = self.started.elapsed();
        let live = self.live.into_inner().unwrap_or_else(PoisonError::into_inner);
        let run = self.run.into_inner().unwrap_or_else(PoisonError::into_inner);
        if let Some(error) = run.broken {
            return Err(error);
        }
        let mut found = run.diagnostics;
        found.sort_by(|a, b| (a.place.is_none(), &a.place).cmp(&(b.place.is_none(), &b.place)));
        found.dedup();
        let is_error = |diagnostic: &Diagnostic| diagnostic.severity == Severity::Error;
        if self.mode == Mode::Preview && found.iter().any(is_error) {
            return Err(Error::invalid(found));
        }
        let (errors, notes): (Vec<_>, Vec<_>) = found.into_iter().partition(is_error);
        let summary = summary(&live, run.changes, notes, took);
        if !errors.is_empty() {
            return Err(Error::Failed { diagnostics: errors, summary: Box::new(summary) });
        }
        if run.is_cancelled {
            return Err(Error::Cancelled { summary: Box::new(summary) });
        }
        Ok(summary)
    }
}

fn summary(
    live: &Live,
    changes: BTreeMap<Operation, usize>,
    notes: Vec<Diagnostic>,
    took: Duration,
) -> Summary {
    let all = live.all();
    let is_own = |resource: &&Resource| {
        resource.custom && !resource.delete && !urn::is_builtin(&resource.token)
    };
    Summary {
        resources: all.iter().filter(|resource| is_own(resource)).count(),
        changes,
        outputs: all
            .iter()
            .find(|resource| resource.token == urn::STACK)
            .map(|stack| shown(&stack.outputs, false))
            .unwrap_or_default(),
        took,
        notes,
    }
}

#[async_trait]
impl Monitor for Engine<'_> {
    fn is_preview(&self) -> bool {
        Engine::is_preview(self)
    }

    async fn register(&self, registration: Registration) -> Registered {
        Box::pin(self.registered(registration)).await
    }

    async fn invoke(
        &self,
        token: &str,
        arguments: &Object,
        provider: Option<&str>,
    ) -> Result<Value, InvokeError> {
        let region = self.given_by(provider).region.unwrap_or_default();
        self.called_in(provider, &region).invoke(token, arguments).await
    }

    fn outputs(&self, outputs: Object) {
        self.live().set_stack_outputs(outputs);
    }

    fn component_outputs(&self, urn: &str, outputs: Object) {
        self.live().set_component_outputs(urn, outputs);
    }

    fn say(&self, line: &str) {
        self.progress().said(line);
    }

    fn remark(&self, diagnostic: Diagnostic) {
        self.note(diagnostic);
    }

    fn report(&self, diagnostic: Diagnostic) {
        // Errors are told at the end, all of them. An update follows a preview, which has told of everything else but what only
        // an update can know.
        if diagnostic.severity == Severity::Error {
            self.run().diagnostics.push(diagnostic);
        } else if self.is_preview() {
            self.note(diagnostic);
        }
    }
}
