//! `SetRepositoryPolicy`: kept; nobody pulls images that it would admit to.

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
    policy_text: String,
}

pub(crate) async fn run(_: &Ecr, ctx: &Ctx, input: Input) -> Result<Reply<Value>, Error> {
    let found = find(ctx, input.registry_id.as_deref(), &input.repository_name).await?;
    let text = input.policy_text;
    let is_object = serde_json::from_str::<Value>(&text).is_ok_and(|value| value.is_object());
    if !is_object {
        return Err(Error::Invalid("PolicyText", "Invalid repository policy provided".to_owned()));
    }
    let mut repository = found.value;
    repository.policy = Some(text.clone());
    let mut batch = Batch::new();
    batch.put(REPOSITORY, found.key, &repository, found.expect);
    let output = json!({
        "registryId": repository.account, "repositoryName": repository.name, "policyText": text,
    });
    Ok(Reply::with(output, batch))
}
