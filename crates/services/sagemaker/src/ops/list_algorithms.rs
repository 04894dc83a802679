//! `ListAlgorithms`.

use crate::Sagemaker;
use crate::error::Error;
use crate::nouns::ALGORITHM;
use serde_json::{Map, Value, json};
use service::{Ctx, Reply};

pub(crate) async fn run(
    _: &Sagemaker,
    ctx: &Ctx,
    input: Map<String, Value>,
) -> Result<Reply<Value>, Error> {
    let more = ["AlgorithmDescription"];
    let list = "AlgorithmSummaryList";
    let reply = ALGORITHM.list(ctx, &input, list, &more, |_| true).await?;
    Ok(reply.map(|mut answer| {
        for one in answer[list].as_array_mut().into_iter().flatten() {
            one["AlgorithmStatus"] = json!("Completed");
        }
        answer
    }))
}
