//! `DescribeStateMachineAlias`.

use crate::error::Error;
use crate::records::{Route, seconds};
use crate::{States, aliases};
use serde::{Deserialize, Serialize};
use service::{Ctx, Reply};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Input {
    state_machine_alias_arn: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Output {
    state_machine_alias_arn: String,
    name: String,
    description: Option<String>,
    routing_configuration: Vec<Route>,
    creation_date: f64,
    update_date: f64,
}

pub(crate) async fn run(_: &States, ctx: &Ctx, input: Input) -> Result<Reply<Output>, Error> {
    let alias = aliases::find(ctx, &input.state_machine_alias_arn).await?.value;
    Ok(Reply::new(Output {
        state_machine_alias_arn: alias.arn,
        name: alias.name,
        description: alias.description,
        routing_configuration: alias.routes,
        creation_date: seconds(alias.created_ms),
        update_date: seconds(alias.updated_ms),
    }))
}
