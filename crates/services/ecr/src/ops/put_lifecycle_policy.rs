//! `PutLifecyclePolicy`: kept; images that it would expire do not exist.

use crate::Ecr;
use crate::error::Error;
use crate::records::{REPOSITORY, find};
use serde::Deserialize;
use serde_json::{Value, json};
use service::{Ctx, Reply};
use store::Batch;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Input {
    registry_id: Option<String>,
    repository_name: String,
    lifecycle_policy_text: String,
}

pub(crate) async fn run(_: &Ecr, ctx: &Ctx, input: Input) -> Result<Reply<Value>, Error> {
    let found = find(ctx, input.registry_id.as_deref(), &input.repository_name).await?;
    let text = input.lifecycle_policy_text;
    let policy = serde_json::from_str::<Value>(&text).unwrap_or_default();
    let rules = policy.get("rules").and_then(Value::as_array);
    let is_rule = |rule: &Value| {
        rule["rulePriority"].is_u64() && rule["selection"].is_object() && rule["action"].is_object()
    };
    if !rules.is_some_and(|rules| !rules.is_empty() && rules.iter().all(is_rule)) {
        let what = "Lifecycle policy validation failure: rules with rulePriority, selection and action are required";
        return Err(Error::Invalid("LifecyclePolicyText", what.to_owned()));
    }
    let mut repository = found.value;
    repository.lifecycle_policy = Some(text.clone());
    let mut batch = Batch::new();
    batch.put(REPOSITORY, found.key, &repository, found.expect);
    let output = json!({
        "registryId": repository.account, "repositoryName": repository.name, "lifecyclePolicyText": text,
    });
    Ok(Reply::with(output, batch))
}
