//! `UpdateApiDestination`: what is not given stays.

use crate::Events;
use crate::connection;
use crate::destination::{self, DESTINATION, check_endpoint};
use crate::error::Error;
use serde::Deserialize;
use serde_json::Value;
use service::{Ctx, Reply};
use store::Batch;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    name: String,
    description: Option<String>,
    connection_arn: Option<String>,
    invocation_endpoint: Option<String>,
    http_method: Option<String>,
    invocation_rate_limit_per_second: Option<i64>,
}

pub(crate) async fn run(_: &Events, ctx: &Ctx, input: Input) -> Result<Reply<Value>, Error> {
    let found = destination::find(ctx, &input.name).await?;
    let mut changed = found.value;
    if let Some(endpoint) = input.invocation_endpoint {
        check_endpoint(&endpoint)?;
        changed.endpoint = endpoint;
    }
    if let Some(arn) = input.connection_arn {
        connection::find_arn(ctx, &arn).await?;
        changed.connection_arn = arn;
    }
    changed.description = input.description.or(changed.description);
    changed.method = input.http_method.unwrap_or(changed.method);
    changed.rate_per_second = input.invocation_rate_limit_per_second.or(changed.rate_per_second);
    changed.modified_ms = ctx.now_ms;
    let mut batch = Batch::new();
    batch.put(DESTINATION, changed.key(), &changed, found.expect);
    Ok(Reply::with(Value::Object(changed.changed(ctx).await?), batch))
}
