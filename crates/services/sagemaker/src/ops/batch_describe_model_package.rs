//! `BatchDescribeModelPackage`: unknown ones are in the error map.

use crate::Sagemaker;
use crate::error::Error;
use crate::packages::{find, summary};
use serde_json::{Map, Value, json};
use service::{Ctx, Reply};

pub(crate) async fn run(
    _: &Sagemaker,
    ctx: &Ctx,
    input: Map<String, Value>,
) -> Result<Reply<Value>, Error> {
    let mut found = Map::new();
    let mut errors = Map::new();
    let asked = input.get("ModelPackageArnList").and_then(Value::as_array);
    for arn in asked.into_iter().flatten() {
        let name = arn.as_str().unwrap_or_default().to_owned();
        match find(ctx, Some(arn)).await {
            Ok(package) => {
                let mut view = summary(&package.value);
                view["InferenceSpecification"] =
                    json!(package.value.request.get("InferenceSpecification"));
                found.insert(name, view);
            }
            Err(Error::Validation(text)) => {
                let error = json!({"ErrorCode": "ValidationException", "ErrorResponse": text});
                errors.insert(name, error);
            }
            Err(error) => return Err(error),
        }
    }
    Ok(Reply::new(json!({
        "ModelPackageSummaries": found, "BatchDescribeModelPackageErrorMap": errors,
    })))
}
