//! `CreateTransformJob`.

use crate::Sagemaker;
use crate::error::Error;
use crate::jobs::{self, object_source};
use crate::records::{JobKind, MODEL, Model, key};
use serde_json::{Map, Value, json};
use service::{Ctx, Reply};

pub(crate) async fn run(
    service: &Sagemaker,
    ctx: &Ctx,
    input: Map<String, Value>,
) -> Result<Reply<Value>, Error> {
    jobs::require_one_instance(&input["TransformResources"])?;
    let name = input.get("ModelName").and_then(Value::as_str).unwrap_or_default();
    let model = ctx.records::<Model>(MODEL).get(&key(&ctx.region, name)).await?;
    let Some(model) = model else {
        return Err(Error::Validation(format!(
            "Could not find model \"{}\".",
            ctx.arn("sagemaker", &format!("model/{name}"))
        )));
    };
    let arn = jobs::arn(ctx, JobKind::Transform, &input);
    let principal = jobs::assume(ctx, &model.value.request, "ExecutionRoleArn", &arn).await?;
    jobs::require_objects(service, &principal, object_source(&input["TransformInput"])).await?;
    let reply = jobs::create(ctx, JobKind::Transform, input, Some(model.value.request)).await?;
    Ok(reply.map(|job| json!({"TransformJobArn": job.arn})))
}
