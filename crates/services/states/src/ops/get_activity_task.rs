//! `GetActivityTask`: waits up to a minute for a task.

use crate::error::Error;
use crate::records::find_activity;
use crate::{States, arns};
use serde::{Deserialize, Serialize};
use service::{Ctx, Reply};
use std::time::Duration;

/// How long a worker is kept waiting.
// AWS: API reference: the service holds the connection for 60 seconds.
const WAIT: Duration = Duration::from_mins(1);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Input {
    activity_arn: String,
    worker_name: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Output {
    task_token: Option<String>,
    input: Option<String>,
}

pub(crate) async fn run(states: &States, ctx: &Ctx, input: Input) -> Result<Reply<Output>, Error> {
    let arn = input.activity_arn;
    arns::require_activity(&arn)?;
    find_activity(ctx, &arn).await?;
    let worker = input.worker_name.map(Into::into);
    let _polling = states.pollers.enter(&arn).ok_or(Error::TooManyWorkers)?;
    let task = states.executions.next_activity_task(&arn, worker, WAIT).await?;
    Ok(Reply::new(Output {
        task_token: task.as_ref().map(|task| task.task_token.to_string()),
        input: task.map(|task| task.input.text().to_owned()),
    }))
}
