//! `PutImageScanningConfiguration`: kept; there are no images to scan.

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
    image_scanning_configuration: Scanning,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Scanning {
    scan_on_push: Option<bool>,
}

pub(crate) async fn run(_: &Ecr, ctx: &Ctx, input: Input) -> Result<Reply<Value>, Error> {
    let found = find(ctx, input.registry_id.as_deref(), &input.repository_name).await?;
    let mut repository = found.value;
    repository.scan_on_push = input.image_scanning_configuration.scan_on_push.unwrap_or_default();
    let mut batch = Batch::new();
    batch.put(REPOSITORY, found.key, &repository, found.expect);
    let output = json!({
        "registryId": repository.account, "repositoryName": repository.name,
        "imageScanningConfiguration": {"scanOnPush": repository.scan_on_push},
    });
    Ok(Reply::with(output, batch))
}
