//! `UpdateModelPackage`: approval, description and customer metadata.

use crate::error::Error;
use crate::packages::{event, find};
use crate::records::{PACKAGE, created_entry};
use crate::{Sagemaker, announce};
use serde_json::{Map, Value, json};
use service::{Ctx, Reply};
use store::Batch;

/// Members that replace what the package has.
const REPLACED: [&str; 4] = ["InferenceSpecification", "SourceUri", "ModelCard", "ModelLifeCycle"];

pub(crate) async fn run(
    _: &Sagemaker,
    ctx: &Ctx,
    input: Map<String, Value>,
) -> Result<Reply<Value>, Error> {
    let found = find(ctx, input.get("ModelPackageArn")).await?;
    let mut package = found.value;
    if let Some(status) = input.get("ModelApprovalStatus").and_then(Value::as_str) {
        status.clone_into(&mut package.approval);
    }
    if let Some(text) = input.get("ApprovalDescription").and_then(Value::as_str) {
        package.approval_description = Some(text.to_owned());
    }
    for member in REPLACED {
        if let Some(value) = input.get(member) {
            package.request.insert(member.to_owned(), value.clone());
        }
    }
    change_metadata(&mut package.request, &input);
    package.modified_ms = Some(ctx.now_ms);
    let mut batch = Batch::new();
    let index = vec![created_entry(&ctx.region, package.created_ms)];
    batch.put_indexed(PACKAGE, &found.key, &package, index, found.expect);
    let announcement =
        announce::item(ctx, "SageMaker Model Package State Change", &package.arn, event(&package));
    let reply = Reply::with(json!({"ModelPackageArn": package.arn}), batch);
    Ok(reply.work(announcement).notice(package.group))
}

fn change_metadata(request: &mut Map<String, Value>, input: &Map<String, Value>) {
    let removed = input.get("CustomerMetadataPropertiesToRemove").and_then(Value::as_array);
    let added = input.get("CustomerMetadataProperties").and_then(Value::as_object);
    if removed.is_none() && added.is_none() {
        return;
    }
    let metadata = request.entry("CustomerMetadataProperties").or_insert_with(|| json!({}));
    let Value::Object(metadata) = metadata else { return };
    for name in removed.into_iter().flatten().filter_map(Value::as_str) {
        metadata.remove(name);
    }
    metadata.extend(added.cloned().unwrap_or_default());
}
