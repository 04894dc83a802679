//! `ListSubscriptions`.

use crate::Sns;
use crate::error::Error;
use crate::listing::page;
use serde::Deserialize;
use serde_json::Value;
use service::{Ctx, Reply};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    next_token: Option<String>,
}

pub(crate) async fn run(_: &Sns, ctx: &Ctx, input: Input) -> Result<Reply<Value>, Error> {
    page(ctx, &ctx.arn("sns", ""), input.next_token.as_deref()).await
}
