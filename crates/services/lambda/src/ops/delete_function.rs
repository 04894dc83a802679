//! `DeleteFunction`.

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
}

pub(crate) async fn run(service: &Lambda, ctx: &Ctx, input: Input) -> Result<Reply<Value>, Error> {
    let function = find(ctx, &input.function_name).await?;
    let mut batch = Batch::new();
    batch.remove(FUNCTION, &function.key, function.expect);
    let pool = service.pool.clone();
    let key = function.key;
    Ok(Reply::with(json!({}), batch).after(move || pool.drop_all(&key)))
}
