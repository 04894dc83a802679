//! `DescribeImages`: there are none.

use crate::Ecr;
use crate::error::Error;
use crate::records::find;
use serde::Deserialize;
use serde_json::{Value, json};
use service::{Ctx, Reply};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Input {
    registry_id: Option<String>,
    repository_name: String,
    #[serde(default)]
    image_ids: Vec<Value>,
}

pub(crate) async fn run(_: &Ecr, ctx: &Ctx, input: Input) -> Result<Reply<Value>, Error> {
    let found = find(ctx, input.registry_id.as_deref(), &input.repository_name).await?.value;
    if let Some(asked) = input.image_ids.first() {
        let member = |name: &str| asked.get(name).and_then(Value::as_str).unwrap_or("null");
        let id = format!(
            "{{imageDigest:'{}', imageTag:'{}'}}",
            member("imageDigest"),
            member("imageTag")
        );
        return Err(Error::NoImage(id, found.name, found.account));
    }
    Ok(Reply::new(json!({"imageDetails": []})))
}
