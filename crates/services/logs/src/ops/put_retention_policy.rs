//! `PutRetentionPolicy`

use serde::Deserialize;
use service::{Ctx, Reply};

use super::{Nothing, write_group};
use crate::error::invalid;
use crate::names::find_group;
use crate::retention::{ALLOWED_DAYS, item};
use crate::{Error, Logs};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Input {
    log_group_name: String,
    retention_in_days: i64,
}

pub(crate) async fn run(_: &Logs, ctx: &Ctx, input: Input) -> Result<Reply<Nothing>, Error> {
    if !ALLOWED_DAYS.contains(&input.retention_in_days) {
        return Err(invalid(format!(
            "1 validation error detected: Value '{}' at 'retentionInDays' failed to satisfy constraint: Member must satisfy enum value set: {ALLOWED_DAYS:?}",
            input.retention_in_days
        )));
    }
    let mut found = find_group(ctx, &input.log_group_name).await?;
    found.value.retention_days = Some(input.retention_in_days);
    Ok(write_group(found).work(item(ctx, &input.log_group_name)))
}
