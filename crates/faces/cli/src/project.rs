//! What the commands on a project share: loading, options, and showing a run.

use crate::follow::{Screen, duration_text};
use crate::grammar::{Project as Arguments, StackName, Work};
use crate::home::Home;
use crate::report::Failure;
use crate::target::Reached;
use stack::{
    Cancel, Diagnostic, Error, Operation, Options, PlannedCall, Progress, Project, Selection,
    Severity, Step, Summary,
};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// A project with the options of its run.
pub(crate) struct Loaded {
    pub(crate) project: Project,
    pub(crate) options: Options,
    /// Where it is deployed.
    pub(crate) place: Reached,
}

/// Reads the project that the arguments name, and reaches the place it is deployed to.
pub(crate) async fn load(
    home: &Home,
    arguments: &Arguments,
    work: &Work,
    replace: &[String],
) -> Result<Loaded, Failure> {
    let project = open(arguments.directory())?;
    let stack = stack_name(home, &project, &arguments.stack);
    let config = pairs(&arguments.config)?;
    let passphrase = std::env::var("PULUMI_CONFIG_PASSPHRASE").ok();
    let region = project.region(&stack, &config, passphrase.as_ref()).map_err(failure)?;
    let caller = project.caller(&stack, &config, passphrase.as_ref()).map_err(failure)?;
    let place = arguments.target.reach(home, &project, region, &caller).await?;
    let aws = Arc::new(place.client.clone());
    let mut options = Options::new(&stack, place.state_root.clone(), aws);
    // Programs are the same wherever they deploy to.
    options.environments = Some(home.stacks().join("environments"));
    options.config = config;
    options.passphrase = passphrase;
    options.parallel = work.parallel;
    options.refresh = work.refresh;
    options.is_detailed = work.diff;
    options.message.clone_from(&work.message);
    options.selection = Selection {
        targets: arguments.target.urns(),
        with_dependents: work.target_dependents,
        replace: replace.to_vec(),
    };
    if !place.is_here {
        same_account(&project, &options, &place)?;
    }
    Ok(Loaded { project, options, place })
}

/// Refuses to go on with a stack that was deployed to another account: there its resources would look as if they were gone.
fn same_account(project: &Project, options: &Options, place: &Reached) -> Result<(), Failure> {
    let resources = match project.resources(options) {
        Ok(resources) => resources,
        Err(Error::NoStack { .. }) => return Ok(()),
        Err(error) => return Err(failure(error)),
    };
    let account_of = |arn: &str| {
        let account = arn.split(':').nth(4)?;
        let is_account = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
        (arn.starts_with("arn:") && is_account).then(|| account.to_owned())
    };
    let other = resources
        .iter()
        .filter(|resource| !resource.has_own_provider)
        .filter_map(|resource| account_of(resource.outputs.get("arn")?.as_str()?))
        .find(|account| *account != place.account);
    match other {
        None => Ok(()),
        Some(other) => Err(Failure::new(format!(
            "stack {} was deployed to account {other}, and these credentials are account {}'s",
            options.stack, place.account
        ))
        .hint("use the other account's profile, or another stack: --stack NAME")),
    }
}

/// `KEY=VALUE` of `--config`.
pub(crate) fn pairs(given: &[String]) -> Result<Vec<(String, String)>, Failure> {
    given
        .iter()
        .map(|given| {
            let pair = given.split_once('=').ok_or_else(|| {
                Failure::new(format!("--config {given} has no value"))
                    .hint("write --config KEY=VALUE")
            })?;
            Ok((pair.0.to_owned(), pair.1.to_owned()))
        })
        .collect()
}

/// The stack that was named, or that was selected, or `dev`.
pub(crate) fn stack_name(home: &Home, project: &Project, given: &StackName) -> String {
    let given = given.stack.clone().or_else(|| project.selected_stack(&home.stacks()));
    given.unwrap_or_else(|| "dev".to_owned())
}

/// Fails when something was changed, or would be, and the user expects nothing to be.
pub(crate) fn expect(work: &Work, summary: &Summary) -> Result<(), Failure> {
    if work.expect_no_changes && !summary.is_unchanged() {
        let message = format!("no changes were expected: {}", planned_counts(summary));
        return Err(Failure::new(message));
    }
    Ok(())
}

/// Reads a project directory.
pub(crate) fn open(directory: &Path) -> Result<Project, Failure> {
    Project::load(directory).map_err(failure)
}

/// Ctrl-C stops the run in good order: what is under way ends, and the state is saved.
pub(crate) fn cancel_on_interrupt(cancel: &Cancel) {
    let cancel = cancel.clone();
    tokio::spawn(async move {
        if tokio::signal::ctrl_c().await.is_ok() {
            anstream::eprintln!("stopping: steps under way are finished first");
            cancel.cancel();
        }
    });
}

/// A stack's error as the user reads it: every diagnostic with its place.
pub(crate) fn failure(error: Error) -> Failure {
    let diagnostics = match &error {
        Error::Invalid { diagnostics } | Error::Failed { diagnostics, .. } => {
            diagnostics.as_slice()
        }
        _ => &[],
    };
    let mut failure = Failure::new(error.to_string());
    // The others were shown when they were found.
    for diagnostic in diagnostics.iter().filter(|found| found.severity == Severity::Error) {
        failure = failure.detail(diagnostic.to_string());
    }
    let mut source = std::error::Error::source(&error);
    while let Some(cause) = source {
        failure = failure.because(cause);
        source = cause.source();
    }
    match &error {
        Error::NoProject { .. } => {
            failure.hint("name the directory of a Pulumi project, for instance examples/weather")
        }
        Error::Failed { .. } | Error::Cancelled { .. } => {
            failure.hint("what was done is kept; the same command goes on from there")
        }
        Error::NoStack { .. } => failure.hint("deploy it first: refit up DIR"),
        Error::StackExists { .. } => failure.hint("refit stack ls shows what there is"),
        Error::StackInUse { .. } => {
            failure.hint("remove its resources first: refit down; --force forgets them")
        }
        Error::NoSetting { .. } => failure.hint("refit config shows what there is"),
        Error::Path { .. } => failure.hint("such as data.list[0] or names[\"a.b\"]"),
        Error::Locked { path, .. } => {
            failure.hint(format!("wait for it; if it is gone, remove {}", path.display()))
        }
        _ => failure,
    }
}

/// Shows a run step by step.
pub(crate) struct Shown<'a> {
    screen: &'a mut Screen,
    /// Previews show what would be done.
    is_preview: bool,
    /// Inputs of calls are shown whole.
    is_full: bool,
    /// What would be called, as JSON, by resource.
    calls: Vec<serde_json::Value>,
}

impl<'a> Shown<'a> {
    /// Shows on `screen`.
    pub(crate) fn new(screen: &'a mut Screen, is_preview: bool) -> Self {
        Self { screen, is_preview, is_full: false, calls: Vec::new() }
    }

    /// Shows long texts whole.
    pub(crate) fn in_full(self, is_full: bool) -> Self {
        Self { is_full, ..self }
    }

    /// A summary with the calls that would be made.
    pub(crate) fn with_calls(self, mut summary: serde_json::Value) -> serde_json::Value {
        if !self.calls.is_empty() {
            summary["calls"] = serde_json::Value::from(self.calls);
        }
        summary
    }

    fn changes(&mut self, step: &Step) {
        for change in &step.changes {
            let before = change.before.as_deref().unwrap_or("(none)");
            let after = change.after.as_deref().unwrap_or("(none)");
            let forces = if change.replaces { "  (replaces)" } else { "" };
            self.screen.line(format!("      {}: {before} => {after}{forces}", change.property));
        }
    }
}

impl Progress for Shown<'_> {
    fn planned(&mut self, step: &Step) {
        if self.is_preview && step.operation != Operation::Same {
            self.screen.line(format!(
                "  {} {:<34} {}",
                sign(step.operation),
                step.resource_type,
                step.name
            ));
            self.changes(step);
        }
    }

    fn calls(&mut self, step: &Step, calls: &[PlannedCall]) {
        for call in calls {
            let note = call.note.map(|note| format!("  ({note})")).unwrap_or_default();
            let mut input = call.input.clone();
            if !self.is_full {
                shorten(&mut input);
            }
            self.screen.line(format!("      {}:{} {input}{note}", call.service, call.operation));
            self.calls.push(serde_json::json!({
                "urn": step.urn, "type": step.resource_type, "name": step.name,
                "step": step.operation.word(), "service": call.service, "operation": call.operation,
                "region": call.region, "input": call.input, "note": call.note,
            }));
        }
    }

    fn started(&mut self, step: &Step) {
        if step.operation != Operation::Same {
            self.screen.passing(format!(
                "  {} {:<34} {} …",
                sign(step.operation),
                step.resource_type,
                step.name
            ));
        }
    }

    fn done(&mut self, step: &Step, took: Duration) {
        if step.operation == Operation::Same {
            return;
        }
        let took = duration_text(took.as_millis() as i64);
        self.screen.line(format!(
            "  {} {:<34} {:<22} {}, {took}",
            sign(step.operation),
            step.resource_type,
            step.name,
            done_word(step.operation)
        ));
        self.changes(step);
    }

    fn failed(&mut self, step: &Step, why: &Diagnostic) {
        self.screen.line(format!("  ✗ {:<34} {}: {}", step.resource_type, step.name, why.message));
    }

    fn said(&mut self, line: &str) {
        self.screen.line(format!("  {line}"));
    }

    fn note(&mut self, diagnostic: &Diagnostic) {
        self.screen.line(diagnostic);
    }
}

/// Cuts the long texts of a call's input.
fn shorten(input: &mut serde_json::Value) {
    const LONGEST: usize = 120;
    match input {
        serde_json::Value::String(text) => {
            if let Some((end, _)) = text.char_indices().nth(LONGEST) {
                text.truncate(end);
                text.push('…');
            }
        }
        serde_json::Value::Array(items) => items.iter_mut().for_each(shorten),
        serde_json::Value::Object(fields) => fields.values_mut().for_each(shorten),
        _ => {}
    }
}

/// Pulumi's sign for an operation.
fn sign(operation: Operation) -> &'static str {
    match operation {
        Operation::Same => " ",
        Operation::Create => "+",
        Operation::Update => "~",
        Operation::Replace => "+-",
        Operation::Delete => "-",
        Operation::Import => "=",
        Operation::Read => "<",
        Operation::Forget => "!",
        Operation::Skip => ">",
    }
}

fn done_word(operation: Operation) -> &'static str {
    match operation {
        Operation::Same => "unchanged",
        Operation::Create => "created",
        Operation::Update => "updated",
        Operation::Replace => "replaced",
        Operation::Delete => "deleted",
        Operation::Import => "imported",
        Operation::Read => "read",
        Operation::Forget => "forgotten",
        Operation::Skip => "skipped",
    }
}

/// `60 created, 2 unchanged`.
pub(crate) fn counts(summary: &Summary, words: fn(Operation) -> &'static str) -> String {
    let counted: BTreeMap<_, _> = summary.changes.iter().filter(|(_, count)| **count > 0).collect();
    if counted.is_empty() {
        return "nothing to do".to_owned();
    }
    let parts: Vec<String> = counted
        .iter()
        .map(|(operation, count)| format!("{count} {}", words(**operation)))
        .collect();
    parts.join(", ")
}

/// The summary of something that was done.
pub(crate) fn done_counts(summary: &Summary) -> String {
    counts(summary, done_word)
}

/// The summary of something that would be done.
pub(crate) fn planned_counts(summary: &Summary) -> String {
    counts(summary, |operation| match operation {
        Operation::Same => "unchanged",
        Operation::Create => "to create",
        Operation::Update => "to update",
        Operation::Replace => "to replace",
        Operation::Delete => "to delete",
        other => other.word(),
    })
}

/// A summary as JSON.
pub(crate) fn summary_json(summary: &Summary) -> serde_json::Value {
    let changes: serde_json::Map<String, serde_json::Value> = summary
        .changes
        .iter()
        .map(|(operation, count)| (operation.word().to_owned(), serde_json::Value::from(*count)))
        .collect();
    serde_json::json!({
        "resources": summary.resources, "changes": changes, "outputs": summary.outputs,
        "durationMilliseconds": summary.took.as_millis() as u64,
        "notes": summary.notes.iter().map(ToString::to_string).collect::<Vec<_>>(),
    })
}
