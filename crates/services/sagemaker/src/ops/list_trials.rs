//! `ListTrials`: of an experiment, or with a component.

use crate::Sagemaker;
use crate::error::Error;
use crate::nouns::TRIAL;
use crate::trials;
use serde_json::{Map, Value};
use service::{Ctx, Reply};

pub(crate) async fn run(
    _: &Sagemaker,
    ctx: &Ctx,
    input: Map<String, Value>,
) -> Result<Reply<Value>, Error> {
    let experiment = input.get("ExperimentName").cloned();
    let with = match input.get("TrialComponentName").and_then(Value::as_str) {
        Some(component) => Some(trials::of(ctx, component).await?),
        None => None,
    };
    let input = trials::times(input);
    let list = "TrialSummaries";
    TRIAL
        .list(ctx, &input, list, &["DisplayName"], |trial| {
            experiment.as_ref().is_none_or(|it| trial.request.get("ExperimentName") == Some(it))
                && with.as_ref().is_none_or(|with| with.contains(&trial.name))
        })
        .await
}
