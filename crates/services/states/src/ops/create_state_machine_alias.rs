//! `CreateStateMachineAlias`: idempotent for the same description and routes.

use crate::error::Error;
use crate::records::{ALIAS, Alias, Route, seconds};
use crate::{States, aliases};
use serde::{Deserialize, Serialize};
use service::{Ctx, Reply};
use store::{Batch, Expect};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Input {
    name: String,
    description: Option<String>,
    routing_configuration: Vec<Route>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Output {
    state_machine_alias_arn: String,
    creation_date: f64,
}

pub(crate) async fn run(_: &States, ctx: &Ctx, input: Input) -> Result<Reply<Output>, Error> {
    let machine_arn = aliases::check(ctx, &input.routing_configuration).await?;
    let arn = format!("{machine_arn}:{}", input.name);
    if let Some(found) = ctx.records::<Alias>(ALIAS).get(&arn).await? {
        let before = found.value;
        if before.description != input.description || before.routes != input.routing_configuration {
            let message = "Failed to create alias because an alias with the same name and a \
                           different routing configuration already exists.";
            return Err(Error::Conflict(message.to_owned()));
        }
        let creation_date = seconds(before.created_ms);
        return Ok(Reply::new(Output { state_machine_alias_arn: arn, creation_date }));
    }
    aliases::has_room(ctx, &machine_arn).await?;
    let alias = Alias {
        arn: arn.clone(),
        name: input.name,
        description: input.description,
        routes: input.routing_configuration,
        created_ms: ctx.now_ms,
        updated_ms: ctx.now_ms,
    };
    let mut batch = Batch::new();
    batch.put(ALIAS, &arn, &alias, Expect::Absent);
    let creation_date = seconds(ctx.now_ms);
    Ok(Reply::with(Output { state_machine_alias_arn: arn, creation_date }, batch))
}
