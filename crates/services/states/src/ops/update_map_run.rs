//! `UpdateMapRun`: concurrency and tolerated failures of a run that goes on.

use crate::States;
use crate::error::Error;
use crate::ops::{Nothing, describe_map_run};
use driver::MapRunChange;
use serde::Deserialize;
use service::{Ctx, Reply};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Input {
    map_run_arn: String,
    max_concurrency: Option<u64>,
    tolerated_failure_percentage: Option<f64>,
    tolerated_failure_count: Option<u64>,
}

pub(crate) async fn run(states: &States, _: &Ctx, input: Input) -> Result<Reply<Nothing>, Error> {
    describe_map_run::find(states, &input.map_run_arn).await?;
    let change = MapRunChange {
        max_concurrency: input.max_concurrency,
        tolerated_count: input.tolerated_failure_count,
        tolerated_percentage: input.tolerated_failure_percentage,
    };
    if !states.executions.change_map_run(&input.map_run_arn, change).await? {
        // UNVERIFIED: AWS's words.
        return Err(Error::Validation("The Map Run is not in RUNNING status".to_owned()));
    }
    Ok(Reply::new(Nothing {}))
}
