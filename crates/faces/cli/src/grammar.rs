//! The command line: what can be typed, and the help that explains it.

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
    Preview(Project),
    /// Remove everything that a Pulumi project deployed
    #[command(visible_alias = "destroy")]
    Down(Project),
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
    /// The directory with Pulumi.yaml
    #[arg(default_value = ".", value_name = "DIR")]
    pub(crate) directory: PathBuf,
    /// The stack, whose settings are in Pulumi.STACK.yaml
    #[arg(long, short, default_value = "dev", env = "PULUMI_STACK", hide_env_values = true)]
    pub(crate) stack: String,
    /// Set a configuration value: KEY=VALUE (repeatable)
    #[arg(long, short, value_name = "KEY=VALUE")]
    pub(crate) config: Vec<String>,
}

/// `refit up`.
#[derive(Debug, Args)]
pub(crate) struct Up {
    #[command(flatten)]
    pub(crate) project: Project,
    /// Then run the retraining once, now, and follow it
    #[arg(long)]
    pub(crate) run: bool,
    /// Do not ask (refit never asks; accepted for habit's sake)
    #[arg(long, short)]
    pub(crate) yes: bool,
}

/// `refit output`.
#[derive(Debug, Args)]
pub(crate) struct Output {
    /// One output's name; all when absent
    pub(crate) name: Option<String>,
    /// The directory with Pulumi.yaml
    #[arg(long, short = 'C', default_value = ".", value_name = "DIR")]
    pub(crate) directory: PathBuf,
    /// The stack
    #[arg(long, short, default_value = "dev", env = "PULUMI_STACK", hide_env_values = true)]
    pub(crate) stack: String,
    /// Print secret values in clear
    #[arg(long)]
    pub(crate) show_secrets: bool,
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
