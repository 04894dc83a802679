//! `DescribeModelPackageGroup`.

use crate::Sagemaker;
use crate::error::Error;
use crate::packages::{find_group, group_view};
use serde_json::{Map, Value};
use service::{Ctx, Reply};

pub(crate) async fn run(
    _: &Sagemaker,
    ctx: &Ctx,
    input: Map<String, Value>,
) -> Result<Reply<Value>, Error> {
    let group = find_group(ctx, input.get("ModelPackageGroupName")).await?.value;
    Ok(Reply::new(group_view(&group)))
}
