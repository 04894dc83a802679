//! `RedriveExecution`: an execution that did not succeed goes on; idempotent for the same client token.

use crate::error::Error;
use crate::execution::attributes;
use crate::records::seconds;
use crate::{States, arns, redrive};
use serde::{Deserialize, Serialize};
use service::{Ctx, Reply};

/// How many client tokens are remembered, and for how long.
// AWS: API reference.
const TOKENS: usize = 10;
const TOKEN_MS: i64 = 15 * 60_000;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Input {
    execution_arn: String,
    client_token: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Output {
    redrive_date: f64,
}

pub(crate) async fn run(states: &States, ctx: &Ctx, input: Input) -> Result<Reply<Output>, Error> {
    arns::require_standard(&input.execution_arn)?;
    let record = states.executions.describe(&input.execution_arn).await?;
    let mut attributes = attributes(&record);
    let tokens = &mut attributes.redrive_tokens;
    tokens.retain(|(_, at_ms)| ctx.now_ms.saturating_sub(*at_ms) <= TOKEN_MS);
    if let Some(token) = input.client_token {
        if let Some((_, at_ms)) = tokens.iter().find(|(known, _)| *known == token) {
            return Ok(Reply::new(Output { redrive_date: seconds(*at_ms) }));
        }
        tokens.push((token, ctx.now_ms));
        let too_many = tokens.len().saturating_sub(TOKENS);
        tokens.drain(..too_many);
    }
    if states.executions.map_run_of(&record.identity).await?.is_some() {
        // UNVERIFIED: AWS's words.
        let reason = "Child workflow executions are redriven by redriving the execution that started their Map Run";
        return Err(Error::NotRedrivable(reason.to_owned()));
    }
    if let Some(reason) = redrive::why_not(ctx, &record).await? {
        return Err(Error::NotRedrivable(reason));
    }
    let attributes = serde_json::to_value(attributes).expect("attributes are plain data");
    let (start, redrive_ms) = states.executions.redrive(&input.execution_arn, attributes).await?;
    Ok(start.into_reply(Output { redrive_date: seconds(redrive_ms) }))
}
