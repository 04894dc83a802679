//! `TestEventPattern`.

use crate::Events;
use crate::error::Error;
use pattern::Pattern;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use service::{Ctx, Reply};

// AWS: TestEventPattern: members an event must have.
const REQUIRED: [&str; 7] =
    ["id", "detail-type", "source", "account", "time", "region", "resources"];

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    event_pattern: String,
    event: String,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output {
    result: bool,
}

pub(crate) async fn run(_: &Events, _: &Ctx, input: Input) -> Result<Reply<Output>, Error> {
    let pattern = Pattern::parse(&input.event_pattern)
        .map_err(|error| Error::InvalidPattern(error.to_string()))?;
    let event: Value = serde_json::from_str(&input.event)
        .map_err(|_| Error::Validation("Parameter Event is not valid.".to_owned()))?;
    if let Some(missing) = REQUIRED.iter().find(|name| event.get(**name).is_none()) {
        return Err(Error::Validation(format!(
            "Parameter Event is not valid. Reason: Event does not contain the required field {missing}."
        )));
    }
    Ok(Reply::new(Output { result: pattern.matches(&event) }))
}
