//! The command line: what can be typed, and the help that explains it.

mod projects;
mod stacks;
#[cfg(test)]
mod tests;

pub(crate) use projects::{
    Check, Convert, Deny, Down, Import, Init, Language, Output, Preview, Project, Refresh,
    StackName, Template, Up, Work,
};
pub(crate) use stacks::{Config, ConfigCommand, Stack, StackCommand, Where};

use clap::{Args, Parser, Subcommand};
use std::net::SocketAddr;
use std::path::PathBuf;

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
    /// Take a resource that exists on AWS into a stack, and print the YAML that the program needs
    #[command(
        after_help = "Example:\n  refit import aws:s3:Bucket data my-bucket\n\nThe next `up` without it in the program \
                      would delete it, and is refused as long as it is protected (--protect=false: it is not)."
    )]
    Import(Import),
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
