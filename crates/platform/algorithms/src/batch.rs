//! Batch transform through a server: starts a program that answers `/ping` and `/invocations` (or finds one that somebody
//! else has started, when it is given none), sends it the records of every input file, and writes `output/data/<relative name>.out`.
//!
//! It reads `input/config/transform.json` and the files below `input/data/input/`, as [`crate::transform`] does for models
//! of its own. The program listens at `$REFIT_SERVE_SOCKET` or on `$SAGEMAKER_BIND_TO_PORT`.
// AWS: https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-batch-code.html

mod client;
mod records;

use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::time::Duration;

use serde::Deserialize;
use tokio::process::{Child, Command};
use tokio::time::timeout;

use crate::place::Place;
use crate::{Error, Result, container};

use client::Client;
use records::Plan;

// AWS: your-algorithms-inference-code: a container that does not answer its pings within four minutes fails.
const PATIENCE: Duration = Duration::from_mins(4);
/// How long the program may take to end.
const GRACE: Duration = Duration::from_secs(30);
// AWS: CreateTransformJob: MaxPayloadInMB is 6 by default.
const DEFAULT_PAYLOAD_MB: usize = 6;
// AWS: InvocationsTimeoutInSeconds is 600 by default.
const DEFAULT_TIMEOUT_SECONDS: u64 = 600;

/// `transform.json`: members of `CreateTransformJob` under their names there.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Config {
    content_type: Option<String>,
    accept: Option<String>,
    split_type: Option<String>,
    assemble_with: Option<String>,
    batch_strategy: Option<String>,
    #[serde(rename = "MaxPayloadInMB")]
    max_payload_mb: Option<usize>,
    invocations_timeout_in_seconds: Option<u64>,
    data_processing: Option<records::Processing>,
}

/// Transforms everything below `opt_ml` with the program.
pub(crate) fn transform(opt_ml: &Path, program: &[OsString]) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(Error::io("start", opt_ml))?.block_on(run(opt_ml, program))
}

async fn run(opt_ml: &Path, program: &[OsString]) -> Result<()> {
    let config: Config = container::transform_config(opt_ml)?;
    let is_single = config.batch_strategy.as_deref() == Some("SingleRecord");
    let payload_mb = match config.max_payload_mb {
        None | Some(0) => DEFAULT_PAYLOAD_MB,
        Some(most) => most.min(100),
    };
    let plan = Plan::new(
        config.content_type.as_deref(),
        config.split_type.as_deref(),
        config.assemble_with.as_deref(),
        config.data_processing.as_ref(),
    )?;
    let client = Client {
        place: Place::of_environment().map_err(Error::client)?,
        content_type: config.content_type.clone(),
        accept: config.accept.clone(),
        patience: Duration::from_secs(
            config.invocations_timeout_in_seconds.unwrap_or(DEFAULT_TIMEOUT_SECONDS),
        ),
    };
    let most_bytes = if is_single { 0 } else { payload_mb * 1024 * 1024 };
    let Some((name, arguments)) = program.split_first() else {
        return all_files(opt_ml, &client, &plan, most_bytes).await;
    };
    let mut server = Command::new(name)
        .args(arguments)
        .env("SAGEMAKER_BATCH", "true")
        .env("SAGEMAKER_MAX_PAYLOAD_IN_MB", payload_mb.to_string())
        .env("SAGEMAKER_MAX_CONCURRENT_TRANSFORMS", "1")
        .env("SAGEMAKER_BATCH_STRATEGY", if is_single { "SINGLE_RECORD" } else { "MULTI_RECORD" })
        .kill_on_drop(true)
        .spawn()
        .map_err(Error::io("start", Path::new(name)))?;
    let outcome = tokio::select! {
        outcome = all_files(opt_ml, &client, &plan, most_bytes) => outcome,
        ended = server.wait() => {
            let how = ended.map_or_else(|error| error.to_string(), |status| status.to_string());
            Err(Error::client(format!("the model's server ended before the work was done: {how}")))
        }
    };
    stop(&mut server).await;
    outcome
}

/// Asks the server to end, and makes it.
async fn stop(server: &mut Child) {
    if let Some(id) = server.id().and_then(|id| i32::try_from(id).ok()) {
        let id = nix::unistd::Pid::from_raw(id);
        let _gone_already = nix::sys::signal::kill(id, nix::sys::signal::Signal::SIGTERM);
    }
    if timeout(GRACE, server.wait()).await.is_err() {
        let _gone_already = server.kill().await;
    }
}

async fn all_files(opt_ml: &Path, client: &Client, plan: &Plan, most_bytes: usize) -> Result<()> {
    if timeout(PATIENCE, client.ready()).await.is_err() {
        return Err(Error::client("the model's server did not pass the ping health check"));
    }
    let folder = opt_ml.join("input/data/input");
    for file in container::data_files(&folder)? {
        let bytes = fs::read(&file).map_err(Error::io("read", &file))?;
        let relative = file.strip_prefix(&folder).unwrap_or(&file);
        let answers = one_file(client, plan, &bytes, most_bytes)
            .await
            .map_err(|why| Error::client(format!("{}: {why}", relative.display())))?;
        let mut target = opt_ml.join("output/data").join(relative).into_os_string();
        target.push(".out");
        let target = Path::new(&target);
        if let Some(parent) = target.parent() {
            fs::create_dir_all(parent).map_err(Error::io("create", parent))?;
        }
        fs::write(target, answers).map_err(Error::io("write", target))?;
        println!("transformed {}", relative.display());
    }
    Ok(())
}

/// The output for one file's content.
async fn one_file(
    client: &Client,
    plan: &Plan,
    bytes: &[u8],
    most_bytes: usize,
) -> std::result::Result<Vec<u8>, String> {
    let mut out = Vec::new();
    for piece in plan.pieces(bytes, most_bytes)? {
        let answer = client.ask(piece.body.clone()).await?;
        plan.assemble(&piece, &answer, &mut out)?;
    }
    Ok(out)
}
