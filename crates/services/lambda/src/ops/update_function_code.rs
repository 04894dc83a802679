//! `UpdateFunctionCode`.

use crate::Lambda;
use crate::code::receive;
use crate::configuration::{check_revision, refuse_versions};
use crate::error::Error;
use crate::names::find;
use crate::records::FUNCTION;
use serde_json::{Map, Value};
use service::{Ctx, Reply};
use store::Batch;

pub(crate) async fn run(
    service: &Lambda,
    ctx: &Ctx,
    input: Map<String, Value>,
) -> Result<Reply<Value>, Error> {
    let name = input.get("FunctionName").and_then(Value::as_str).unwrap_or_default();
    let found = find(ctx, name).await?;
    let mut function = found.value;
    check_revision(&function, &input)?;
    refuse_versions(&input)?;
    let code = receive(service, ctx, &input).await?;
    function.code_sha256 = code.sha256;
    function.code_folder = code.folder;
    function.code_size_bytes = code.size_bytes;
    if let Some(architectures) = input.get("Architectures") {
        function.configuration.insert("Architectures".to_owned(), architectures.clone());
    }
    if input.get("DryRun") == Some(&Value::Bool(true)) {
        return Ok(Reply::new(function.view()));
    }
    function.revision_id = ctx.uuid();
    function.modified_ms = ctx.now_ms;
    let mut batch = Batch::new();
    batch.put(FUNCTION, &found.key, &function, found.expect);
    Ok(Reply::with(function.view(), batch))
}
