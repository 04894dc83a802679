//! `DeleteScheduleGroup`: with all schedules in it.

use crate::error::Error;
use crate::records::{DEFAULT_GROUP, GROUP, SCHEDULE, Schedule, find_group};
use crate::{Scheduler, firing};
use serde::Deserialize;
use serde_json::{Value, json};
use service::{Ctx, Reply};
use store::Batch;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    name: String,
}

pub(crate) async fn run(_: &Scheduler, ctx: &Ctx, input: Input) -> Result<Reply<Value>, Error> {
    if input.name == DEFAULT_GROUP {
        return Err(Error::Validation("The default schedule group cannot be deleted.".to_owned()));
    }
    let Some(group) = find_group(ctx, &input.name).await? else {
        return Err(Error::NoGroup(input.name));
    };
    let mut batch = Batch::new();
    batch.remove(GROUP, &group.key, group.expect);
    let mut keys = Vec::new();
    let prefix = format!("{}/{}/", ctx.region, input.name);
    for schedule in ctx.records::<Schedule>(SCHEDULE).all(&prefix).await? {
        batch.remove(SCHEDULE, &schedule.key, schedule.expect);
        keys.push(schedule.key);
    }
    let reply = Reply::with(json!({}), batch);
    Ok(keys.into_iter().fold(reply, |reply, key| reply.cancel(firing::WORK, key)))
}
