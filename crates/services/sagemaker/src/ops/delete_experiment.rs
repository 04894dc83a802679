//! `DeleteExperiment`: only one without trials.

use crate::Sagemaker;
use crate::error::Error;
use crate::nouns::{EXPERIMENT, TRIAL, Thing};
use serde_json::{Map, Value};
use service::{Ctx, Reply};

pub(crate) async fn run(
    _: &Sagemaker,
    ctx: &Ctx,
    input: Map<String, Value>,
) -> Result<Reply<Value>, Error> {
    let name = input.get("ExperimentName");
    let prefix = format!("{}/", ctx.region);
    let trials = ctx.records::<Thing>(TRIAL.records).all(&prefix).await?;
    if trials.iter().any(|trial| trial.value.request.get("ExperimentName") == name) {
        return Err(Error::Validation(
            "Experiment still has Trials. Delete them before deleting the Experiment.".to_owned(),
        ));
    }
    EXPERIMENT.delete(ctx, &input).await
}
