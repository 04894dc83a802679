//! `DescribeModelPackage`.

use crate::Sagemaker;
use crate::error::Error;
use crate::packages::{find, view};
use serde_json::{Map, Value};
use service::{Ctx, Reply};

pub(crate) async fn run(
    _: &Sagemaker,
    ctx: &Ctx,
    input: Map<String, Value>,
) -> Result<Reply<Value>, Error> {
    let package = find(ctx, input.get("ModelPackageName")).await?.value;
    Ok(Reply::new(view(&package)))
}
