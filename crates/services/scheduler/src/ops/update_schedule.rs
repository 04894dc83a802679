//! `UpdateSchedule`: replaces all of a schedule; what the request leaves out gets its default.

use crate::error::Error;
use crate::records::{SCHEDULE, find_schedule, group_name};
use crate::wish::Wish;
use crate::{Scheduler, firing};
use serde::Serialize;
use service::{Ctx, Reply};
use store::Batch;

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output {
    schedule_arn: String,
}

pub(crate) async fn run(_: &Scheduler, ctx: &Ctx, input: Wish) -> Result<Reply<Output>, Error> {
    let group = group_name(input.group_name.as_deref()).to_owned();
    let found = find_schedule(ctx, &group, &input.name).await?;
    let schedule = input.schedule(ctx, &group, Some(&found.value))?;
    let mut batch = Batch::new();
    batch.put(SCHEDULE, &found.key, &schedule, found.expect);
    let reply = Reply::with(Output { schedule_arn: schedule.arn.clone() }, batch);
    if schedule.keeps_beat_of(&found.value) {
        // The next firing stays as it is: it may be put off within its window already.
        return Ok(reply);
    }
    Ok(match firing::item(ctx, &schedule, ctx.now_ms) {
        Some(item) => reply.work(item),
        None => reply.cancel(firing::WORK, found.key),
    })
}
