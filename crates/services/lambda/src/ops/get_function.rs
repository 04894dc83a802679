//! `GetFunction`. The code's location is not given: refit keeps code unpacked.

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
    let mut view = json!({
        "Configuration": function.view(), "Code": {"RepositoryType": "S3"}, "Tags": function.tags,
    });
    if let Some(reserved) = function.reserved_concurrency {
        view["Concurrency"] = json!({"ReservedConcurrentExecutions": reserved});
    }
    Ok(Reply::new(view))
}
