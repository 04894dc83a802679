//! `TestState`: runs one state alone and stores nothing.

use crate::States;
use crate::error::Error;
use crate::execution::without_nulls;
use crate::trial::{self, Mock};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use service::{Ctx, Reply};
use store::Batch;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Request {
    pub(crate) definition: String,
    pub(crate) role_arn: Option<String>,
    pub(crate) input: Option<String>,
    pub(crate) inspection_level: Option<String>,
    #[serde(default)]
    pub(crate) reveal_secrets: bool,
    pub(crate) variables: Option<String>,
    pub(crate) state_name: Option<String>,
    pub(crate) mock: Option<Mock>,
    pub(crate) context: Option<String>,
    #[serde(default)]
    pub(crate) state_configuration: Configuration,
}

/// `stateConfiguration`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Configuration {
    pub(crate) retrier_retry_count: Option<u32>,
    pub(crate) error_caused_by_state: Option<String>,
    pub(crate) map_iteration_failure_count: Option<u32>,
    pub(crate) map_item_reader_data: Option<String>,
}

#[derive(Serialize, Default)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Outcome {
    pub(crate) output: Option<String>,
    pub(crate) error: Option<String>,
    pub(crate) cause: Option<String>,
    pub(crate) inspection_data: Option<Map<String, Value>>,
    pub(crate) next_state: Option<String>,
    pub(crate) status: &'static str,
}

pub(crate) async fn run(_: &States, ctx: &Ctx, input: Request) -> Result<Reply<Value>, Error> {
    let (output, effects) = trial::run(ctx, &input).await?;
    let mut reply = without_nulls(&output);
    if let Some(prefix) = effects {
        let mut batch = Batch::new();
        service::forget_effects(&mut batch, &prefix);
        reply.batch = batch;
    }
    Ok(reply)
}
