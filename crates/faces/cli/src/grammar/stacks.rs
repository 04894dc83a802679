//! What can be typed about stacks and their configuration.

use clap::{Args, Subcommand};
use std::path::PathBuf;

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
