//! `ListScheduleGroups`.

use crate::Scheduler;
use crate::error::Error;
use crate::ops::get_schedule_group::View;
use crate::records::{DEFAULT_GROUP, GROUP, Group, default_group};
use serde::{Deserialize, Serialize};
use service::{Ctx, PageToken, Reply, page_size};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    name_prefix: Option<String>,
    next_token: Option<String>,
    max_results: Option<i64>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output {
    schedule_groups: Vec<View>,
    next_token: Option<String>,
}

pub(crate) async fn run(_: &Scheduler, ctx: &Ctx, input: Input) -> Result<Reply<Output>, Error> {
    let prefix = input.name_prefix.unwrap_or_default();
    let token = PageToken { question: &prefix };
    let after = token.read(input.next_token.as_deref(), "ValidationException")?;
    let size = page_size(input.max_results, 100, 100);
    let found = ctx.records::<Group>(GROUP).all(&format!("{}/", ctx.region)).await?;
    let mut groups: Vec<Group> = found.into_iter().map(|found| found.value).collect();
    if !groups.iter().any(|group| group.name == DEFAULT_GROUP) {
        groups.push(default_group(ctx));
    }
    groups.sort_by(|a, b| a.name.cmp(&b.name));
    groups.retain(|group| {
        group.name.starts_with(&prefix) && after.as_ref().is_none_or(|after| group.name > *after)
    });
    let has_more = groups.len() > size;
    groups.truncate(size);
    let next = groups.last().filter(|_| has_more).map(|group| token.make(&group.name));
    let schedule_groups = groups.into_iter().map(View::of).collect();
    Ok(Reply::new(Output { schedule_groups, next_token: next }))
}
