//! `DisableAlarmActions`.

use crate::Cloudwatch;
use crate::error::Error;
use crate::ops::enable_alarm_actions::{Input, set};
use serde_json::Value;
use service::{Ctx, Reply};

pub(crate) async fn run(_: &Cloudwatch, ctx: &Ctx, input: Input) -> Result<Reply<Value>, Error> {
    set(ctx, &input.alarm_names, false).await
}
