//! `GetSchedule`.

use crate::Scheduler;
use crate::error::Error;
use crate::records::{find_schedule, group_name};
use crate::wish::View;
use serde::Deserialize;
use service::{Ctx, Reply};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    name: String,
    group_name: Option<String>,
}

pub(crate) async fn run(_: &Scheduler, ctx: &Ctx, input: Input) -> Result<Reply<View>, Error> {
    let group = group_name(input.group_name.as_deref());
    let found = find_schedule(ctx, group, &input.name).await?;
    Ok(Reply::new(View::of(found.value)))
}
