//! `DeleteTrialComponent`: only one that belongs to no trial.

use crate::Sagemaker;
use crate::error::Error;
use crate::nouns::TRIAL_COMPONENT;
use crate::trials;
use serde_json::{Map, Value};
use service::{Ctx, Reply};

pub(crate) async fn run(
    _: &Sagemaker,
    ctx: &Ctx,
    input: Map<String, Value>,
) -> Result<Reply<Value>, Error> {
    let found = TRIAL_COMPONENT.find(ctx, &input).await?;
    if !trials::of(ctx, &found.value.name).await?.is_empty() {
        return Err(Error::Validation(
            "Trial Component is associated with Trials. Disassociate it before deleting it."
                .to_owned(),
        ));
    }
    TRIAL_COMPONENT.delete(ctx, &input).await
}
