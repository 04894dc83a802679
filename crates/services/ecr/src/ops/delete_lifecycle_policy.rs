//! `DeleteLifecyclePolicy`.

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
}

pub(crate) async fn run(_: &Ecr, ctx: &Ctx, input: Input) -> Result<Reply<Value>, Error> {
    let found = find(ctx, input.registry_id.as_deref(), &input.repository_name).await?;
    let mut repository = found.value;
    let Some(text) = repository.lifecycle_policy.take() else {
        return Err(Error::NoLifecyclePolicy(repository.name, repository.account));
    };
    let output = json!({
        "registryId": repository.account, "repositoryName": repository.name, "lifecyclePolicyText": text,
    });
    let mut batch = Batch::new();
    batch.put(REPOSITORY, found.key, &repository, found.expect);
    Ok(Reply::with(output, batch))
}
