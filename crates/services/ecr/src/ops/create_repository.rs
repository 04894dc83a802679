//! `CreateRepository`.

use crate::Ecr;
use crate::error::Error;
use crate::records::{REPOSITORY, Repository, Tag, arn, key, to_map};
use serde::Deserialize;
use serde_json::{Value, json};
use service::{Ctx, Reply};
use store::{Batch, Expect};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Input {
    registry_id: Option<String>,
    repository_name: String,
    #[serde(default)]
    tags: Vec<Tag>,
    image_tag_mutability: Option<String>,
    image_tag_mutability_exclusion_filters: Option<Value>,
    image_scanning_configuration: Option<Scanning>,
    encryption_configuration: Option<Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Scanning {
    scan_on_push: Option<bool>,
}

pub(crate) async fn run(_: &Ecr, ctx: &Ctx, input: Input) -> Result<Reply<Value>, Error> {
    let name = input.repository_name;
    if input.registry_id.is_some_and(|id| id != ctx.account()) {
        return Err(Error::Invalid(
            "registryId",
            "repositories are created in the caller's registry".to_owned(),
        ));
    }
    let key = key(&ctx.region, &name);
    if ctx.records::<Repository>(REPOSITORY).get(&key).await?.is_some() {
        return Err(Error::Exists(name, ctx.account().to_owned()));
    }
    let scanning = input.image_scanning_configuration;
    let repository = Repository {
        arn: arn(ctx, &name),
        name,
        region: ctx.region.clone(),
        account: ctx.account().to_owned(),
        created_ms: ctx.now_ms,
        tag_mutability: input.image_tag_mutability.unwrap_or_else(|| "MUTABLE".to_owned()),
        exclusion_filters: input.image_tag_mutability_exclusion_filters,
        scan_on_push: scanning.and_then(|own| own.scan_on_push).unwrap_or_default(),
        encryption: input
            .encryption_configuration
            .unwrap_or_else(|| json!({"encryptionType": "AES256"})),
        policy: None,
        lifecycle_policy: None,
        tags: to_map(input.tags),
    };
    let mut batch = Batch::new();
    batch.put(REPOSITORY, key, &repository, Expect::Absent);
    Ok(Reply::with(json!({"repository": repository.view()}), batch))
}
