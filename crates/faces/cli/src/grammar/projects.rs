//! What can be typed about projects.

use clap::Args;
use std::path::{Path, PathBuf};

/// A project directory and its stack.
#[derive(Debug, Clone, Args)]
pub(crate) struct Project {
    /// The directory with Pulumi.yaml; this one when absent
    #[arg(value_name = "DIR")]
    pub(crate) dir: Option<PathBuf>,
    /// The same, as Pulumi writes it
    #[arg(long, short = 'C', value_name = "DIR", conflicts_with = "dir")]
    pub(crate) cwd: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) stack: StackName,
    /// Set a configuration value: KEY=VALUE (repeatable)
    #[arg(long, short, value_name = "KEY=VALUE")]
    pub(crate) config: Vec<String>,
    #[command(flatten)]
    pub(crate) target: crate::target::Target,
}

impl Project {
    /// The directory with Pulumi.yaml.
    pub(crate) fn directory(&self) -> &Path {
        self.dir.as_deref().or(self.cwd.as_deref()).unwrap_or(Path::new("."))
    }
}

/// A stack's name, or none for the selected one.
#[derive(Debug, Clone, Args)]
pub(crate) struct StackName {
    /// The stack, whose settings are in Pulumi.STACK.yaml; the selected one when absent, or `dev`
    #[arg(long, short, env = "PULUMI_STACK", hide_env_values = true)]
    pub(crate) stack: Option<String>,
}

/// How a project's resources are worked on.
#[derive(Debug, Clone, Args)]
pub(crate) struct Work {
    /// What depends on a targeted resource is targeted too
    #[arg(long)]
    pub(crate) target_dependents: bool,
    /// Read every resource again first
    #[arg(long, short)]
    pub(crate) refresh: bool,
    /// Show every property of what is created, and longer values
    #[arg(long)]
    pub(crate) diff: bool,
    /// How many steps may be under way at once
    #[arg(long, short, default_value_t = 16, value_name = "N")]
    pub(crate) parallel: usize,
    /// What this is for; kept in the stack's history
    #[arg(long, short, default_value = "", hide_default_value = true, value_name = "TEXT")]
    pub(crate) message: String,
    /// Fail if there is anything to change
    #[arg(long)]
    pub(crate) expect_no_changes: bool,
    /// Do not ask (refit never asks; accepted for habit's sake)
    #[arg(long, short)]
    pub(crate) yes: bool,
}

impl Work {
    /// As it is when nothing is said of it.
    pub(crate) fn usual() -> Self {
        Self {
            target_dependents: false,
            refresh: false,
            diff: false,
            parallel: 16,
            message: String::new(),
            expect_no_changes: false,
            yes: false,
        }
    }
}

/// `refit preview`.
#[derive(Debug, Args)]
pub(crate) struct Preview {
    #[command(flatten)]
    pub(crate) project: Project,
    /// Show every API call that would be made, with its input
    #[arg(long)]
    pub(crate) calls: bool,
    #[command(flatten)]
    pub(crate) work: Work,
    /// Replace this resource even if nothing differs (repeatable)
    #[arg(long, value_name = "URN")]
    pub(crate) replace: Vec<String>,
}

/// `refit down`.
#[derive(Debug, Args)]
pub(crate) struct Down {
    #[command(flatten)]
    pub(crate) project: Project,
    /// Only show what would be deleted, and every API call that would be made
    #[arg(long, conflicts_with = "remove")]
    pub(crate) dry_run: bool,
    #[command(flatten)]
    pub(crate) work: Work,
    /// Remove the stack itself afterwards
    #[arg(long)]
    pub(crate) remove: bool,
}

/// `refit refresh`.
#[derive(Debug, Args)]
pub(crate) struct Refresh {
    #[command(flatten)]
    pub(crate) project: Project,
    #[command(flatten)]
    pub(crate) work: Work,
    /// Only show what differs
    #[arg(long)]
    pub(crate) preview_only: bool,
}

/// `refit import`.
#[derive(Debug, Args)]
pub(crate) struct Import {
    /// Its type, as in a program: aws:s3:Bucket
    #[arg(value_name = "TYPE")]
    pub(crate) resource_type: String,
    /// What the program is to call it
    pub(crate) name: String,
    /// Its id on AWS: a name, an ARN, RULE/TARGET …
    pub(crate) id: String,
    /// The directory with Pulumi.yaml; this one when absent
    #[arg(long, short = 'C', visible_alias = "directory", value_name = "DIR")]
    pub(crate) cwd: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) stack: StackName,
    /// Set a configuration value: KEY=VALUE (repeatable)
    #[arg(long, short, value_name = "KEY=VALUE")]
    pub(crate) config: Vec<String>,
    /// Whether it is protected from deletion
    #[arg(
        long, default_value_t = true, default_missing_value = "true", num_args = 0..=1,
        require_equals = true, action = clap::ArgAction::Set
    )]
    pub(crate) protect: bool,
    /// URN of its parent
    #[arg(long, value_name = "URN")]
    pub(crate) parent: Option<String>,
    /// Write the YAML to a file
    #[arg(long, short, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// What this is for; kept in the stack's history
    #[arg(long, short, default_value = "", hide_default_value = true, value_name = "TEXT")]
    pub(crate) message: String,
    /// Do not ask (refit never asks; accepted for habit's sake)
    #[arg(long, short)]
    pub(crate) yes: bool,
    #[command(flatten)]
    pub(crate) target: crate::target::Target,
}

/// `refit up`.
#[derive(Debug, Args)]
pub(crate) struct Up {
    #[command(flatten)]
    pub(crate) project: Project,
    /// Then run the retraining once, now, and follow it
    #[arg(long)]
    pub(crate) run: bool,
    /// Only show what would be done, and every API call that would be made (`preview --calls`)
    #[arg(long, conflicts_with = "run")]
    pub(crate) dry_run: bool,
    /// Deploy whatever `refit check` finds
    #[arg(long)]
    pub(crate) no_check: bool,
    #[command(flatten)]
    pub(crate) work: Work,
    /// Replace this resource even if nothing differs (repeatable)
    #[arg(long, value_name = "URN")]
    pub(crate) replace: Vec<String>,
}

/// `refit output`.
#[derive(Debug, Args)]
pub(crate) struct Output {
    /// One output's name; all when absent
    pub(crate) name: Option<String>,
    /// The directory with Pulumi.yaml
    #[arg(
        long = "cwd",
        short = 'C',
        visible_alias = "directory",
        default_value = ".",
        value_name = "DIR"
    )]
    pub(crate) directory: PathBuf,
    #[command(flatten)]
    pub(crate) stack: StackName,
    /// Print secret values in clear
    #[arg(long)]
    pub(crate) show_secrets: bool,
    #[command(flatten)]
    pub(crate) target: crate::target::Target,
}

/// `refit convert`.
#[derive(Debug, Args)]
pub(crate) struct Convert {
    /// The project's directory, or its program
    #[arg(default_value = ".", value_name = "DIR")]
    pub(crate) directory: PathBuf,
    /// Where Pulumi.yaml is written; printed when absent
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// Read the program instead of running it: needs no SDK, and cannot follow loops and calls of other packages
    #[arg(long)]
    pub(crate) without_running: bool,
    #[command(flatten)]
    pub(crate) stack: StackName,
    /// A configuration value for the program (repeatable)
    #[arg(long, short = 'c', value_name = "KEY=VALUE")]
    pub(crate) config: Vec<String>,
}

/// `refit init`.
#[derive(Debug, Args)]
pub(crate) struct Init {
    /// Where; it is made if it is not there
    #[arg(value_name = "DIR")]
    pub(crate) directory: PathBuf,
    /// What to begin with
    #[arg(long, default_value = "retraining")]
    pub(crate) template: Template,
    /// What the program is written in
    #[arg(long, default_value = "yaml")]
    pub(crate) language: Language,
    /// The project's name; the directory's when absent
    #[arg(long)]
    pub(crate) name: Option<String>,
}

/// What `refit init` begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Template {
    /// Train on a schedule, keep the model if it is better, tell
    Retraining,
    /// A state machine and a schedule
    Minimal,
}

/// What `refit init` writes in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Language {
    /// Pulumi YAML: needs nothing but refit
    Yaml,
    /// Python, with Pulumi's SDK
    Python,
    /// TypeScript, with Pulumi's SDK
    Typescript,
}

/// `refit check`.
#[derive(Debug, Args)]
pub(crate) struct Check {
    /// Project directories, programs, definitions; this directory when absent
    #[arg(value_name = "DIR|FILE", conflicts_with = "server")]
    pub(crate) paths: Vec<PathBuf>,
    /// Look at what the server runs: its state machines, rules and roles
    #[arg(long)]
    pub(crate) server: bool,
    /// Correct what can be corrected without changing anything else, in YAML and JSON
    #[arg(long, conflicts_with = "server")]
    pub(crate) fix: bool,
    /// Print a SARIF 2.1.0 log
    #[arg(long, conflicts_with = "json")]
    pub(crate) sarif: bool,
    /// Fail on these, too
    #[arg(long, value_name = "WHAT")]
    pub(crate) deny: Option<Deny>,
    /// Show what comments allow, too
    #[arg(long)]
    pub(crate) all: bool,
    /// List the rules
    #[arg(long)]
    pub(crate) rules: bool,
}

/// What `refit check` fails on besides errors.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
pub(crate) enum Deny {
    /// Warnings
    Warnings,
    /// Warnings and notes
    Notes,
}
