//! The `refit` binary: one file per command, and the composition of the server.

mod background;
mod commands;
mod compose;
mod follow;
mod forwarding;
mod grammar;
mod home;
mod own;
mod project;
mod report;
mod server;
#[cfg(test)]
mod simulation;
mod target;

use clap::Parser;
use grammar::{Cli, Command};
use report::{Done, Failure};
use std::process::ExitCode;

/// The system's allocator took a sixth of the time of starting an execution.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let json = cli.global.json;
    match run(cli) {
        Ok(code) => code,
        Err(failure) => {
            failure.print(json);
            ExitCode::FAILURE
        }
    }
}

/// Huge pages would be most of what an idle server takes, so the allocator does without. What the server starts would
/// inherit that: jobs, which compute, have them again.
fn huge_pages(command: &Command) {
    #[cfg(target_os = "linux")]
    if matches!(command, Command::Supervise { .. } | Command::Algorithm { .. }) {
        // Where it cannot be said, jobs are a little slower.
        let _not_known_here = nix::sys::prctl::set_thp_disable(false);
    }
    #[cfg(not(target_os = "linux"))]
    let _nothing_to_do = command;
}

/// Commands that must not have threads come first; the others run on tokio.
fn run(cli: Cli) -> Done {
    huge_pages(&cli.command);
    match cli.command {
        Command::Supervise { folder } => return Ok(runner::supervise(&folder)),
        Command::Algorithm { arguments } => return Ok(commands::algorithm::run(&arguments)),
        Command::Completions { shell } => return Ok(commands::completions::run(shell)),
        Command::Validate(arguments) => return commands::validate::run(&cli.global, &arguments),
        Command::Init(arguments) => return commands::init::run(&cli.global, &arguments),
        Command::Check(arguments) => return commands::check::run(&cli.global, &arguments),
        _ => {}
    }
    if let Command::Serve(arguments) = &cli.command
        && arguments.background
    {
        // A session of its own: the terminal's end is not the server's.
        nix::unistd::setsid()
            .map_err(|error| Failure::new("cannot leave the terminal").because(error))?;
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let done = runtime.block_on(on_runtime(cli));
    runtime.shutdown_background();
    done
}

async fn on_runtime(cli: Cli) -> Done {
    let global = &cli.global;
    match cli.command {
        Command::Up(arguments) => commands::up::run(global, &arguments).await,
        Command::Preview(arguments) => commands::preview::run(global, &arguments).await,
        Command::Down(arguments) => commands::down::run(global, &arguments).await,
        Command::Convert(arguments) => commands::convert::run(global, &arguments).await,
        Command::Refresh(arguments) => commands::refresh::run(global, &arguments).await,
        Command::Import(arguments) => commands::import::run(global, &arguments).await,
        Command::Stack(arguments) => commands::stack::run(global, &arguments),
        Command::Config(arguments) => commands::config::run(global, &arguments),
        Command::Output(arguments) => commands::output::run(global, &arguments),
        Command::Run(arguments) => commands::run::run(global, &arguments).await,
        Command::Serve(arguments) => commands::serve::run(global, &arguments).await,
        Command::Stop => commands::stop::run(global).await,
        Command::Backup { directory } => commands::backup::run(global, &directory).await,
        Command::Restore { directory } => commands::restore::run(global, &directory).await,
        Command::Status => commands::status::run(global).await,
        Command::Logs(arguments) => commands::logs::run(global, &arguments).await,
        Command::Models(arguments) => commands::models::run(global, &arguments).await,
        Command::Env => commands::env::run(global),
        Command::Validate(_)
        | Command::Check(_)
        | Command::Init(_)
        | Command::Completions { .. }
        | Command::Supervise { .. }
        | Command::Algorithm { .. } => unreachable!("run without a runtime"),
    }
}
