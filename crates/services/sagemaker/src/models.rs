//! What the model operations share.

use crate::error::Error;
use crate::records::{MODEL, Model, key};
use serde_json::{Map, Value};
use service::{Ctx, Found};

/// The model that `ModelName` names.
pub(crate) async fn find(ctx: &Ctx, input: &Map<String, Value>) -> Result<Found<Model>, Error> {
    let name = input.get("ModelName").and_then(Value::as_str).unwrap_or_default();
    let found = ctx.records::<Model>(MODEL).get(&key(&ctx.region, name)).await?;
    found.ok_or_else(|| {
        let arn = ctx.arn("sagemaker", &format!("model/{name}"));
        Error::Validation(format!("Could not find model \"{arn}\"."))
    })
}
