//! `DeleteHyperParameterTuningJob`: only a job that has ended; its training jobs stay.

use crate::Sagemaker;
use crate::error::Error;
use crate::records::TAGS;
use crate::tuning;
use crate::tuning::records::TUNING;
use serde_json::{Map, Value, json};
use service::{Ctx, Reply};
use store::{Batch, Expect};

pub(crate) async fn run(
    _: &Sagemaker,
    ctx: &Ctx,
    input: Map<String, Value>,
) -> Result<Reply<Value>, Error> {
    let found = tuning::find(ctx, &input).await?;
    if !found.value.status.is_terminal() {
        return Err(Error::InUse(format!(
            "Cannot delete the hyperparameter tuning job {} in status {}.",
            found.value.arn,
            found.value.status.word()
        )));
    }
    let mut batch = Batch::new();
    batch.remove(TUNING, &found.key, found.expect);
    batch.remove(TAGS, &found.value.arn, Expect::Any);
    Ok(Reply::with(json!({}), batch))
}
