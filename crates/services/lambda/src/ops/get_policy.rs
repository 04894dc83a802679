//! `GetPolicy`.

use crate::Lambda;
use crate::error::Error;
use crate::names::find;
use serde::Deserialize;
use serde_json::{Value, json};
use service::{Ctx, Reply};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    function_name: String,
}

pub(crate) async fn run(_: &Lambda, ctx: &Ctx, input: Input) -> Result<Reply<Value>, Error> {
    let function = find(ctx, &input.function_name).await?.value;
    let policy = function
        .policy()
        .ok_or_else(|| Error::NotFound("The resource you requested does not exist.".to_owned()))?;
    Ok(Reply::new(json!({"Policy": policy, "RevisionId": function.revision_id})))
}
