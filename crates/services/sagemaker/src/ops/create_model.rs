//! `CreateModel`.

use crate::Sagemaker;
use crate::error::Error;
use crate::jobs;
use crate::records::{MODEL, Model, created_entry, key};
use crate::tags::tag_new;
use serde_json::{Map, Value, json};
use service::{Ctx, Reply};
use store::{Batch, Expect};

pub(crate) async fn run(
    _: &Sagemaker,
    ctx: &Ctx,
    mut input: Map<String, Value>,
) -> Result<Reply<Value>, Error> {
    let name = input.get("ModelName").and_then(Value::as_str).unwrap_or_default().to_owned();
    if input.contains_key("PrimaryContainer") == input.contains_key("Containers") {
        return Err(Error::Validation(
            "Exactly one of PrimaryContainer and Containers is required.".to_owned(),
        ));
    }
    let record_key = key(&ctx.region, &name);
    let arn = ctx.arn("sagemaker", &format!("model/{name}"));
    jobs::assume(ctx, &input, "ExecutionRoleArn", &arn).await?;
    if ctx.records::<Model>(MODEL).get(&record_key).await?.is_some() {
        // AWS: CreateModel answers a taken name with ValidationException.
        return Err(Error::Validation(format!("Cannot create already existing model \"{arn}\".")));
    }
    let mut batch = Batch::new();
    tag_new(&mut batch, &arn, input.remove("Tags").as_ref());
    let model = Model { name, arn: arn.clone(), request: input, created_ms: ctx.now_ms };
    let index = vec![created_entry(&ctx.region, ctx.now_ms)];
    batch.put_indexed(MODEL, record_key, &model, index, Expect::Absent);
    Ok(Reply::with(json!({"ModelArn": arn}), batch))
}
