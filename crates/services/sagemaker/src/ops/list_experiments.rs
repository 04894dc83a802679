//! `ListExperiments`.

use crate::Sagemaker;
use crate::error::Error;
use crate::nouns::EXPERIMENT;
use crate::trials;
use serde_json::{Map, Value};
use service::{Ctx, Reply};

pub(crate) async fn run(
    _: &Sagemaker,
    ctx: &Ctx,
    input: Map<String, Value>,
) -> Result<Reply<Value>, Error> {
    let input = trials::times(input);
    EXPERIMENT.list(ctx, &input, "ExperimentSummaries", &["DisplayName"], |_| true).await
}
