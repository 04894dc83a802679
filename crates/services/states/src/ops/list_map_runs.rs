//! `ListMapRuns`: of an execution, the newest first.

use crate::error::Error;
use crate::ops::{DEFAULT_PAGE, MOST_PAGE};
use crate::records::seconds;
use crate::{States, arns};
use driver::MapRunView;
use serde::{Deserialize, Serialize};
use service::{Ctx, PageToken, Reply, page_size};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Input {
    execution_arn: String,
    max_results: Option<i64>,
    next_token: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Output {
    map_runs: Vec<Item>,
    next_token: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Item {
    execution_arn: String,
    map_run_arn: String,
    state_machine_arn: String,
    start_date: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    stop_date: Option<f64>,
}

pub(crate) async fn run(states: &States, _: &Ctx, input: Input) -> Result<Reply<Output>, Error> {
    let arn = input.execution_arn;
    arns::require_standard(&arn)?;
    states.executions.describe(&arn).await?;
    let question = format!("mapRuns\n{arn}");
    let token = PageToken { question: &question };
    let after = token.read(input.next_token.as_deref(), "InvalidToken")?;
    let limit = page_size(input.max_results, DEFAULT_PAGE, MOST_PAGE);
    let (runs, next) = states.executions.list_map_runs(&arn, after.as_deref(), limit).await?;
    Ok(Reply::new(Output {
        map_runs: runs.into_iter().map(item).collect(),
        next_token: next.map(|cursor| token.make(&cursor)),
    }))
}

fn item(run: MapRunView) -> Item {
    Item {
        execution_arn: run.execution_arn.to_string(),
        map_run_arn: run.map_run_arn.to_string(),
        state_machine_arn: run.state_machine_arn.to_string(),
        start_date: seconds(run.start_ms),
        stop_date: run.stop_ms.map(seconds),
    }
}
