//! `RemovePermission`.

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
    statement_id: String,
    revision_id: Option<String>,
}

pub(crate) async fn run(_: &Lambda, ctx: &Ctx, input: Input) -> Result<Reply<Value>, Error> {
    let found = find(ctx, &input.function_name).await?;
    let mut function = found.value;
    if input.revision_id.is_some_and(|given| given != function.revision_id) {
        return Err(Error::Revision);
    }
    let before = function.permissions.len();
    function.permissions.retain(|(id, _)| *id != input.statement_id);
    if function.permissions.len() == before {
        return Err(Error::NotFound(format!(
            "Statement {} is not found in resource policy.",
            input.statement_id
        )));
    }
    function.revision_id = ctx.uuid();
    let mut batch = Batch::new();
    batch.put(FUNCTION, &found.key, &function, found.expect);
    Ok(Reply::with(json!({}), batch))
}
