//! `AssociateTrialComponent`.

use crate::Sagemaker;
use crate::error::Error;
use crate::nouns::{TRIAL, TRIAL_COMPONENT};
use crate::trials;
use serde_json::{Map, Value, json};
use service::{Ctx, Reply};
use store::{Batch, Expect};

pub(crate) async fn run(
    _: &Sagemaker,
    ctx: &Ctx,
    input: Map<String, Value>,
) -> Result<Reply<Value>, Error> {
    let component = TRIAL_COMPONENT.find(ctx, &input).await?.value;
    let trial = TRIAL.find(ctx, &input).await?.value;
    let key = trials::key(&ctx.region, &trial.name, &component.name);
    let mut batch = Batch::new();
    batch.put(trials::ASSOCIATION, key, &(), Expect::Any);
    let answer = json!({"TrialComponentArn": component.arn, "TrialArn": trial.arn});
    Ok(Reply::with(answer, batch))
}
