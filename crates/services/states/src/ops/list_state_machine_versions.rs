//! `ListStateMachineVersions`: the newest first.

use crate::error::Error;
use crate::ops::{DEFAULT_PAGE, MOST_PAGE, MachinePage};
use crate::records::{VERSION, Version, seconds, version_prefix};
use crate::{States, arns};
use serde::Serialize;
use service::{Ctx, PageToken, Reply, page_size};
use store::Scan;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Output {
    state_machine_versions: Vec<Item>,
    next_token: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Item {
    state_machine_version_arn: String,
    creation_date: f64,
}

pub(crate) async fn run(_: &States, ctx: &Ctx, input: MachinePage) -> Result<Reply<Output>, Error> {
    let named = arns::read_machine(&input.state_machine_arn)?;
    // AWS: a machine that is not there has no versions.
    let prefix = version_prefix(&named.machine);
    let token = PageToken { question: &prefix };
    let after = token.read(input.next_token.as_deref(), "InvalidToken")?;
    let limit = page_size(input.max_results, DEFAULT_PAGE, MOST_PAGE);
    let scan = Scan { after: after.as_deref(), reverse: true, ..Scan::of(VERSION, &prefix, limit) };
    let (found, next) = ctx.records::<Version>(VERSION).scan(scan).await?;
    let item = |version: Version| Item {
        state_machine_version_arn: version.arn(),
        creation_date: seconds(version.created_ms),
    };
    Ok(Reply::new(Output {
        state_machine_versions: found.into_iter().map(|found| item(found.value)).collect(),
        next_token: next.map(|cursor| token.make(&cursor)),
    }))
}
