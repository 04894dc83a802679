//! `CreateApiDestination`.

use crate::Events;
use crate::connection;
use crate::destination::{DESTINATION, Destination, check_endpoint};
use crate::error::Error;
use serde::Deserialize;
use serde_json::Value;
use service::{Ctx, Reply};
use store::{Batch, Expect};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    name: String,
    description: Option<String>,
    connection_arn: String,
    invocation_endpoint: String,
    http_method: String,
    invocation_rate_limit_per_second: Option<i64>,
}

pub(crate) async fn run(_: &Events, ctx: &Ctx, input: Input) -> Result<Reply<Value>, Error> {
    check_endpoint(&input.invocation_endpoint)?;
    connection::find_arn(ctx, &input.connection_arn).await?;
    let key = connection::key(&ctx.region, &input.name);
    if ctx.records::<Destination>(DESTINATION).get(&key).await?.is_some() {
        return Err(Error::DestinationExists(input.name));
    }
    let destination = Destination {
        arn: ctx.arn("events", &format!("api-destination/{}/{}", input.name, ctx.uuid())),
        name: input.name,
        region: ctx.region.clone(),
        description: input.description,
        connection_arn: input.connection_arn,
        endpoint: input.invocation_endpoint,
        method: input.http_method,
        rate_per_second: input.invocation_rate_limit_per_second,
        created_ms: ctx.now_ms,
        modified_ms: ctx.now_ms,
    };
    let mut batch = Batch::new();
    batch.put(DESTINATION, key, &destination, Expect::Absent);
    Ok(Reply::with(Value::Object(destination.changed(ctx).await?), batch))
}
