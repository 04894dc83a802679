//! Programs in Python and TypeScript or JavaScript: run by their own Pulumi SDKs, unmodified, against an engine that is this
//! crate.
//!
//! A program is a child process. It speaks Pulumi's gRPC protocol, over a socket that only its owner can open: each
//! `RegisterResource` becomes one [`Monitor::register`], each `Invoke` one [`Monitor::invoke`]. The environment it runs in (a
//! virtual environment, `node_modules`) is made from what the project declares.

mod environment;
mod grpc;
mod messages;
mod places;
mod process;
mod project;
mod register;
mod session;
#[cfg(test)]
mod tests;
mod values;

pub(crate) use project::{HostProject, parse};
pub(crate) use register::stack_named;

use crate::cancel::Cancel;
use crate::diagnostic::Diagnostic;
use crate::engine::urn;
use crate::program::{Monitor, Program};
use crate::value::Value;
use async_trait::async_trait;
use environment::Interpreter;
use places::Sources;
use project::{Config, Language};
use serde_json::json;
use session::Session;
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What Pulumi calls the owner of stacks in a file backend.
const ORGANIZATION: &str = "organization";
/// Runs a Python program.
const PYTHON_RUNNER: &str = include_str!("hosts/run.py");
/// Ends a Node program when refit is gone.
const NODE_WATCH: &str = include_str!("hosts/watch.cjs");

/// Gives the outputs of another stack: by `organization/PROJECT/STACK`, or the stack's name alone.
pub(crate) type OtherStack = dyn Fn(&str) -> Result<Value, String> + Send + Sync;

/// A program for one stack. It can be run again and again.
pub(crate) struct HostProgram {
    project: Arc<HostProject>,
    stack: String,
    config: Config,
    /// Where environments are kept.
    environments: PathBuf,
    parallel: usize,
    cancel: Cancel,
    other_stack: Box<OtherStack>,
    interpreter: Mutex<Option<Interpreter>>,
    lines: Mutex<Lines>,
    sources: Arc<Sources>,
}

/// How a program is run.
pub(crate) struct Setting {
    pub(crate) stack: String,
    pub(crate) environments: PathBuf,
    pub(crate) parallel: usize,
    pub(crate) cancel: Cancel,
    pub(crate) other_stack: Box<OtherStack>,
}

/// What was printed: an update prints again what its preview did, and that is not shown twice.
#[derive(Default)]
struct Lines {
    /// How often each line was shown in the run before.
    before: HashMap<String, usize>,
    now: HashMap<String, usize>,
}

impl HostProgram {
    pub(crate) fn new(project: Arc<HostProject>, config: Config, setting: Setting) -> Self {
        let sources = Arc::new(Sources::new(project.root.clone(), project.main_file()));
        Self {
            project,
            stack: setting.stack,
            config,
            environments: setting.environments,
            parallel: setting.parallel,
            cancel: setting.cancel,
            other_stack: setting.other_stack,
            interpreter: Mutex::default(),
            lines: Mutex::default(),
            sources,
        }
    }

    fn stack_urn(&self) -> String {
        urn::stack(&self.stack, &self.project.name)
    }

    fn lines(&self) -> MutexGuard<'_, Lines> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a text was not shown in the run before.
    fn is_news(&self, text: &str) -> bool {
        let mut lines = self.lines();
        *lines.now.entry(text.to_owned()).or_default() += 1;
        match lines.before.get_mut(text) {
            Some(left) if *left > 0 => {
                *left -= 1;
                false
            }
            _ => true,
        }
    }

    fn say(&self, monitor: &dyn Monitor, line: &str) {
        let line = self.config.redacted(line);
        if self.is_news(&line) {
            monitor.say(&line);
        }
    }

    /// The interpreter and its environment, made if need be.
    async fn interpreter(&self, monitor: &dyn Monitor) -> Result<Interpreter, Box<Diagnostic>> {
        let known = self.interpreter.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(known) = known {
            return Ok(known);
        }
        let say = |line: &str| monitor.say(line);
        let workshop = environment::Workshop {
            project: &self.project,
            environments: &self.environments,
            cancel: &self.cancel,
            say: &say,
        };
        let made = workshop.interpreter().await?;
        *self.interpreter.lock().unwrap_or_else(PoisonError::into_inner) = Some(made.clone());
        Ok(made)
    }

    /// The command that runs the program.
    fn command(
        &self,
        interpreter: &Interpreter,
        folder: &process::Folder,
        is_preview: bool,
    ) -> Result<tokio::process::Command, Box<Diagnostic>> {
        let mut command = tokio::process::Command::new(&interpreter.program);
        let address = folder.address();
        let (pwd, main) = self.project.entry();
        match &self.project.language {
            Language::Python(_) => {
                let settings = json!({
                    "address": address, "project": self.project.name,
                    "stack": self.stack, "organization": ORGANIZATION, "dry_run": is_preview,
                    "parallel": self.parallel, "root_directory": self.project.root,
                    "pwd": pwd, "program": main,
                });
                command.args(["-u", "-c", PYTHON_RUNNER]).arg(settings.to_string());
            }
            Language::Node(options) => {
                let watch = folder.write("watch.cjs", NODE_WATCH)?;
                command.args(options.arguments.split_whitespace()).arg("--require").arg(watch);
                command.args(&interpreter.arguments);
                for (name, text) in [
                    ("--monitor", address.as_str()),
                    ("--engine", &address),
                    ("--project", &self.project.name),
                    ("--stack", &self.stack),
                    ("--organization", ORGANIZATION),
                    ("--parallel", &self.parallel.to_string()),
                ] {
                    command.args([name, text]);
                }
                command.arg("--root-directory").arg(&self.project.root).arg("--pwd").arg(&pwd);
                if is_preview {
                    command.arg("--dry-run");
                }
                command.arg(&main);
            }
        }
        command.current_dir(&pwd);
        command.envs(interpreter.variables.iter().map(|(name, text)| (name, text)));
        command.env("PULUMI_CONFIG", json!(self.config.values).to_string());
        command.env("PULUMI_CONFIG_SECRET_KEYS", json!(self.config.secrets).to_string());
        for name in ["TRACEPARENT", "PULUMI_OTEL_EXPORTER_OTLP_ENDPOINT"] {
            command.env_remove(name);
        }
        Ok(command)
    }

    async fn run_once(&self, monitor: &dyn Monitor) -> Result<(), Box<Diagnostic>> {
        let interpreter = self.interpreter(monitor).await?;
        if self.cancel.is_cancelled() {
            return Ok(());
        }
        let folder = process::Folder::new()?;
        let (sender, calls) = tokio::sync::mpsc::channel(64);
        let server = grpc::serve(folder.listen()?, sender);
        let command = self.command(&interpreter, &folder, monitor.is_preview())?;
        let child = process::Child::spawn(command, &interpreter.program)?;
        let session = Session::new(monitor, self);
        let ended = session.serve(child, calls).await;
        drop(server);
        session.finish(&ended)
    }
}

#[async_trait]
impl Program for HostProgram {
    async fn run(&self, monitor: &dyn Monitor) {
        {
            let mut lines = self.lines();
            lines.before = std::mem::take(&mut lines.now);
        }
        if let Err(why) = Box::pin(self.run_once(monitor)).await {
            monitor.report(*why);
        }
    }
}
