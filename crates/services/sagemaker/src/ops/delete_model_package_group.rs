//! `DeleteModelPackageGroup`: only an empty one.

use crate::Sagemaker;
use crate::error::Error;
use crate::packages::find_group;
use crate::records::{GROUP, PACKAGE, PACKAGE_TOKEN, Package, TAGS};
use serde_json::{Map, Value, json};
use service::{Ctx, Reply};
use store::{Batch, Expect, Scan};

pub(crate) async fn run(
    _: &Sagemaker,
    ctx: &Ctx,
    input: Map<String, Value>,
) -> Result<Reply<Value>, Error> {
    let group = find_group(ctx, input.get("ModelPackageGroupName")).await?;
    let prefix = format!("{}/{}/", ctx.region, group.value.name);
    let (packages, _) = ctx.records::<Package>(PACKAGE).scan(Scan::of(PACKAGE, &prefix, 1)).await?;
    if !packages.is_empty() {
        return Err(Error::Conflict(format!(
            "Model Package Group cannot be deleted because it still contains Model Packages. \
             Delete all the model packages of {} and try again.",
            group.value.arn
        )));
    }
    let mut batch = Batch::new();
    batch.remove(GROUP, &group.key, group.expect);
    batch.remove_prefixes.push((PACKAGE_TOKEN.to_owned(), prefix));
    batch.remove(TAGS, &group.value.arn, Expect::Any);
    Ok(Reply::with(json!({}), batch))
}
