//! `CreateSchedule`.

use crate::error::Error;
use crate::records::{SCHEDULE, Schedule, find_group, group_name, schedule_key};
use crate::wish::Wish;
use crate::{Scheduler, firing};
use serde::Serialize;
use service::{Ctx, Reply};
use store::{Batch, Expect};

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output {
    schedule_arn: String,
}

pub(crate) async fn run(_: &Scheduler, ctx: &Ctx, input: Wish) -> Result<Reply<Output>, Error> {
    let group = group_name(input.group_name.as_deref()).to_owned();
    let group_found = find_group(ctx, &group).await?;
    let key = schedule_key(&ctx.region, &group, &input.name);
    if let Some(there) = ctx.records::<Schedule>(SCHEDULE).get(&key).await? {
        // UNVERIFIED: that the same request again is answered as before, for which the client's token is meant.
        let same = input.schedule(ctx, &group, None)?;
        let (created_ms, modified_ms) = (there.value.created_ms, there.value.modified_ms);
        if (Schedule { created_ms, modified_ms, ..same }) == there.value {
            return Ok(Reply::new(Output { schedule_arn: there.value.arn }));
        }
        return Err(Error::ScheduleExists(there.value.name));
    }
    let schedule = input.schedule(ctx, &group, None)?;
    let mut batch = Batch::new();
    if let Some(group) = group_found {
        batch.checks.push((crate::records::GROUP.to_owned(), group.key, group.expect));
    }
    batch.put(SCHEDULE, &key, &schedule, Expect::Absent);
    let reply = Reply::with(Output { schedule_arn: schedule.arn.clone() }, batch);
    Ok(match firing::item(ctx, &schedule, ctx.now_ms) {
        Some(item) => reply.work(item),
        None => reply,
    })
}
