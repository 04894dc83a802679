//! `GetScheduleGroup`.

use crate::Scheduler;
use crate::error::Error;
use crate::records::{Group, default_group, find_group};
use crate::wish::seconds;
use serde::{Deserialize, Serialize};
use service::{Ctx, Reply};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    name: String,
}

/// A group as it is shown.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct View {
    arn: String,
    name: String,
    state: &'static str,
    creation_date: f64,
    last_modification_date: f64,
}

impl View {
    /// The view of a group.
    pub(crate) fn of(group: Group) -> Self {
        Self {
            arn: group.arn,
            name: group.name,
            state: "ACTIVE",
            creation_date: seconds(group.created_ms),
            last_modification_date: seconds(group.modified_ms),
        }
    }
}

pub(crate) async fn run(_: &Scheduler, ctx: &Ctx, input: Input) -> Result<Reply<View>, Error> {
    let found = find_group(ctx, &input.name).await?;
    Ok(Reply::new(View::of(found.map_or_else(|| default_group(ctx), |found| found.value))))
}
