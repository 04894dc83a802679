//! `ListHyperParameterTuningJobs`.

use crate::Sagemaker;
use crate::error::Error;
use crate::listing::{Question, page};
use crate::tuning;
use crate::tuning::records::{TUNING, Tuning};
use serde_json::{Map, Value};
use service::{Ctx, Reply};

pub(crate) async fn run(
    _: &Sagemaker,
    ctx: &Ctx,
    input: Map<String, Value>,
) -> Result<Reply<Value>, Error> {
    let status = input.get("StatusEquals").and_then(Value::as_str);
    let question = Question::of(ctx, TUNING, true, &input);
    let page = page::<Tuning>(ctx, &question, |tuning| {
        let is_wanted = question.admits(&tuning.name, tuning.created_ms)
            && question.admits_change(tuning.modified_ms)
            && status.is_none_or(|status| status == tuning.status.word());
        is_wanted.then(|| tuning::summary(tuning))
    })
    .await?;
    Ok(Reply::new(page.answer("HyperParameterTuningJobSummaries")))
}
