//! `refit serve`: the server in this terminal.

use crate::grammar::{Global, Serve};
use crate::home::Home;
use crate::report::{Done, Failure};
use crate::server::Server;
use std::io::IsTerminal;
use std::process::ExitCode;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tracing_subscriber::EnvFilter;

/// What is logged unless `REFIT_LOG` says otherwise. The S3 protocol crate calls every missing object an error.
const LOGGED: &str = "info,s3s=off";

/// Serves until SIGINT or SIGTERM.
pub(crate) async fn run(global: &Global, arguments: &Serve) -> Done {
    begin_log()?;
    let home = Home::locate(global.data.as_deref())?;
    let server = Server::start(home, arguments).await?;
    if !arguments.background {
        anstream::println!("refit serves {}", server.url);
        anstream::println!("point AWS SDKs and the AWS CLI at it with: eval \"$(refit env)\"");
    }
    let (stop, stopped) = watch::channel(false);
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::spawn(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        let _server_gone = stop.send(true);
        std::future::pending::<()>().await;
    });
    server.serve(stopped).await?;
    Ok(ExitCode::SUCCESS)
}

/// Writes the log to standard error: lines for people, or one JSON document per line.
fn begin_log() -> Result<(), Failure> {
    let filter = EnvFilter::try_from_env("REFIT_LOG").unwrap_or_else(|_| EnvFilter::new(LOGGED));
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    match std::env::var("REFIT_LOG_FORMAT").unwrap_or_default().as_str() {
        "json" => log.json().flatten_event(true).init(),
        "" | "text" => log.with_ansi(std::io::stderr().is_terminal()).init(),
        other => {
            return Err(Failure::new(format!("REFIT_LOG_FORMAT is {other}"))
                .hint("say json for one JSON document per line, or text"));
        }
    }
    Ok(())
}
