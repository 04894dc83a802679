//! `CreateTransformJob`.

use crate::Sagemaker;
use crate::error::Error;
use crate::jobs::{self, object_source};
use crate::records::{JobKind, MODEL, Model, key};
use crate::serving;
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
    let mut model = model.value.request;
    let containers = serving::containers(ctx, &model).await?;
    let [container] = &containers[..] else {
        return Err(Error::Unsupported(
            "refit transforms with models of one container.".to_owned(),
        ));
    };
    model.remove("Containers");
    model.insert("PrimaryContainer".to_owned(), container.clone());
    if input["TransformInput"].get("CompressionType").is_some_and(|kind| kind == "Gzip") {
        return Err(Error::Unsupported("refit transforms uncompressed input.".to_owned()));
    }
    let arn = jobs::arn(ctx, JobKind::Transform, &input);
    let principal = jobs::assume(ctx, &model, "ExecutionRoleArn", &arn).await?;
    jobs::require_objects(service, &principal, object_source(&input["TransformInput"])).await?;
    let reply = jobs::create(ctx, JobKind::Transform, input, Some(model)).await?;
    Ok(reply.map(|job| json!({"TransformJobArn": job.arn})))
}
