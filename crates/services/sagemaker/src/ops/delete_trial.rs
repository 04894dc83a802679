//! `DeleteTrial`: only one without components.

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
    let found = TRIAL.find(ctx, &input).await?;
    if !trials::components(ctx, &found.value.name).await?.is_empty() {
        return Err(Error::Validation(
            "Trial still has Trial Components. Disassociate them before deleting the Trial."
                .to_owned(),
        ));
    }
    TRIAL.delete(ctx, &input).await
}
