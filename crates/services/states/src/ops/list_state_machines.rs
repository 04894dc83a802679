//! `ListStateMachines`, by name.

use crate::error::Error;
use crate::ops::{DEFAULT_PAGE, MOST_PAGE, Paged};
use crate::records::{MACHINE, Machine, seconds};
use crate::{States, arns};
use serde::Serialize;
use service::{Ctx, PageToken, Reply, page_size};
use store::Scan;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Output {
    state_machines: Vec<Item>,
    next_token: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Item {
    state_machine_arn: String,
    name: String,
    #[serde(rename = "type")]
    kind: &'static str,
    creation_date: f64,
}

pub(crate) async fn run(_: &States, ctx: &Ctx, input: Paged) -> Result<Reply<Output>, Error> {
    let prefix = arns::machine(ctx, "");
    let token = PageToken { question: &prefix };
    let after = token.read(input.next_token.as_deref(), "InvalidToken")?;
    let limit = page_size(input.max_results, DEFAULT_PAGE, MOST_PAGE);
    let scan = Scan { after: after.as_deref(), ..Scan::of(MACHINE, &prefix, limit) };
    let (found, next) = ctx.records::<Machine>(MACHINE).scan(scan).await?;
    let item = |machine: Machine| Item {
        kind: machine.kind(),
        state_machine_arn: machine.arn,
        name: machine.name,
        creation_date: seconds(machine.created_ms),
    };
    Ok(Reply::new(Output {
        state_machines: found.into_iter().map(|found| item(found.value)).collect(),
        next_token: next.map(|cursor| token.make(&cursor)),
    }))
}
