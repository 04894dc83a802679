//! `SetAlarmState`: until the next evaluation.

use crate::Cloudwatch;
use crate::act::transition;
use crate::alarm::{ALARM, find};
use crate::error::Error;
use crate::watch;
use serde::Deserialize;
use serde_json::{Value, json};
use service::{Ctx, Reply};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    alarm_name: String,
    state_value: String,
    state_reason: String,
    state_reason_data: Option<String>,
}

pub(crate) async fn run(_: &Cloudwatch, ctx: &Ctx, input: Input) -> Result<Reply<Value>, Error> {
    if let Some(data) = &input.state_reason_data
        && serde_json::from_str::<Value>(data).is_err()
    {
        return Err(Error::Format("StateReasonData is not a JSON document".to_owned()));
    }
    let found = find(ctx, &input.alarm_name).await?.ok_or(Error::NoAlarm)?;
    let mut alarm = found.value;
    let change = transition(
        ctx,
        &mut alarm,
        &input.state_value,
        input.state_reason,
        input.state_reason_data,
    )
    .await?;
    let mut batch = change.batch;
    batch.put(ALARM, found.key, &alarm, found.expect);
    let mut reply = Reply::with(json!({}), batch).work(watch::soon(ctx, &alarm));
    for item in change.work {
        reply = reply.work(item);
    }
    Ok(reply)
}
