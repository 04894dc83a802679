//! `DescribeMapRun`.

use crate::error::Error;
use crate::records::seconds;
use crate::{States, arns};
use driver::{MapRunView, Tally};
use engine::Status;
use serde::{Deserialize, Serialize};
use service::{Ctx, Reply};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Input {
    map_run_arn: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Output {
    map_run_arn: String,
    execution_arn: String,
    status: &'static str,
    start_date: f64,
    stop_date: Option<f64>,
    max_concurrency: u64,
    tolerated_failure_percentage: f64,
    tolerated_failure_count: u64,
    item_counts: Counts,
    execution_counts: Counts,
    redrive_count: u32,
    redrive_date: Option<f64>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Counts {
    pending: u64,
    running: u64,
    succeeded: u64,
    failed: u64,
    timed_out: u64,
    aborted: u64,
    total: u64,
    results_written: u64,
    failures_not_redrivable: u64,
    pending_redrive: u64,
}

impl Counts {
    fn of(tally: &Tally, started: u64, pending: u64, run: &MapRunView) -> Self {
        let Tally { succeeded, failed, timed_out, aborted } = *tally;
        Self {
            pending,
            running: started.saturating_sub(tally.ended()),
            succeeded,
            failed,
            timed_out,
            aborted,
            total: started + pending,
            results_written: if run.results_written == 0 { 0 } else { tally.ended() },
            // Express children are started anew, others go on: all can be redriven.
            failures_not_redrivable: 0,
            pending_redrive: if run.redriving { failed + timed_out + aborted } else { 0 },
        }
    }
}

pub(crate) async fn run(states: &States, _: &Ctx, input: Input) -> Result<Reply<Output>, Error> {
    Ok(Reply::new(show(&find(states, &input.map_run_arn).await?)))
}

/// The run of an ARN.
pub(crate) async fn find(states: &States, map_run_arn: &str) -> Result<MapRunView, Error> {
    arns::require_map_run(map_run_arn)?;
    let run = states.executions.describe_map_run(map_run_arn).await?;
    // UNVERIFIED: AWS's words.
    run.ok_or_else(|| Error::ResourceNotFound(map_run_arn.to_owned()))
}

fn show(run: &MapRunView) -> Output {
    // Before all items have been counted nobody knows how many are still to come.
    let pending = run.total.map_or(0, |total| total.saturating_sub(run.items));
    let pending_children = run.batch.map_or(0, |most| pending.div_ceil(most.max(1)));
    let (items, executions) = (&run.ended.items, &run.ended.executions);
    Output {
        map_run_arn: run.map_run_arn.to_string(),
        execution_arn: run.execution_arn.to_string(),
        status: status_word(run.status),
        start_date: seconds(run.start_ms),
        stop_date: run.stop_ms.map(seconds),
        max_concurrency: run.max_concurrency,
        tolerated_failure_percentage: run.tolerance.percentage.unwrap_or(0.0),
        tolerated_failure_count: run.tolerance.count.unwrap_or(0),
        item_counts: Counts::of(items, run.items, pending, run),
        execution_counts: Counts::of(executions, run.executions, pending_children, run),
        redrive_count: run.redrive_count,
        redrive_date: run.redrive_ms.map(seconds),
    }
}

/// AWS's word: a run does not time out.
fn status_word(status: Status) -> &'static str {
    match status {
        Status::Running => "RUNNING",
        Status::Succeeded => "SUCCEEDED",
        Status::Failed | Status::TimedOut => "FAILED",
        Status::Aborted => "ABORTED",
    }
}
