//! `TagLogGroup`: the older form of `TagResource`.

use crate::Logs;
use crate::error::Error;
use crate::tags::add;
use serde::Deserialize;
use serde_json::Value;
use service::{Ctx, Reply};
use std::collections::BTreeMap;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Input {
    log_group_name: String,
    tags: BTreeMap<String, String>,
}

pub(crate) async fn run(_: &Logs, ctx: &Ctx, input: Input) -> Result<Reply<Value>, Error> {
    let done = add(ctx, &input.log_group_name, &input.log_group_name, input.tags).await;
    // This operation does not have TooManyTagsException. UNVERIFIED: what it answers instead.
    done.map_err(|error| match error {
        Error::TooManyTags(_) => Error::Invalid(error.to_string()),
        other => other,
    })
}
