//! `ListStateMachineAliases`: of a machine, or of one of its versions.

use crate::States;
use crate::arns::{self, Qualifier};
use crate::error::Error;
use crate::ops::{DEFAULT_PAGE, MOST_PAGE, MachinePage};
use crate::records::{ALIAS, Alias, find_machine, seconds};
use serde::Serialize;
use service::{Ctx, PageToken, Reply, page_size};
use store::Scan;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Output {
    state_machine_aliases: Vec<Item>,
    next_token: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Item {
    state_machine_alias_arn: String,
    creation_date: f64,
}

pub(crate) async fn run(_: &States, ctx: &Ctx, input: MachinePage) -> Result<Reply<Output>, Error> {
    let named = arns::read_machine(&input.state_machine_arn)?;
    find_machine(ctx, &named.machine).await?;
    let version = match &named.qualifier {
        Some(Qualifier::Version(_)) => Some(input.state_machine_arn.as_str()),
        _ => None,
    };
    let prefix = format!("{}:", named.machine);
    let token = PageToken { question: &input.state_machine_arn };
    let after = token.read(input.next_token.as_deref(), "InvalidToken")?;
    let limit = page_size(input.max_results, DEFAULT_PAGE, MOST_PAGE);
    let scan = Scan { after: after.as_deref(), ..Scan::of(ALIAS, &prefix, limit) };
    let (found, next) = ctx.records::<Alias>(ALIAS).scan(scan).await?;
    let is_meant = |alias: &Alias| {
        version.is_none_or(|arn| alias.routes.iter().any(|r| r.state_machine_version_arn == arn))
    };
    let item = |alias: Alias| Item {
        creation_date: seconds(alias.created_ms),
        state_machine_alias_arn: alias.arn,
    };
    let aliases = found.into_iter().map(|found| found.value).filter(is_meant).map(item);
    Ok(Reply::new(Output {
        state_machine_aliases: aliases.collect(),
        next_token: next.map(|cursor| token.make(&cursor)),
    }))
}
