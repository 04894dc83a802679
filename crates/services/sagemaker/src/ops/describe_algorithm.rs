//! `DescribeAlgorithm`.

use crate::Sagemaker;
use crate::error::Error;
use crate::nouns::ALGORITHM;
use serde_json::{Map, Value, json};
use service::{Ctx, Reply};

pub(crate) async fn run(
    _: &Sagemaker,
    ctx: &Ctx,
    input: Map<String, Value>,
) -> Result<Reply<Value>, Error> {
    let found = ALGORITHM.find(ctx, &input).await?;
    let mut view = ALGORITHM.view(&found.value);
    view["AlgorithmStatus"] = json!("Completed");
    view["AlgorithmStatusDetails"] = json!({"ValidationStatuses": [], "ImageScanStatuses": []});
    Ok(Reply::new(view))
}
