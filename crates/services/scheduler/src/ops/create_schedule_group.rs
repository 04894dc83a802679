//! `CreateScheduleGroup`.

use crate::Scheduler;
use crate::error::Error;
use crate::ops::tagged::{Tag, to_map};
use crate::records::{DEFAULT_GROUP, GROUP, Group, group_arn, group_key};
use serde::{Deserialize, Serialize};
use service::{Ctx, Reply};
use store::{Batch, Expect};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    name: String,
    tags: Option<Vec<Tag>>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output {
    schedule_group_arn: String,
}

pub(crate) async fn run(_: &Scheduler, ctx: &Ctx, input: Input) -> Result<Reply<Output>, Error> {
    let key = group_key(&ctx.region, &input.name);
    let there = ctx.records::<Group>(GROUP).get(&key).await?;
    if there.is_some() || input.name == DEFAULT_GROUP {
        return Err(Error::GroupExists(input.name));
    }
    let group = Group {
        arn: group_arn(ctx, &input.name),
        name: input.name,
        created_ms: ctx.now_ms,
        modified_ms: ctx.now_ms,
        tags: to_map(input.tags.unwrap_or_default()),
    };
    let mut batch = Batch::new();
    batch.put(GROUP, &key, &group, Expect::Absent);
    Ok(Reply::with(Output { schedule_group_arn: group.arn }, batch))
}
