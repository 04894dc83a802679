//! `UpdateFunctionConfiguration`: members that are given replace those the function has.

use crate::Lambda;
use crate::configuration::{check_revision, check_role, complete};
use crate::error::Error;
use crate::names::find;
use crate::records::FUNCTION;
use serde_json::{Map, Value};
use service::{Ctx, Reply};
use store::Batch;

pub(crate) async fn run(
    _: &Lambda,
    ctx: &Ctx,
    mut input: Map<String, Value>,
) -> Result<Reply<Value>, Error> {
    let name = input.remove("FunctionName").unwrap_or_default();
    let found = find(ctx, name.as_str().unwrap_or_default()).await?;
    let mut function = found.value;
    check_revision(&function, &input)?;
    input.remove("RevisionId");
    function.configuration.extend(input);
    complete(&mut function.configuration)?;
    check_role(ctx, &function.configuration, &function.arn).await?;
    function.revision_id = ctx.uuid();
    function.modified_ms = ctx.now_ms;
    let mut batch = Batch::new();
    batch.put(FUNCTION, &found.key, &function, found.expect);
    Ok(Reply::with(function.view(), batch))
}
