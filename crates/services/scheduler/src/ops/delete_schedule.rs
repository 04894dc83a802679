//! `DeleteSchedule`.

use crate::error::Error;
use crate::records::{SCHEDULE, find_schedule, group_name};
use crate::{Scheduler, firing};
use serde::Deserialize;
use serde_json::{Value, json};
use service::{Ctx, Reply};
use store::Batch;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    name: String,
    group_name: Option<String>,
}

pub(crate) async fn run(_: &Scheduler, ctx: &Ctx, input: Input) -> Result<Reply<Value>, Error> {
    let group = group_name(input.group_name.as_deref());
    let found = find_schedule(ctx, group, &input.name).await?;
    let mut batch = Batch::new();
    batch.remove(SCHEDULE, &found.key, found.expect);
    Ok(Reply::with(json!({}), batch).cancel(firing::WORK, found.key))
}
