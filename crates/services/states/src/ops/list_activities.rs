//! `ListActivities`, by name.

use crate::error::Error;
use crate::ops::{DEFAULT_PAGE, MOST_PAGE, Paged};
use crate::records::{ACTIVITY, Activity, seconds};
use crate::{States, arns};
use serde::Serialize;
use service::{Ctx, PageToken, Reply, page_size};
use store::Scan;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Output {
    activities: Vec<Item>,
    next_token: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Item {
    activity_arn: String,
    name: String,
    creation_date: f64,
}

pub(crate) async fn run(_: &States, ctx: &Ctx, input: Paged) -> Result<Reply<Output>, Error> {
    let prefix = arns::activity(ctx, "");
    let token = PageToken { question: &prefix };
    let after = token.read(input.next_token.as_deref(), "InvalidToken")?;
    let limit = page_size(input.max_results, DEFAULT_PAGE, MOST_PAGE);
    let scan = Scan { after: after.as_deref(), ..Scan::of(ACTIVITY, &prefix, limit) };
    let (found, next) = ctx.records::<Activity>(ACTIVITY).scan(scan).await?;
    let item = |activity: Activity| Item {
        activity_arn: activity.arn,
        name: activity.name,
        creation_date: seconds(activity.created_ms),
    };
    Ok(Reply::new(Output {
        activities: found.into_iter().map(|found| item(found.value)).collect(),
        next_token: next.map(|cursor| token.make(&cursor)),
    }))
}
