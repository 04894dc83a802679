//! `GetExecutionHistory`.

use crate::error::Error;
use crate::ops::{DEFAULT_PAGE, MOST_PAGE};
use crate::{States, arns};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use service::{Ctx, PageToken, Reply, page_size};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Input {
    execution_arn: String,
    max_results: Option<i64>,
    #[serde(default)]
    reverse_order: bool,
    next_token: Option<String>,
    include_execution_data: Option<bool>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Output {
    events: Vec<Value>,
    next_token: Option<String>,
}

pub(crate) async fn run(states: &States, _: &Ctx, input: Input) -> Result<Reply<Output>, Error> {
    let arn = &input.execution_arn;
    arns::require_standard(arn)?;
    let question = format!("history\n{arn}\n{}", input.reverse_order);
    let token = PageToken { question: &question };
    let skip = token.read(input.next_token.as_deref(), "InvalidToken")?;
    let skip = skip.and_then(|skip| skip.parse().ok()).unwrap_or(0);
    let limit = page_size(input.max_results, DEFAULT_PAGE, MOST_PAGE);
    let page = states.executions.history(arn, skip, limit, input.reverse_order).await?;
    let with_data = input.include_execution_data.unwrap_or(true);
    let show = |event: &engine::HistoryEvent| {
        let mut event = event.to_aws();
        if !with_data {
            strip_data(&mut event);
        }
        event
    };
    Ok(Reply::new(Output {
        events: page.events.iter().map(show).collect(),
        next_token: page.next.map(|skip| token.make(&skip.to_string())),
    }))
}

/// Takes payloads out of an event.
// AWS: API reference: includeExecutionData. UNVERIFIED: that the details go as well.
pub(crate) fn strip_data(event: &mut Value) {
    let Some(members) = event.as_object_mut() else { return };
    for (name, details) in members {
        let Some(details) = details.as_object_mut().filter(|_| name.ends_with("EventDetails"))
        else {
            continue;
        };
        for payload in ["input", "output", "parameters", "assignedVariables"] {
            details.remove(payload);
            details.remove(&format!("{payload}Details"));
        }
    }
}
