//! `ListTrialComponents`: of a trial or an experiment.

use crate::Sagemaker;
use crate::error::Error;
use crate::nouns::{TRIAL, TRIAL_COMPONENT, Thing};
use crate::trials;
use serde_json::{Map, Value};
use service::{Ctx, Reply};

pub(crate) async fn run(
    _: &Sagemaker,
    ctx: &Ctx,
    input: Map<String, Value>,
) -> Result<Reply<Value>, Error> {
    let mut within = None;
    if let Some(trial) = input.get("TrialName").and_then(Value::as_str) {
        within = Some(trials::components(ctx, trial).await?);
    } else if let Some(experiment) = input.get("ExperimentName") {
        let mut all = Vec::new();
        let prefix = format!("{}/", ctx.region);
        for trial in ctx.records::<Thing>(TRIAL.records).all(&prefix).await? {
            if trial.value.request.get("ExperimentName") == Some(experiment) {
                all.extend(trials::components(ctx, &trial.value.name).await?);
            }
        }
        within = Some(all);
    }
    let input = trials::times(input);
    let more = ["DisplayName", "Status", "StartTime", "EndTime"];
    TRIAL_COMPONENT
        .list(ctx, &input, "TrialComponentSummaries", &more, |component| {
            within.as_ref().is_none_or(|within| within.contains(&component.name))
        })
        .await
}
