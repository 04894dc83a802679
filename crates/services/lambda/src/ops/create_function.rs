//! `CreateFunction`.

use crate::Lambda;
use crate::code::receive;
use crate::configuration::{check_role, complete, refuse_versions};
use crate::error::Error;
use crate::records::{FUNCTION, Function};
use serde_json::{Map, Value};
use service::{Ctx, Reply};
use store::{Batch, Expect};

pub(crate) async fn run(
    service: &Lambda,
    ctx: &Ctx,
    mut input: Map<String, Value>,
) -> Result<Reply<Value>, Error> {
    let given = input.remove("FunctionName").unwrap_or_default();
    let named = crate::names::parse(ctx, given.as_str().unwrap_or_default());
    if named.region != ctx.region || named.account != ctx.account() || named.qualifier.is_some() {
        return Err(Error::Invalid(format!("{} cannot be created by this call", named.arn())));
    }
    // AWS: FunctionName: 64 characters in length.
    if named.name.is_empty() || named.name.len() > 64 {
        return Err(Error::Invalid("FunctionName: 1 to 64 characters".to_owned()));
    }
    refuse_versions(&input)?;
    let name = named.name.to_owned();
    let key = format!("{}/{name}", ctx.region);
    if ctx.records::<Function>(FUNCTION).get(&key).await?.is_some() {
        return Err(Error::Exists(format!("Function already exist: {name}")));
    }
    let code = match input.remove("Code") {
        Some(Value::Object(code)) => receive(service, ctx, &code).await?,
        _ => return Err(Error::Invalid("Please provide a source for function code.".to_owned())),
    };
    let tags = input.remove("Tags").and_then(|tags| serde_json::from_value(tags).ok());
    input.remove("Publish");
    complete(&mut input)?;
    let arn = ctx.arn("lambda", &format!("function:{name}"));
    check_role(ctx, &input, &arn).await?;
    let function = Function {
        arn,
        name,
        region: ctx.region.clone(),
        configuration: input,
        code_sha256: code.sha256,
        code_folder: code.folder,
        code_size_bytes: code.size_bytes,
        revision_id: ctx.uuid(),
        modified_ms: ctx.now_ms,
        tags: tags.unwrap_or_default(),
        permissions: Vec::new(),
        reserved_concurrency: None,
    };
    let mut batch = Batch::new();
    batch.put(FUNCTION, key, &function, Expect::Absent);
    Ok(Reply::with(function.view(), batch))
}
