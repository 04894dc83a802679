//! The command line: what can be typed, and the help that explains it.

use clap::{Args, Parser, Subcommand};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

/// refit retrains models on a schedule, on your own machine, with AWS's recipe and AWS's APIs.
#[derive(Debug, Parser)]
#[command(
    name = "refit",
    version,
    about = "Retrain models on a schedule, on your own machine, with AWS's recipe and AWS's APIs.",
    after_help = "First steps:\n  refit up examples/weather --run   deploy a retraining and run it once, now\n  \
                  refit status                      what is deployed, what runs, what fires next\n  \
                  eval \"$(refit env)\"               point any AWS SDK or CLI at this server\n  \
                  refit down examples/weather       remove it again\n\n\
                  Exit codes: 0 done, 1 it failed, 2 the command line is wrong."
)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Options of every command.
#[derive(Debug, Clone, Args)]
pub(crate) struct Global {
    /// Where the server keeps everything
    #[arg(long, global = true, env = "REFIT_DATA", hide_env_values = true, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
    /// Print one JSON document instead of text
    #[arg(long, global = true)]
    pub(crate) json: bool,
}

/// What refit can be told to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Deploy a Pulumi project: create or update what differs, start the server if none runs
    #[command(
        after_help = "Example:\n  refit up examples/weather --run\n\nWith --run, the state machine that the project's \
                      schedule starts is run once now, and followed until it ends."
    )]
    Up(Up),
    /// Show what `up` would change, changing nothing
    Preview(Preview),
    /// Remove everything that a Pulumi project deployed
    #[command(visible_alias = "destroy")]
    Down(Down),
    /// Read every deployed resource again: what is gone leaves the state, what was changed shows in the next `up`
    Refresh(Refresh),
    /// The stacks of a project: list, select, export, import, rename, remove
    Stack(Stack),
    /// The configuration of a stack: list, get, set, remove
    Config(Config),
    /// Print the outputs of a deployed project
    Output(Output),
    /// Start an execution of a state machine and follow it
    #[command(
        after_help = "Example:\n  refit run retrain-1a2b3c4 --input '{\"since\": \"2026-01-01\"}'\n\nNAME is a state machine's \
                      name, the beginning of one, or its ARN."
    )]
    Run(Run),
    /// Run the server in this terminal
    Serve(Serve),
    /// Stop the server; running jobs go on, and the next server finds them
    Stop,
    /// Copy everything the server keeps to a new directory, while it runs or not
    #[command(
        after_help = "Example:\n  refit backup /backups/refit-monday\n\nThe copy is consistent: as if the server had been \
                      stopped at one moment. Files of jobs that are running are not in it."
    )]
    Backup {
        /// Where to: a directory that is not there yet, or empty
        directory: PathBuf,
    },
    /// Bring a backup back into an empty data directory
    #[command(
        after_help = "Example:\n  refit restore /backups/refit-monday --data ~/.refit\n\nJobs that ran when the backup was \
                      made are told as failed by the next server: their processes are not here."
    )]
    Restore {
        /// The backup
        directory: PathBuf,
    },
    /// What is deployed, what runs, what fires next
    Status,
    /// Print the log of a job, a function or a log group
    #[command(
        after_help = "Examples:\n  refit logs                         the newest job's log\n  refit logs -f weather-1234          \
                      follow a job\n  refit logs /aws/lambda/prepare      a log group"
    )]
    Logs(Logs),
    /// The model registry: who is champion, who comes next
    #[command(
        after_help = "Examples:\n  refit models ls                       groups and their champions\n  refit models ls weather               \
                      a group's versions; * is the champion\n  refit models promote weather 3 --note 'rmse 0.4'\n  refit models rollback \
                      weather --endpoint weather\n\nThe champion is the approved version with the highest number."
    )]
    Models(Models),
    /// Print the line that points AWS SDKs and the AWS CLI at the server
    #[command(
        after_help = "Example:\n  eval \"$(refit env)\"\n  aws stepfunctions list-state-machines"
    )]
    Env,
    /// Write a project that works, to begin with
    #[command(
        after_help = "Examples:\n  refit init nightly                             a retraining, in YAML\n  \
                      refit init nightly --language python           the same in Python\n  \
                      refit up nightly --run                         deploy it and run it once, now"
    )]
    Init(Init),
    /// Find everything that is wrong with a retraining before it is deployed: what, where, what AWS would say and when
    #[command(
        after_help = "Examples:\n  refit check                       the project in this directory (YAML, Python, TypeScript)\n  \
                      refit check machine.asl.json      a definition\n  refit check --server              what the server runs\n  \
                      refit check --fix                 correct what can be corrected (YAML, JSON)\n\n\
                      A comment `refit: allow RULE because REASON` allows a finding.\n\
                      Exit codes: 0 no errors, 1 errors (or what --deny names), 2 nothing could be checked."
    )]
    Check(Check),
    /// Write a program in Python or TypeScript as Pulumi YAML: the same resources with the same names
    #[command(
        after_help = "Example:\n  refit convert retraining --out retraining-yaml\n\nThe program is run as for a preview, \
                      and nothing is asked of AWS: each output becomes a reference. What has no form in YAML is \
                      refused, with its place."
    )]
    Convert(Convert),
    /// Check state machine definitions: every problem at once, with line and column
    Validate(Validate),
    /// Print a completion script for your shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Hold one job (used by the server)
    #[command(hide = true)]
    Supervise {
        /// The job's folder
        folder: PathBuf,
    },
    /// Run a built-in algorithm inside a job (used by the server)
    #[command(hide = true)]
    Algorithm {
        /// The algorithm and what to do
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
}

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

/// A project directory for commands whose arguments are other things.
#[derive(Debug, Clone, Args)]
pub(crate) struct Where {
    /// The directory with Pulumi.yaml
    #[arg(
        long,
        short = 'C',
        visible_alias = "directory",
        default_value = ".",
        value_name = "DIR",
        global = true
    )]
    pub(crate) cwd: PathBuf,
    /// The stack; the selected one when absent, or `dev`
    #[arg(long, short, env = "PULUMI_STACK", hide_env_values = true, global = true)]
    pub(crate) stack: Option<String>,
    /// The stacks of another place: `aws` or the URL they were deployed to
    #[arg(
        long,
        value_name = "aws|URL",
        env = "REFIT_TARGET",
        hide_env_values = true,
        global = true
    )]
    pub(crate) target: Option<String>,
}

/// `refit stack`.
#[derive(Debug, Args)]
pub(crate) struct Stack {
    #[command(flatten)]
    pub(crate) place: Where,
    /// Show each resource's URN
    #[arg(long, short = 'u')]
    pub(crate) show_urns: bool,
    /// Show each resource's id
    #[arg(long, short = 'i')]
    pub(crate) show_ids: bool,
    /// Show secret outputs in clear
    #[arg(long)]
    pub(crate) show_secrets: bool,
    #[command(subcommand)]
    pub(crate) command: Option<StackCommand>,
}

/// What can be done with stacks.
#[derive(Debug, Subcommand)]
pub(crate) enum StackCommand {
    /// List the stacks of this project
    Ls {
        /// Of all projects
        #[arg(long, short)]
        all: bool,
    },
    /// Make an empty stack and select it
    Init {
        /// Its name
        name: String,
    },
    /// Choose the stack that commands are about when they name none
    Select {
        /// Its name
        name: String,
        /// Make it if there is none
        #[arg(long, short)]
        create: bool,
    },
    /// Print the stack's deployment, in Pulumi's format
    Export {
        /// Write it to a file
        #[arg(long, value_name = "FILE")]
        file: Option<PathBuf>,
        /// With secrets in clear
        #[arg(long)]
        show_secrets: bool,
    },
    /// Replace the stack by an exported deployment, of refit or of Pulumi
    Import {
        /// Read it from a file, not from standard input
        #[arg(long, value_name = "FILE")]
        file: Option<PathBuf>,
        /// Even if it is another stack's
        #[arg(long, short)]
        force: bool,
    },
    /// Print the stack's outputs
    Output {
        /// One output's name; all when absent
        name: Option<String>,
        /// Print secret values in clear
        #[arg(long)]
        show_secrets: bool,
    },
    /// Give the stack another name
    Rename {
        /// The new name
        name: String,
    },
    /// Remove the stack: what is known of it, not its resources
    Rm {
        /// Its name; the selected one when absent
        name: Option<String>,
        /// Even if it still has resources, which are then nobody's
        #[arg(long, short)]
        force: bool,
        /// Keep Pulumi.STACK.yaml
        #[arg(long)]
        preserve_config: bool,
        /// Do not ask (refit never asks; accepted for habit's sake)
        #[arg(long, short)]
        yes: bool,
    },
    /// What was done with the stack, newest first
    History,
}

/// `refit config`.
#[derive(Debug, Args)]
pub(crate) struct Config {
    #[command(flatten)]
    pub(crate) place: Where,
    /// Show secrets in clear
    #[arg(long)]
    pub(crate) show_secrets: bool,
    #[command(subcommand)]
    pub(crate) command: Option<ConfigCommand>,
}

/// What can be done with configuration.
#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Print one value
    Get {
        /// The key: `name`, `project:name`, `aws:region`
        key: String,
        /// The key is a path into a value: `data.list[0]`
        #[arg(long)]
        path: bool,
    },
    /// Set a value
    #[command(
        after_help = "Example:\n  refit config set aws:region eu-west-1\n  echo PASSWORD | refit config set --secret password\n\nSecrets \
                      are sealed with the passphrase in PULUMI_CONFIG_PASSPHRASE."
    )]
    Set {
        /// The key: `name`, `project:name`, `aws:region`
        key: String,
        /// The value; read from standard input when absent
        #[arg(allow_hyphen_values = true)]
        value: Option<String>,
        /// Seal it
        #[arg(long)]
        secret: bool,
        /// Keep it in clear (what happens without --secret)
        #[arg(long, conflicts_with = "secret")]
        plaintext: bool,
        /// The key is a path into a value: `data.list[0]`
        #[arg(long)]
        path: bool,
    },
    /// Remove a value
    Rm {
        /// The key
        key: String,
        /// The key is a path into a value
        #[arg(long)]
        path: bool,
    },
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

/// `refit run`.
#[derive(Debug, Args)]
pub(crate) struct Run {
    /// State machine: name, beginning of a name, or ARN
    pub(crate) name: String,
    /// The execution's input, JSON
    #[arg(long, default_value = "{}")]
    pub(crate) input: String,
    /// The execution's name
    #[arg(long, value_name = "NAME")]
    pub(crate) execution_name: Option<String>,
    /// Return as soon as it has started
    #[arg(long)]
    pub(crate) detach: bool,
}

/// `refit serve`.
#[derive(Debug, Args)]
pub(crate) struct Serve {
    /// Address and port; port 0 takes a free one
    #[arg(long, default_value = "127.0.0.1:4566", env = "REFIT_LISTEN", hide_env_values = true)]
    pub(crate) listen: SocketAddr,
    /// Accept any credentials as the administrator's (loopback addresses only)
    #[arg(long)]
    pub(crate) open: bool,
    /// Forget executions so many days after their end
    #[arg(
        long, default_value_t = states::KEEP_DAYS, env = "REFIT_KEEP_EXECUTIONS_DAYS",
        hide_env_values = true, value_name = "DAYS",
        value_parser = clap::value_parser!(u32).range(1..=36_500)
    )]
    pub(crate) keep_executions_days: u32,
    /// Leave the terminal (used when a command starts the server)
    #[arg(long, hide = true)]
    pub(crate) background: bool,
}

/// `refit logs`.
#[derive(Debug, Args)]
pub(crate) struct Logs {
    /// A job's name, or a log group that begins with `/`; the newest job when absent
    pub(crate) name: Option<String>,
    /// Go on printing as it grows
    #[arg(long, short)]
    pub(crate) follow: bool,
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

/// `refit models`.
#[derive(Debug, Args)]
pub(crate) struct Models {
    #[command(subcommand)]
    pub(crate) action: ModelsAction,
}

/// What `refit models` does.
#[derive(Debug, Subcommand)]
pub(crate) enum ModelsAction {
    /// List groups, or a group's versions
    Ls {
        /// A model package group
        group: Option<String>,
    },
    /// Print a version as JSON; the champion without VERSION
    Show {
        /// The model package group
        group: String,
        /// The version
        version: Option<i64>,
    },
    /// Approve a version: it becomes the champion
    Promote {
        /// The model package group
        group: String,
        /// The version
        version: i64,
        #[command(flatten)]
        promotion: Promotion,
    },
    /// Reject the champion: the approved version before it is champion again
    Rollback {
        /// The model package group
        group: String,
        #[command(flatten)]
        promotion: Promotion,
    },
}

/// Options of both.
#[derive(Debug, Args)]
pub(crate) struct Promotion {
    /// Why; kept with the version
    #[arg(long)]
    pub(crate) note: Option<String>,
    /// Have the new champion served by this endpoint
    #[arg(long, value_name = "ENDPOINT")]
    pub(crate) endpoint: Option<String>,
}

/// `refit validate`.
#[derive(Debug, Args)]
pub(crate) struct Validate {
    /// Definitions: .json, .yaml, or a Pulumi.yaml with definitions inside
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
}

#[cfg(test)]
mod tests {
    use super::Cli;
    use clap::CommandFactory;
    use std::fmt::Write;
    use std::path::Path;

    /// `docs/reference/commands.md` is this; `UPDATE=1 cargo test -p refit` writes it again.
    fn reference() -> String {
        let mut text =
            "# Commands\n\nWhat `refit --help` and `refit COMMAND --help` print.\n".to_owned();
        let mut root = Cli::command().term_width(100);
        root.build();
        write!(text, "\n## refit\n\n```\n{}\n```\n", root.render_help().to_string().trim())
            .unwrap();
        for command in root.get_subcommands_mut().filter(|command| !command.is_hide_set()) {
            let name = command.get_name().to_owned();
            if name == "help" {
                continue;
            }
            let help = command.render_help().to_string();
            write!(text, "\n## refit {name}\n\n```\n{}\n```\n", help.trim()).unwrap();
            for below in command.get_subcommands_mut().filter(|below| below.get_name() != "help") {
                let help = below.render_help().to_string();
                let below = below.get_name();
                write!(text, "\n### refit {name} {below}\n\n```\n{}\n```\n", help.trim()).unwrap();
            }
        }
        text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n") + "\n"
    }

    #[test]
    fn the_reference_is_up_to_date() {
        let file =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../docs/reference/commands.md");
        let reference = reference();
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(&file, &reference).unwrap();
        }
        let written = std::fs::read_to_string(&file).unwrap_or_default();
        assert_eq!(written, reference, "UPDATE=1 cargo test -p refit writes it again");
    }
}
