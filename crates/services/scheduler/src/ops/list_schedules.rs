//! `ListSchedules`.

use crate::Scheduler;
use crate::error::Error;
use crate::records::{SCHEDULE, Schedule, find_group};
use crate::wish::{seconds, state};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use service::{Ctx, PageToken, Reply, page_size};
use store::Scan;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    group_name: Option<String>,
    name_prefix: Option<String>,
    state: Option<String>,
    next_token: Option<String>,
    max_results: Option<i64>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output {
    schedules: Vec<Value>,
    next_token: Option<String>,
}

pub(crate) async fn run(_: &Scheduler, ctx: &Ctx, input: Input) -> Result<Reply<Output>, Error> {
    let name_prefix = input.name_prefix.unwrap_or_default();
    let prefix = match &input.group_name {
        Some(group) => {
            find_group(ctx, group).await?;
            format!("{}/{group}/{name_prefix}", ctx.region)
        }
        None => format!("{}/", ctx.region),
    };
    let wanted = input.state.unwrap_or_default();
    let question = format!("{prefix} {name_prefix} {wanted}");
    let token = PageToken { question: &question };
    let mut after = token.read(input.next_token.as_deref(), "ValidationException")?;
    let size = page_size(input.max_results, 100, 100);
    let mut schedules = Vec::new();
    loop {
        let mut scan = Scan::of(SCHEDULE, &prefix, size - schedules.len());
        scan.after = after.as_deref();
        let (found, next) = ctx.records::<Schedule>(SCHEDULE).scan(scan).await?;
        let is_wanted = |schedule: &Schedule| {
            schedule.name.starts_with(&name_prefix)
                && (wanted.is_empty() || state(schedule) == wanted)
        };
        let found = found.into_iter().map(|found| found.value).filter(is_wanted);
        schedules.extend(found.map(|schedule| summary(&schedule)));
        after = next;
        if after.is_none() || schedules.len() >= size {
            break;
        }
    }
    Ok(Reply::new(Output { schedules, next_token: after.map(|cursor| token.make(&cursor)) }))
}

fn summary(schedule: &Schedule) -> Value {
    json!({
        "Arn": schedule.arn,
        "Name": schedule.name,
        "GroupName": schedule.group,
        "State": state(schedule),
        "CreationDate": seconds(schedule.created_ms),
        "LastModificationDate": seconds(schedule.modified_ms),
        "Target": {"Arn": schedule.target.get("Arn")},
    })
}
