//! `GetQueueUrl`: a queue's URL by its name.

use super::QueueUrl;
use crate::Sqs;
use crate::error::Error;
use crate::records::queue_named;
use serde::Deserialize;
use service::{Ctx, Reply};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    queue_name: Option<String>,
    #[serde(rename = "QueueOwnerAWSAccountId")]
    owner: Option<String>,
}

pub(crate) async fn run(sqs: &Sqs, ctx: &Ctx, input: Input) -> Result<Reply<QueueUrl>, Error> {
    let name = input.queue_name.filter(|name| !name.is_empty()).ok_or_else(|| {
        Error::InvalidParameter(
            "Value for parameter QueueName is invalid. Reason: Must specify a queue name."
                .to_owned(),
        )
    })?;
    if input.owner.is_some_and(|owner| !owner.is_empty() && owner != ctx.account()) {
        return Err(Error::NoQueue);
    }
    let found = queue_named(ctx, &name).await?.ok_or(Error::NoQueue)?;
    Ok(Reply::new(QueueUrl { queue_url: sqs.url(ctx, &found.value.name) }))
}
