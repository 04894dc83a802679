//! Programs in YAML: `Pulumi.yaml` with `runtime: yaml`, evaluated here.

mod analysis;
mod component;
mod document;
mod evaluate;
mod expression;
mod functions;
mod instance;
mod interpolation;
mod locate;
pub(crate) mod options;
pub(crate) mod settings;
#[cfg(test)]
mod tests;

use super::{Locate, Monitor, Options, Program, Registered, Registration, Status};
use crate::diagnostic::Diagnostic;
use crate::graph;
use crate::source::Source;
use crate::value::{Object, Value};
use crate::yaml::{self, Node};
use analysis::Analysis;
use async_trait::async_trait;
use component::{Components, Library};
pub(crate) use document::is_plain_name;
use document::{Document, ResourceItem};
use evaluate::{BUDGET, Question, Scope, Stop};
use expression::Expression;
use instance::Within;
use locate::Places;
use settings::Settings;
use std::cell::Cell;
use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A project file that was read and found sound.
#[derive(Debug)]
pub(crate) struct YamlProject {
    source: Arc<Source>,
    document: Document,
    analysis: Analysis,
    variables: Arc<HashMap<String, Arc<Node>>>,
    /// The folder of the package it is from, as seen from the program's directory; empty for the project itself.
    folder: PathBuf,
    /// What it may use as types of resources.
    components: Components,
    /// What is wrong with it. It can be previewed all the same, to find what else is.
    faults: Vec<Diagnostic>,
}

impl YamlProject {
    /// Reads a project file.
    ///
    /// # Errors
    /// What is wrong with it, when that leaves nothing that could be evaluated.
    pub(crate) fn parse(path: &Path, text: &str) -> Result<Self, Vec<Diagnostic>> {
        let source = Arc::new(Source::new(path.to_owned(), text));
        let root = yaml::parse(&source, text)?;
        let (document, mut faults) = document::read(&source, &root);
        let library = Library::read(&source, &root, &document.name, &mut faults);
        let signatures = library.signatures();
        let analysis = analysis::analyse(&source, &document, &signatures, &mut faults);
        let components = library.analyse(&source, &document, &signatures, &mut faults);
        let analysis = analysis.filter(|_| document.is_runnable());
        let (Some(analysis), Some(components)) = (analysis, components) else {
            return Err(faults);
        };
        let project = Self::new(source, document, analysis, PathBuf::new());
        Ok(Self { components, faults, ..project })
    }

    /// A program, or a component, with what its names mean.
    fn new(source: Arc<Source>, document: Document, analysis: Analysis, folder: PathBuf) -> Self {
        let variables =
            document.variables.iter().map(|item| (item.name.clone(), item.node.clone()));
        let variables = Arc::new(variables.collect());
        let (components, faults) = (Components::new(), Vec::new());
        Self { source, document, analysis, variables, folder, components, faults }
    }

    /// What is wrong with it.
    pub(crate) fn faults(&self) -> &[Diagnostic] {
        &self.faults
    }

    /// The project's name.
    pub(crate) fn name(&self) -> &str {
        &self.document.name
    }

    /// The program's directory, relative to the file.
    pub(crate) fn main(&self) -> Option<&str> {
        self.document.main.as_deref()
    }

    /// A program of it for one stack. Missing configuration is an error, or an opaque text if `lenient`.
    pub(crate) fn program<'a>(
        &'a self,
        directory: PathBuf,
        stack: &str,
        settings: &Settings,
        lenient: bool,
    ) -> Result<YamlProgram<'a>, Vec<Diagnostic>> {
        let opaque = |item: &document::ConfigItem| Value::String(format!("${{{}}}", item.name));
        let missing: Option<&dyn Fn(&document::ConfigItem) -> Value> =
            if lenient { Some(&opaque) } else { None };
        let config = settings.resolve(&self.source, &self.document, missing)?;
        let (stack, state) = (stack.to_owned(), Mutex::default());
        let within = Within::default();
        let components = &self.components;
        Ok(YamlProgram { project: self, components, directory, stack, config, within, state })
    }
}

/// A program for one stack. It can be run again and again.
pub(crate) struct YamlProgram<'a> {
    project: &'a YamlProject,
    components: &'a Components,
    directory: PathBuf,
    stack: String,
    config: Vec<Value>,
    /// The component that it is, if it is one.
    within: Within,
    state: Mutex<State>,
}

/// What is known so far in a run.
#[derive(Default)]
struct State {
    variables: HashMap<usize, Value>,
    resources: HashMap<usize, Registered>,
    /// URNs of what is in the resources that are components.
    members: HashMap<usize, Vec<String>>,
    /// Variables that have no value, because something is wrong with them or with what they refer to.
    broken_variables: BTreeSet<usize>,
}

#[async_trait]
impl Program for YamlProgram<'_> {
    async fn run(&self, monitor: &dyn Monitor) {
        *self.state() = State::default();
        let outputs = self.run_all(monitor).await;
        monitor.outputs(outputs);
    }
}

impl YamlProgram<'_> {
    /// Registers everything, and evaluates the outputs.
    async fn run_all(&self, monitor: &dyn Monitor) -> Object {
        let resources = self.project.document.resources.len();
        let order = &self.project.analysis.order;
        graph::run(order, |node| async move {
            match node.checked_sub(resources) {
                None => self.resource(node, monitor).await,
                Some(variable) => self.variable(variable, monitor).await,
            }
        })
        .await;
        let mut outputs = Object::new();
        for output in &self.project.document.outputs {
            match self.value(&output.value, monitor).await {
                Ok(value) => drop(outputs.insert(output.name.clone(), value)),
                Err(why) => {
                    // What refers to something that failed has been told of already.
                    if !self.refers_to_broken(&output.value) {
                        monitor.report(*why);
                    }
                }
            }
        }
        outputs
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Evaluates an expression, asking the data sources it calls.
    async fn value(
        &self,
        expression: &Expression,
        monitor: &dyn Monitor,
    ) -> Result<Value, Box<Diagnostic>> {
        let mut answers = HashMap::new();
        loop {
            let result = {
                let state = self.state();
                let scope = Scope {
                    source: &self.project.source,
                    document: &self.project.document,
                    analysis: &self.project.analysis,
                    directory: &self.directory,
                    folder: &self.project.folder,
                    stack: &self.stack,
                    config: &self.config,
                    variables: &state.variables,
                    resources: &state.resources,
                    is_preview: monitor.is_preview(),
                    answers: &answers,
                    budget: Cell::new(BUDGET),
                };
                scope.evaluate(expression)
            };
            match result {
                Ok(value) => return Ok(value),
                Err(Stop::Fault(why)) => return Err(why),
                Err(Stop::Ask(question)) => {
                    let Question { call, token, arguments, span } = *question;
                    let answer = monitor
                        .invoke(&token, &arguments, self.within.provider.as_deref())
                        .await
                        .map_err(|error| {
                            let message =
                                format!("{}: {}", crate::types::short(&token), error.message);
                            let place = Some(self.project.source.place(span));
                            Box::new(Diagnostic::error(message).at(place).maybe_hint(error.hint))
                        })?;
                    answers.insert(call, answer);
                }
            }
        }
    }

    async fn variable(&self, index: usize, monitor: &dyn Monitor) {
        let variable = &self.project.document.variables[index];
        if self.refers_to_broken(&variable.value) {
            self.state().broken_variables.insert(index);
            return;
        }
        match self.value(&variable.value, monitor).await {
            Ok(value) => drop(self.state().variables.insert(index, value)),
            Err(why) => {
                self.state().broken_variables.insert(index);
                monitor.report(*why);
            }
        }
    }

    /// Whether something that an expression refers to has failed.
    fn refers_to_broken(&self, expression: &Expression) -> bool {
        let mut found = Vec::new();
        expression.references(&mut found);
        let state = self.state();
        found.into_iter().any(|(access, _)| match self.project.analysis.names.get(&access.root) {
            Some(analysis::Meaning::Resource(index)) => {
                state.resources.get(index).is_none_or(|done| done.status != Status::Done)
            }
            Some(analysis::Meaning::Variable(index)) => state.broken_variables.contains(index),
            _ => false,
        })
    }

    async fn resource(&self, index: usize, monitor: &dyn Monitor) {
        let item = &self.project.document.resources[index];
        if let Some(component) = self.components.get(&item.token) {
            let made = self.component(index, item, component, monitor).await;
            self.state().resources.insert(index, made);
            return;
        }
        if crate::types::find(&item.token).is_none() && !crate::engine::urn::is_builtin(&item.token)
        {
            // Told of by the analysis: a preview takes its outputs as unknown.
            let unknown =
                Registered { urn: item.name.clone(), outputs: Object::new(), status: Status::Done };
            self.state().resources.insert(index, unknown);
            return;
        }
        let mut inputs = Object::new();
        let mut is_sound = true;
        let mut is_blocked = self.is_blocked(index, item);
        for (name, expression) in &item.properties {
            if is_blocked {
                break;
            }
            match self.value(expression, monitor).await {
                Ok(value) => drop(inputs.insert(name.clone(), value)),
                Err(why) => {
                    is_sound = false;
                    monitor.report(*why);
                    // A preview goes on, to find everything that is wrong.
                    inputs.insert(name.clone(), Value::Unknown);
                }
            }
        }
        is_blocked |= !is_sound && !monitor.is_preview();
        let options = self.options(item, monitor).await;
        let registration = Registration {
            token: item.token.clone(),
            name: self.within.name(&item.name),
            is_component: false,
            inputs,
            options,
            dependencies: self.dependencies(index),
            property_dependencies: self.property_dependencies(index),
            places: self.places(item),
            is_blocked,
        };
        let registered = monitor.register(registration).await;
        self.state().resources.insert(index, registered);
    }

    fn places(&self, item: &ResourceItem) -> Arc<dyn Locate> {
        Arc::new(Places {
            source: self.project.source.clone(),
            directory: self.directory.join(&self.project.folder),
            resource: item.key_span,
            properties: item.properties_node.clone(),
            variables: self.project.variables.clone(),
        })
    }

    fn is_blocked(&self, index: usize, item: &ResourceItem) -> bool {
        if self.within.is_blocked {
            return true;
        }
        let depends_on_failed = {
            let analysis = &self.project.analysis;
            let state = self.state();
            let failed = |resource: &usize| {
                state.resources.get(resource).is_none_or(|done| done.status != Status::Done)
            };
            analysis.property_resources[index].values().flatten().any(failed)
                || analysis.option_resources[index].iter().any(failed)
        };
        depends_on_failed || item.properties.iter().any(|(_, value)| self.refers_to_broken(value))
    }

    async fn options(&self, item: &ResourceItem, monitor: &dyn Monitor) -> Options {
        let declared = &item.options;
        let mut options = Options {
            ignore_changes: declared.ignore_changes.clone(),
            replace_on_changes: declared.replace_on_changes.clone(),
            delete_before_replace: declared.delete_before_replace,
            retain_on_delete: declared.retain_on_delete,
            aliases: self.within.aliases(&declared.aliases, &item.name),
            additional_secret_outputs: declared.additional_secret_outputs.clone(),
            timeouts: declared.timeouts,
            ..Options::default()
        };
        options.parent =
            declared.parent.as_ref().and_then(|parent| self.registered(parent)).map(|(urn, _)| urn);
        options.parent = options.parent.or_else(|| self.within.urn.clone());
        options.deleted_with = declared
            .deleted_with
            .as_ref()
            .and_then(|with| self.registered(with))
            .map(|(urn, _)| urn);
        options.provider = declared
            .provider
            .as_ref()
            .and_then(|provider| self.registered(provider))
            .map(|(urn, id)| format!("{urn}::{id}"));
        if !crate::engine::urn::is_builtin(&item.token) {
            options.provider = options.provider.or_else(|| self.within.provider.clone());
        }
        for (expression, slot) in
            [(&declared.import, &mut options.import), (&item.get, &mut options.read)]
        {
            let Some(expression) = expression else { continue };
            match self.value(expression, monitor).await {
                Ok(value) => *slot = value.to_text(),
                Err(why) => monitor.report(*why),
            }
        }
        if let Some(protect) = &declared.protect {
            match self.value(protect, monitor).await {
                Ok(value) => options.protect = Some(options::is_true(&value)),
                Err(why) => monitor.report(*why),
            }
        }
        options
    }

    /// URN and id of the resource that an option names.
    fn registered(&self, expression: &Expression) -> Option<(String, String)> {
        let analysis::Meaning::Resource(index) =
            self.project.analysis.names.get(expression.whole_resource()?)?
        else {
            return None;
        };
        let state = self.state();
        let found = state.resources.get(index)?;
        let id = found.outputs.get("id").and_then(Value::to_text).unwrap_or_default();
        Some((found.urn.clone(), id))
    }

    fn urns(&self, indices: impl Iterator<Item = usize>) -> Vec<String> {
        let state = self.state();
        let members = |index: &usize| state.members.get(index).cloned().unwrap_or_default();
        indices
            .filter_map(|index| Some((index, state.resources.get(&index)?)))
            .flat_map(|(index, done)| std::iter::once(done.urn.clone()).chain(members(&index)))
            .collect()
    }

    fn dependencies(&self, index: usize) -> Vec<String> {
        let analysis = &self.project.analysis;
        let of_properties = analysis.property_resources[index].values().flatten();
        let all: BTreeSet<usize> =
            of_properties.chain(&analysis.option_resources[index]).copied().collect();
        let mut all = self.urns(all.into_iter());
        all.extend(self.within.dependencies.iter().cloned());
        all
    }

    fn property_dependencies(&self, index: usize) -> indexmap::IndexMap<String, Vec<String>> {
        let properties = &self.project.analysis.property_resources[index];
        properties
            .iter()
            .map(|(name, resources)| (name.clone(), self.urns(resources.iter().copied())))
            .collect()
    }
}
