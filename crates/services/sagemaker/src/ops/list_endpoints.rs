//! `ListEndpoints`.

use crate::Sagemaker;
use crate::endpoint;
use crate::endpoint::records::{ENDPOINT, Endpoint};
use crate::error::Error;
use crate::listing::{Question, page};
use serde_json::{Map, Value};
use service::{Ctx, Reply};

pub(crate) async fn run(
    _: &Sagemaker,
    ctx: &Ctx,
    input: Map<String, Value>,
) -> Result<Reply<Value>, Error> {
    let status = input.get("StatusEquals").and_then(Value::as_str);
    let question = Question::of(ctx, ENDPOINT, true, &input);
    let page = page::<Endpoint>(ctx, &question, |endpoint| {
        let is_wanted = question.admits(&endpoint.name, endpoint.created_ms)
            && question.admits_change(endpoint.modified_ms)
            && status.is_none_or(|status| status == endpoint.status.word());
        is_wanted.then(|| endpoint::summary(endpoint))
    })
    .await?;
    Ok(Reply::new(page.answer("Endpoints")))
}
