//! `DeleteModelPackage`.

use crate::Sagemaker;
use crate::error::Error;
use crate::packages::find;
use crate::records::{PACKAGE, TAGS};
use serde_json::{Map, Value, json};
use service::{Ctx, Reply};
use store::{Batch, Expect};

pub(crate) async fn run(
    _: &Sagemaker,
    ctx: &Ctx,
    input: Map<String, Value>,
) -> Result<Reply<Value>, Error> {
    let package = find(ctx, input.get("ModelPackageName")).await?;
    let mut batch = Batch::new();
    batch.remove(PACKAGE, &package.key, package.expect);
    batch.remove(TAGS, &package.value.arn, Expect::Any);
    Ok(Reply::with(json!({}), batch))
}
