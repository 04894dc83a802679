//! What a program needs to run: an interpreter, and the packages that the project names. They are installed when they are not
//! there, as Pulumi does; a Python environment that the project gives no place is kept by its content, for all projects.

mod node;
mod python;

use super::process::{Child, Event};
use super::project::{HostProject, Language};
use crate::cancel::Cancel;
use crate::diagnostic::Diagnostic;
use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::process::Command;

/// How many lines of a failed command are shown.
const LAST_LINES: usize = 15;

/// What runs a program.
#[derive(Debug, Clone)]
pub(super) struct Interpreter {
    pub(super) program: PathBuf,
    /// Arguments that come before the protocol's.
    pub(super) arguments: Vec<PathBuf>,
    pub(super) variables: Vec<(String, String)>,
}

/// Makes environments.
pub(super) struct Workshop<'a> {
    pub(super) project: &'a HostProject,
    /// Where environments are kept that belong to no project.
    pub(super) environments: &'a Path,
    pub(super) cancel: &'a Cancel,
    /// Tells what takes its time.
    pub(super) say: &'a (dyn Fn(&str) + Sync),
}

/// How a command went.
struct Output {
    is_success: bool,
    /// What it printed on standard output.
    text: String,
    /// The last lines of both streams.
    tail: String,
}

impl Workshop<'_> {
    /// The interpreter with everything the program needs.
    pub(super) async fn interpreter(&self) -> Result<Interpreter, Box<Diagnostic>> {
        match &self.project.language {
            Language::Python(options) => self.python(options).await,
            Language::Node(options) => self.node(options).await,
        }
    }

    /// Runs a command to its end.
    async fn run(&self, command: Command, program: &Path) -> Result<Output, Box<Diagnostic>> {
        let mut child = Child::spawn(command, program)?;
        let mut tail = VecDeque::new();
        let mut text = String::new();
        let mut glances = tokio::time::interval(Duration::from_millis(100));
        let mut take = |line: super::process::Line| {
            if !line.is_error {
                text.push_str(&line.text);
                text.push('\n');
            }
            if tail.len() == LAST_LINES {
                tail.pop_front();
            }
            tail.push_back(line.text);
        };
        let status = loop {
            tokio::select! {
                event = child.next() => match event {
                    Event::Line(line) => take(line),
                    Event::Ended(status) => break status,
                },
                _ = glances.tick() => if self.cancel.is_cancelled() {
                    child.kill(true);
                },
            }
        };
        let rest = async {
            while let Some(line) = child.line().await {
                take(line);
            }
        };
        let _ = tokio::time::timeout(Duration::from_secs(1), rest).await;
        if self.cancel.is_cancelled() {
            return Err(Box::new(Diagnostic::error("stopped while the environment was made")));
        }
        let tail = Vec::from(tail).join("\n");
        Ok(Output { is_success: status.is_some_and(|status| status.success()), text, tail })
    }

    /// Runs a command that must succeed; `what` is what it does, as in "cannot WHAT".
    async fn must(
        &self,
        command: Command,
        program: &Path,
        what: &str,
        hint: &str,
    ) -> Result<Output, Box<Diagnostic>> {
        let output = self.run(command, program).await?;
        if output.is_success {
            return Ok(output);
        }
        let message = format!("cannot {what}\n{}", output.tail);
        Err(Box::new(Diagnostic::error(message.trim_end()).hint(hint)))
    }
}

/// A program on the search path.
fn on_path(name: &str) -> Option<PathBuf> {
    if name.contains('/') {
        return Some(PathBuf::from(name)).filter(|path| path.is_file());
    }
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|path| path.is_file())
}
