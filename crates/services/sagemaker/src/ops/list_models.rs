//! `ListModels`.

use crate::Sagemaker;
use crate::error::Error;
use crate::listing::{Question, page};
use crate::records::{MODEL, Model, seconds};
use serde_json::{Map, Value, json};
use service::{Ctx, Reply};

pub(crate) async fn run(
    _: &Sagemaker,
    ctx: &Ctx,
    input: Map<String, Value>,
) -> Result<Reply<Value>, Error> {
    let question = Question::of(ctx, MODEL, true, &input);
    let page = page::<Model>(ctx, &question, |model| {
        question.admits(&model.name, model.created_ms).then(|| {
            json!({
                "ModelName": model.name,
                "ModelArn": model.arn,
                "CreationTime": seconds(model.created_ms),
            })
        })
    })
    .await?;
    Ok(Reply::new(page.answer("Models")))
}
