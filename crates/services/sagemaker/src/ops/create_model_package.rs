//! `CreateModelPackage`: the next version of a group.

use crate::error::Error;
use crate::packages::{PENDING, event, find_group};
use crate::records::{GROUP, PACKAGE, PACKAGE_TOKEN, Package, created_entry, package_key};
use crate::tags::tag_new;
use crate::{Sagemaker, announce};
use serde_json::{Map, Value, json};
use service::{Ctx, Reply};
use store::{Batch, Expect};

pub(crate) async fn run(
    _: &Sagemaker,
    ctx: &Ctx,
    mut input: Map<String, Value>,
) -> Result<Reply<Value>, Error> {
    if !input.contains_key("ModelPackageGroupName") {
        return Err(Error::Unsupported(
            "refit keeps versioned model packages only: ModelPackageGroupName is required."
                .to_owned(),
        ));
    }
    let group = find_group(ctx, input.get("ModelPackageGroupName")).await?;
    let mut record = group.value;
    let token = input.remove("ClientToken");
    let token = token.as_ref().and_then(Value::as_str);
    let token = token.map(|token| format!("{}/{}/{token}", ctx.region, record.name));
    if let Some(token) = &token
        && let Some(made) = ctx.records::<String>(PACKAGE_TOKEN).get(token).await?
    {
        return Ok(Reply::new(json!({"ModelPackageArn": made.value})));
    }
    record.last_version += 1;
    let version = record.last_version;
    let arn = ctx.arn("sagemaker", &format!("model-package/{}/{version}", record.name));
    let approval = input
        .remove("ModelApprovalStatus")
        .and_then(|status| status.as_str().map(str::to_owned))
        .unwrap_or_else(|| PENDING.to_owned());
    let mut batch = Batch::new();
    tag_new(&mut batch, &arn, input.remove("Tags").as_ref());
    let package = Package {
        group: record.name.clone(),
        version,
        arn: arn.clone(),
        request: input,
        approval,
        approval_description: None,
        created_ms: ctx.now_ms,
        modified_ms: None,
        created_by: ctx.principal.arn.clone(),
    };
    let index = vec![created_entry(&ctx.region, record.created_ms)];
    batch.put_indexed(GROUP, &group.key, &record, index, group.expect);
    let package_key = package_key(&ctx.region, &package.group, version);
    let index = vec![created_entry(&ctx.region, ctx.now_ms)];
    batch.put_indexed(PACKAGE, package_key, &package, index, Expect::Absent);
    if let Some(token) = token {
        batch.put(PACKAGE_TOKEN, token, &arn, Expect::Absent);
    }
    let announcement =
        announce::item(ctx, "SageMaker Model Package State Change", &arn, event(&package));
    let reply = Reply::with(json!({"ModelPackageArn": arn}), batch);
    Ok(reply.work(announcement).notice(package.group))
}
