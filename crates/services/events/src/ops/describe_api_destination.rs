//! `DescribeApiDestination`.

use crate::Events;
use crate::destination;
use crate::error::Error;
use serde::Deserialize;
use serde_json::{Value, json};
use service::{Ctx, Reply};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    name: String,
}

pub(crate) async fn run(_: &Events, ctx: &Ctx, input: Input) -> Result<Reply<Value>, Error> {
    let found = destination::find(ctx, &input.name).await?.value;
    let mut members = found.listed(ctx).await?;
    members.insert("Description".to_owned(), json!(found.description));
    Ok(Reply::new(Value::Object(members)))
}
