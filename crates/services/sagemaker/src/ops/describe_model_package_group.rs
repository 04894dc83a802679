//! `DescribeModelPackageGroup`.

use crate::Sagemaker;
use crate::error::Error;
use crate::packages::find_group;
use crate::records::seconds;
use serde_json::{Map, Value, json};
use service::{Ctx, Reply};

pub(crate) async fn run(
    _: &Sagemaker,
    ctx: &Ctx,
    input: Map<String, Value>,
) -> Result<Reply<Value>, Error> {
    let group = find_group(ctx, input.get("ModelPackageGroupName")).await?.value;
    Ok(Reply::new(json!({
        "ModelPackageGroupName": group.name,
        "ModelPackageGroupArn": group.arn,
        "ModelPackageGroupDescription": group.description,
        "CreationTime": seconds(group.created_ms),
        "CreatedBy": {"IamIdentity": {"Arn": group.created_by}},
        "ModelPackageGroupStatus": "Completed",
    })))
}
