//! `CreateModelPackageGroup`.

use crate::Sagemaker;
use crate::error::Error;
use crate::records::{GROUP, PackageGroup, created_entry, key};
use crate::tags::tag_new;
use serde_json::{Map, Value, json};
use service::{Ctx, Reply};
use store::{Batch, Expect};

pub(crate) async fn run(
    _: &Sagemaker,
    ctx: &Ctx,
    input: Map<String, Value>,
) -> Result<Reply<Value>, Error> {
    let text = |member: &str| input.get(member).and_then(Value::as_str).map(str::to_owned);
    let name = text("ModelPackageGroupName").unwrap_or_default();
    let record_key = key(&ctx.region, &name);
    let arn = ctx.arn("sagemaker", &format!("model-package-group/{name}"));
    if ctx.records::<PackageGroup>(GROUP).get(&record_key).await?.is_some() {
        return Err(Error::Validation(format!("Model Package Group already exists: {arn}")));
    }
    let group = PackageGroup {
        name,
        arn: arn.clone(),
        description: text("ModelPackageGroupDescription"),
        created_ms: ctx.now_ms,
        created_by: ctx.principal.arn.clone(),
        last_version: 0,
    };
    let mut batch = Batch::new();
    let index = vec![created_entry(&ctx.region, ctx.now_ms)];
    batch.put_indexed(GROUP, record_key, &group, index, Expect::Absent);
    tag_new(&mut batch, &arn, input.get("Tags"));
    Ok(Reply::with(json!({"ModelPackageGroupArn": arn}), batch))
}
