//! `PutImageTagMutability`.

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
    image_tag_mutability: String,
    image_tag_mutability_exclusion_filters: Option<Value>,
}

pub(crate) async fn run(_: &Ecr, ctx: &Ctx, input: Input) -> Result<Reply<Value>, Error> {
    let found = find(ctx, input.registry_id.as_deref(), &input.repository_name).await?;
    let mut repository = found.value;
    repository.tag_mutability = input.image_tag_mutability;
    repository.exclusion_filters = input.image_tag_mutability_exclusion_filters;
    let mut batch = Batch::new();
    batch.put(REPOSITORY, found.key, &repository, found.expect);
    let output = json!({
        "registryId": repository.account, "repositoryName": repository.name,
        "imageTagMutability": repository.tag_mutability,
        "imageTagMutabilityExclusionFilters": repository.exclusion_filters,
    });
    Ok(Reply::with(output, batch))
}
