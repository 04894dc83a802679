//! `UpdateStateMachineAlias`.

use crate::error::Error;
use crate::records::{ALIAS, Route, seconds};
use crate::{States, aliases, arns};
use serde::{Deserialize, Serialize};
use service::{Ctx, Reply};
use store::Batch;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Input {
    state_machine_alias_arn: String,
    description: Option<String>,
    routing_configuration: Option<Vec<Route>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Output {
    update_date: f64,
}

pub(crate) async fn run(_: &States, ctx: &Ctx, input: Input) -> Result<Reply<Output>, Error> {
    if input.description.is_none() && input.routing_configuration.is_none() {
        // UNVERIFIED: AWS's words.
        let message = "Either the description or the routingConfiguration must be specified";
        return Err(Error::Validation(message.to_owned()));
    }
    let mut found = aliases::find(ctx, &input.state_machine_alias_arn).await?;
    if let Some(routes) = input.routing_configuration {
        let machine = aliases::check(ctx, &routes).await?;
        if machine != arns::read_machine(&found.value.arn)?.machine {
            // UNVERIFIED: AWS's words.
            let message =
                "Routing configuration must contain versions of the alias's state machine.";
            return Err(Error::Validation(message.to_owned()));
        }
        found.value.routes = routes;
    }
    if input.description.is_some() {
        found.value.description = input.description;
    }
    found.value.updated_ms = ctx.now_ms;
    let mut batch = Batch::new();
    batch.put(ALIAS, &found.key, &found.value, found.expect);
    Ok(Reply::with(Output { update_date: seconds(ctx.now_ms) }, batch))
}
