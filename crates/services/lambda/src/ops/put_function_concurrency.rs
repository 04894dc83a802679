//! `PutFunctionConcurrency`.

use crate::Lambda;
use crate::error::Error;
use crate::names::find;
use crate::records::FUNCTION;
use serde::Deserialize;
use serde_json::{Value, json};
use service::{Ctx, Reply};
use store::Batch;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    function_name: String,
    reserved_concurrent_executions: u32,
}

pub(crate) async fn run(_: &Lambda, ctx: &Ctx, input: Input) -> Result<Reply<Value>, Error> {
    let found = find(ctx, &input.function_name).await?;
    let mut function = found.value;
    function.reserved_concurrency = Some(input.reserved_concurrent_executions);
    let mut batch = Batch::new();
    batch.put(FUNCTION, &found.key, &function, found.expect);
    let output = json!({"ReservedConcurrentExecutions": input.reserved_concurrent_executions});
    Ok(Reply::with(output, batch))
}
