//! `refit stop`: the server stops; running jobs go on.

use crate::background::is_alive;
use crate::grammar::Global;
use crate::home::Home;
use crate::report::{Done, Failure};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// How long the server may take to finish open requests.
const STOP_TIMEOUT: Duration = Duration::from_secs(15);

/// Asks the server to stop and waits until it has.
pub(crate) async fn run(global: &Global) -> Done {
    let home = Home::locate(global.data.as_deref())?;
    let server = home.announcement().filter(|server| is_alive(server.pid));
    let Some(server) = server else {
        anstream::println!("no server runs on {}", home.path().display());
        return Ok(ExitCode::SUCCESS);
    };
    let pid = i32::try_from(server.pid).map_err(|_| Failure::new("server.json is damaged"))?;
    kill(Pid::from_raw(pid), Signal::SIGTERM)
        .map_err(|error| Failure::new(format!("cannot stop process {pid}")).because(error))?;
    let deadline = Instant::now() + STOP_TIMEOUT;
    while is_alive(server.pid) {
        if Instant::now() > deadline {
            return Err(Failure::new(format!("the server (process {pid}) does not stop"))
                .hint(format!("see its log: {}", home.server_log().display())));
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    anstream::println!("stopped; running jobs go on, schedules fire again once a server runs");
    Ok(ExitCode::SUCCESS)
}
