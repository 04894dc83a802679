//! `DescribeConnection`: everything but the secrets.

use crate::Events;
use crate::connection;
use crate::error::Error;
use serde::Deserialize;
use serde_json::Value;
use service::{Ctx, Reply};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    name: String,
}

pub(crate) async fn run(_: &Events, ctx: &Ctx, input: Input) -> Result<Reply<Value>, Error> {
    Ok(Reply::new(connection::find(ctx, &input.name).await?.value.described()))
}
