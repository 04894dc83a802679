//! `DeleteModel`.

use crate::Sagemaker;
use crate::error::Error;
use crate::models::find;
use crate::records::{MODEL, TAGS};
use serde_json::{Map, Value, json};
use service::{Ctx, Reply};
use store::{Batch, Expect};

pub(crate) async fn run(
    _: &Sagemaker,
    ctx: &Ctx,
    input: Map<String, Value>,
) -> Result<Reply<Value>, Error> {
    let model = find(ctx, &input).await?;
    let mut batch = Batch::new();
    batch.remove(MODEL, &model.key, model.expect);
    batch.remove(TAGS, &model.value.arn, Expect::Any);
    Ok(Reply::with(json!({}), batch))
}
