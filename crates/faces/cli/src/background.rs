//! Finding the server, or starting it in the background.

use crate::home::{Announcement, Home};
use crate::report::Failure;
use client::{Client, Credentials};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// How long a server may take to become ready.
const READY_TIMEOUT: Duration = Duration::from_secs(30);
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// A client of the server that runs on this data directory.
pub(crate) async fn connect(home: &Home) -> Result<Client, Failure> {
    match running(home).await {
        Some(client) => Ok(client),
        None => Err(Failure::new(format!("no server runs on {}", home.path().display()))
            .hint("start it: refit serve, or deploy something: refit up DIR")),
    }
}

/// A client of the server that runs here; starts one when none does. The flag says whether it was started.
pub(crate) async fn connect_or_start(home: &Home) -> Result<(Client, bool), Failure> {
    if let Some(client) = running(home).await {
        return Ok((client, false));
    }
    home.create()?;
    let log = std::fs::OpenOptions::new().create(true).append(true).open(home.server_log())?;
    let began = log.metadata()?.len();
    let mut child = Command::new(std::env::current_exe()?)
        .args(["serve", "--background", "--data"])
        .arg(home.path())
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log)
        .spawn()
        .map_err(|error| Failure::new("cannot start the server").because(error))?;
    let deadline = Instant::now() + READY_TIMEOUT;
    loop {
        if let Some(client) = running(home).await {
            return Ok((client, true));
        }
        let ended = child.try_wait()?;
        if ended.is_some() || Instant::now() > deadline {
            return Err(did_not_start(home, began));
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// What the server said before it gave up.
fn did_not_start(home: &Home, began: u64) -> Failure {
    let log = std::fs::read(home.server_log()).unwrap_or_default();
    let said = log.get(usize::try_from(began).unwrap_or(0)..).unwrap_or_default();
    let said = String::from_utf8_lossy(said);
    let mut failure = Failure::new("the server did not start");
    for line in said.lines().filter(|line| !line.trim().is_empty()) {
        let line = line.trim();
        failure = match line.strip_prefix("hint: ") {
            Some(hint) => failure.hint(hint),
            None => failure
                .because(line.trim_start_matches("error: ").trim_start_matches("caused by: ")),
        };
    }
    failure.hint(format!("its log: {}", home.server_log().display()))
}

/// A client of the server that announced itself, when it answers.
async fn running(home: &Home) -> Option<Client> {
    let announcement = home.announcement()?;
    if !is_alive(announcement.pid) {
        return None;
    }
    let client = client_of(home, &announcement).ok()?;
    let health = client.own_page("health").await.ok()?;
    let is_same = health["pid"].as_u64() == Some(u64::from(announcement.pid));
    is_same.then_some(client)
}

/// Whether the process is there and has not ended (one whose parent has not looked yet counts as ended).
pub(crate) fn is_alive(pid: u32) -> bool {
    if let Ok(stat) = std::fs::read_to_string(format!("/proc/{pid}/stat"))
        && let Some((_, rest)) = stat.rsplit_once(')')
    {
        return !rest.trim_start().starts_with(['Z', 'X']);
    }
    let Ok(pid) = i32::try_from(pid) else { return false };
    nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), None).is_ok()
}

fn client_of(home: &Home, announcement: &Announcement) -> Result<Client, Failure> {
    let (access_key_id, secret_access_key) = home.read_credentials()?;
    let credentials = Credentials { access_key_id, secret_access_key, session_token: None };
    // As AWS's own tools choose: the environment's region, else the default.
    let region = std::env::var("AWS_REGION").ok().filter(|region| !region.is_empty());
    let region = region.as_deref().unwrap_or(&announcement.region);
    Ok(Client::new(&announcement.url, region, credentials))
}
