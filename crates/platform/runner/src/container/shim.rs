//! The shim: one container from its making to its end.

use std::io::Write as _;
use std::process::{ExitCode, Stdio};
use std::sync::Arc;
use std::time::Duration;

use http_body_util::BodyExt as _;
use hyper::Method;
use hyper::body::Incoming;
use nix::sys::signal::{SigSet, Signal, raise};
use serde_json::Value;
use tokio::process::{Child, Command};
use tokio::sync::Notify;

use crate::{Container, JobFolder, JobSpec, Pull};

use super::api::{Engine, escaped};
use super::{LABEL, create};

/// How long a container has to end when the work is done.
// AWS: your-algorithms-batch-code: SIGTERM, then SIGKILL after 30 seconds.
const GRACE: Duration = Duration::from_secs(30);
/// What the launcher would say when a program is not there.
const NOT_STARTED: u8 = 127;

/// Runs the container; the exit code, or the signal, is the container's.
pub(super) async fn run(folder: &JobFolder, spec: &JobSpec) -> ExitCode {
    let Some(container) = &spec.container else { return ExitCode::FAILURE };
    match to_the_end(folder, spec, container).await {
        Ok(code) => end_as(code),
        Err(why) => {
            let why = format!("the container of {} could not be run: {why}", container.image);
            eprintln!("refit: {why}");
            // Where the supervisor looks for it: this is not the program's end.
            std::fs::write(super::error_file(folder), why).ok();
            ExitCode::from(NOT_STARTED)
        }
    }
}

/// A program that a signal ended has the code 128 + signal; that is told as it was.
fn end_as(code: i64) -> ExitCode {
    let number = i32::try_from(code - 128).ok().filter(|number| (1..=31).contains(number));
    if let Some(signal) = number.and_then(|number| Signal::try_from(number).ok()) {
        SigSet::all().thread_unblock().ok();
        raise(signal).ok();
    }
    ExitCode::from(u8::try_from(code).unwrap_or(1))
}

async fn to_the_end(
    folder: &JobFolder,
    spec: &JobSpec,
    container: &Container,
) -> Result<i64, String> {
    let engine = Engine::new(&container.engine)?;
    let terminated = terminations()?;
    fetch(&engine, container).await?;
    let made = engine
        .ask(Method::POST, "/containers/create", Some(&create::body(folder, spec, container)))
        .await?;
    if !made.status.is_success() {
        return Err(made.why());
    }
    let id = made.body["Id"].as_str().ok_or("the engine names no container")?.to_owned();
    let at = |what: &str| format!("/containers/{id}/{what}");
    let attach = at("attach?stream=1&stdout=1&stderr=1");
    let output = engine.send(Method::POST, &attach, None).await?;
    let started = engine.ask(Method::POST, &at("start"), None).await?;
    if !started.status.is_success() {
        let why = started.why();
        remove(&engine, &id).await;
        return Err(why);
    }
    let waited = at("wait");
    let ended = engine.ask(Method::POST, &waited, None);
    let mut reading = tokio::spawn(pass_on(output.into_body()));
    let mut beside = match start_beside(folder, spec, container) {
        Ok(beside) => beside,
        Err(why) => {
            remove(&engine, &id).await;
            return Err(why);
        }
    };
    let mut done = None;
    tokio::pin!(ended);
    let answer = loop {
        tokio::select! {
            answer = &mut ended => break answer?,
            () = terminated.notified() => {
                engine.ask(Method::POST, &at("kill?signal=SIGTERM"), None).await.ok();
            }
            code = end_of(&mut beside) => {
                (done, beside) = (Some(code), None);
                engine.ask(Method::POST, &at("kill?signal=SIGTERM"), None).await.ok();
            }
            () = patience(done.is_some()) => {
                engine.ask(Method::POST, &at("kill?signal=SIGKILL"), None).await.ok();
            }
        }
    };
    let ended_early = beside.take().is_some();
    // The rest of its output; a stream that does not end holds nobody up.
    tokio::time::timeout(std::time::Duration::from_secs(5), &mut reading).await.ok();
    let mut code = answer.body["StatusCode"].as_i64();
    if ended_early {
        eprintln!("refit: the container ended before the work was done");
        code = code.map(|code| if code == 0 { 1 } else { code });
    }
    code = done.or(code);
    let state = engine.ask(Method::GET, &at("json"), None).await;
    if state.is_ok_and(|state| state.body["State"]["OOMKilled"] == Value::Bool(true)) {
        eprintln!("refit: the container needed more memory than its limit and was killed");
    }
    remove(&engine, &id).await;
    code.ok_or_else(|| answer.why())
}

/// Starts the program that asks the container, when there is one.
fn start_beside(
    folder: &JobFolder,
    spec: &JobSpec,
    container: &Container,
) -> Result<Option<Child>, String> {
    let Some((program, arguments)) = container.beside.split_first() else { return Ok(None) };
    let mut command = Command::new(program);
    command.args(arguments).env_clear().envs(&spec.env).current_dir(folder.ml());
    command.env("REFIT_OPT_ML", folder.ml()).env("REFIT_JOB", folder.path());
    let started = command.stdin(Stdio::null()).kill_on_drop(true).spawn();
    started.map(Some).map_err(|error| format!("{program}, which asks it, cannot be run: {error}"))
}

/// The exit code of the program that asks the container; never, when there is none.
async fn end_of(beside: &mut Option<Child>) -> i64 {
    let Some(beside) = beside else { return std::future::pending().await };
    match beside.wait().await {
        Ok(status) => status.code().map_or(1, i64::from),
        Err(error) => {
            eprintln!("refit: the program beside the container cannot be watched: {error}");
            1
        }
    }
}

/// Resolves when a container that was asked to end has had its time.
async fn patience(was_asked: bool) {
    if was_asked {
        tokio::time::sleep(GRACE).await;
    } else {
        std::future::pending::<()>().await;
    }
}

/// Rings at every SIGTERM. The signal is blocked and taken by a thread, not handled: at the end this process may have to
/// die of it itself.
fn terminations() -> Result<Arc<Notify>, String> {
    let mut mask = SigSet::empty();
    mask.add(Signal::SIGTERM);
    mask.thread_block().map_err(|errno| errno.to_string())?;
    let bell = Arc::new(Notify::new());
    let ringer = Arc::clone(&bell);
    let thread = std::thread::Builder::new().name("terminations".to_owned());
    thread
        .spawn(move || {
            while mask.wait().is_ok() {
                ringer.notify_one();
            }
        })
        .map_err(|error| error.to_string())?;
    Ok(bell)
}

/// Sees to it that the image is there.
async fn fetch(engine: &Engine, container: &Container) -> Result<(), String> {
    let image = escaped(&container.image);
    if container.pull != Pull::Always {
        let found = engine.ask(Method::GET, &format!("/images/{image}/json"), None).await?;
        if found.status.is_success() {
            return Ok(());
        }
        if container.pull == Pull::Never {
            return Err(
                "the engine does not have the image, and it is not to be fetched".to_owned()
            );
        }
    }
    println!("refit: fetching the image {}", container.image);
    let has_version = container.image.rsplit('/').next().is_some_and(|it| it.contains([':', '@']));
    let tag = if has_version { "" } else { "&tag=latest" };
    let path = format!("/images/create?fromImage={image}{tag}");
    let mut answer = engine.send(Method::POST, &path, None).await?;
    let status = answer.status();
    let mut last = Vec::new();
    // Progress, one JSON document per line: an error stands in the last, under the status 200.
    while let Some(frame) = answer.body_mut().frame().await {
        let frame = frame.map_err(|error| error.to_string())?;
        if let Some(data) = frame.data_ref() {
            last.extend_from_slice(data);
            let excess = last.len().saturating_sub(8192);
            last.drain(..excess);
        }
    }
    let text = String::from_utf8_lossy(&last).into_owned();
    let said = text.lines().rev().find_map(|line| {
        let line: Value = serde_json::from_str(line).ok()?;
        let error = line.get("error").or_else(|| line.get("message"))?;
        Some(error.as_str()?.to_owned())
    });
    match said {
        Some(why) => Err(format!("it could not be fetched: {why}")),
        None if status.is_success() => Ok(()),
        None => Err(format!("it could not be fetched: {status}")),
    }
}

/// Passes the container's output on: frames of a stream's number, a length and that many bytes.
async fn pass_on(mut body: Incoming) {
    let mut waiting: Vec<u8> = Vec::new();
    while let Some(Ok(frame)) = body.frame().await {
        let Some(data) = frame.data_ref() else { continue };
        waiting.extend_from_slice(data);
        while let Some(length) = waiting.get(4..8).and_then(|it| it.try_into().ok()) {
            let end = 8 + u32::from_be_bytes(length) as usize;
            let Some(content) = waiting.get(8..end) else { break };
            if waiting.first() == Some(&2) {
                std::io::stderr().write_all(content).ok();
            } else {
                let mut stdout = std::io::stdout();
                stdout.write_all(content).and_then(|()| stdout.flush()).ok();
            }
            waiting.drain(..end);
        }
    }
}

async fn remove(engine: &Engine, id: &str) {
    let path = format!("/containers/{id}?force=1&v=1");
    engine.ask(Method::DELETE, &path, None).await.ok();
}

/// Removes every container that carries the label of a job.
pub(super) async fn remove_labelled(engine: &Engine, job: &str) {
    let filter = serde_json::json!({"label": [format!("{LABEL}={job}")]}).to_string();
    let path = format!("/containers/json?all=1&filters={}", escaped(&filter));
    let Ok(found) = engine.ask(Method::GET, &path, None).await else { return };
    for container in found.body.as_array().into_iter().flatten() {
        if let Some(id) = container["Id"].as_str() {
            remove(engine, id).await;
        }
    }
}
