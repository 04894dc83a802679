//! `ListExecutions`: the newest first, of a machine, or of one of its versions or aliases.

use crate::error::Error;
use crate::execution::status;
use crate::ops::{DEFAULT_PAGE, MOST_PAGE, describe_map_run};
use crate::records::{find_machine, seconds};
use crate::{States, arns};
use driver::ExecutionRecord;
use serde::{Deserialize, Serialize};
use service::{Ctx, PageToken, Reply, page_size};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Input {
    state_machine_arn: Option<String>,
    map_run_arn: Option<String>,
    status_filter: Option<String>,
    redrive_filter: Option<String>,
    max_results: Option<i64>,
    next_token: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Output {
    executions: Vec<Item>,
    next_token: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Item {
    execution_arn: String,
    state_machine_arn: String,
    name: String,
    status: &'static str,
    start_date: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    stop_date: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    map_run_arn: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[serde(rename = "itemCount")]
    items: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    state_machine_version_arn: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    state_machine_alias_arn: Option<String>,
    redrive_count: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    redrive_date: Option<f64>,
}

pub(crate) async fn run(states: &States, ctx: &Ctx, input: Input) -> Result<Reply<Output>, Error> {
    let arn = match (input.state_machine_arn.as_deref(), input.map_run_arn.as_deref()) {
        (Some(arn), None) => arn,
        (None, Some(_)) => return of_map_run(states, &input).await,
        // UNVERIFIED: AWS's words.
        _ => {
            return Err(Error::Validation(
                "Must specify exactly one of StateMachineArn or MapRunArn.".to_owned(),
            ));
        }
    };
    let named = arns::read_machine(arn)?;
    let machine = find_machine(ctx, &named.machine).await.map_err(|error| match error {
        Error::MachineDoesNotExist(_) => Error::MachineDoesNotExist(arn.to_owned()),
        other => other,
    })?;
    if machine.value.express {
        return Err(Error::TypeNotSupported);
    }
    let filter = input.status_filter.as_deref();
    let nothing = Output { executions: Vec::new(), next_token: None };
    let redriven = input.redriven();
    let wanted = filter.and_then(status);
    if filter.is_some() && wanted.is_none() {
        return Ok(Reply::new(nothing));
    }
    let question = format!("executions\n{arn}\n{}\n{redriven:?}", filter.unwrap_or_default());
    let token = PageToken { question: &question };
    let mut after = token.read(input.next_token.as_deref(), "InvalidToken")?;
    let limit = page_size(input.max_results, DEFAULT_PAGE, MOST_PAGE);
    let mut executions = Vec::new();
    // Executions of other versions are passed over, so a page may take several readings.
    loop {
        let left = limit - executions.len();
        let page = states.executions.list(&named.machine, wanted, after.as_deref(), left).await?;
        let is_meant = |record: &ExecutionRecord| {
            // Those of a machine of that name that is no more are not this one's.
            if record.identity.start_ms < machine.value.created_ms {
                return false;
            }
            if redriven.is_some_and(|redriven| redriven != (record.redrive_count > 0)) {
                return false;
            }
            named.qualifier.is_none()
                || record.identity.state_machine_version_arn.as_deref() == Some(arn)
                || record.identity.state_machine_alias_arn.as_deref() == Some(arn)
        };
        executions
            .extend(page.executions.into_iter().filter(is_meant).map(|record| item(record, None)));
        after = page.next;
        if after.is_none() || executions.len() >= limit {
            break;
        }
    }
    let next_token = after.map(|cursor| token.make(&cursor));
    Ok(Reply::new(Output { executions, next_token }))
}

impl Input {
    fn redriven(&self) -> Option<bool> {
        match self.redrive_filter.as_deref() {
            Some("REDRIVEN") => Some(true),
            Some("NOT_REDRIVEN") => Some(false),
            _ => None,
        }
    }
}

/// Children of a map run.
async fn of_map_run(states: &States, input: &Input) -> Result<Reply<Output>, Error> {
    let arn = input.map_run_arn.as_deref().unwrap_or_default();
    describe_map_run::find(states, arn).await?;
    let (filter, redriven) = (input.status_filter.as_deref(), input.redriven());
    let question = format!("children\n{arn}\n{}\n{redriven:?}", filter.unwrap_or_default());
    let token = PageToken { question: &question };
    let before = token.read(input.next_token.as_deref(), "InvalidToken")?;
    let before = before.and_then(|before| before.parse().ok());
    let limit = page_size(input.max_results, DEFAULT_PAGE, MOST_PAGE);
    let wanted = |record: &ExecutionRecord| {
        filter.is_none_or(|filter| record.status.word() == filter)
            && redriven.is_none_or(|redriven| redriven == (record.redrive_count > 0))
    };
    let page = states.executions.list_children(arn, wanted, before, limit).await?;
    let next_token = page.next.map(|next| token.make(&next.to_string()));
    let executions = page.executions.into_iter().map(|record| item(record, Some(arn))).collect();
    Ok(Reply::new(Output { executions, next_token }))
}

/// How many items a child was given.
// AWS: API reference: the size of its batch, and 0 without batches. UNVERIFIED: the latter.
fn item_count(record: &ExecutionRecord) -> u64 {
    let items = record.identity.input.value().get("Items").and_then(serde_json::Value::as_array);
    items.map_or(0, |items| items.len() as u64)
}

fn item(record: ExecutionRecord, map_run_arn: Option<&str>) -> Item {
    let identity = &record.identity;
    let text = |arn: &Option<std::sync::Arc<str>>| arn.as_ref().map(ToString::to_string);
    Item {
        execution_arn: identity.execution_arn.to_string(),
        state_machine_arn: identity.state_machine_arn.to_string(),
        name: identity.name.to_string(),
        status: record.status.word(),
        start_date: seconds(identity.start_ms),
        stop_date: record.stop_ms.map(seconds),
        map_run_arn: map_run_arn.map(str::to_owned),
        items: map_run_arn.map(|_| item_count(&record)),
        state_machine_version_arn: text(&identity.state_machine_version_arn),
        state_machine_alias_arn: text(&identity.state_machine_alias_arn),
        redrive_count: record.redrive_count,
        redrive_date: record.redrive_ms.map(seconds),
    }
}
