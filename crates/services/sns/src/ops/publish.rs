//! `Publish` to a topic.

use crate::Sns;
use crate::error::Error;
use crate::publish::{Published, Request, publish, tell};
use crate::records::{TOPIC, find_topic};
use serde::Deserialize;
use service::{Ctx, Reply};
use store::Batch;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    topic_arn: Option<String>,
    target_arn: Option<String>,
    #[serde(flatten)]
    request: Request,
}

pub(crate) async fn run(_: &Sns, ctx: &Ctx, input: Input) -> Result<Reply<Published>, Error> {
    let Some(arn) = input.topic_arn.or(input.target_arn) else {
        return Err(Error::Invalid(
            "refit publishes to topics only: TopicArn is required".to_owned(),
        ));
    };
    let found = find_topic(ctx, &arn).await?;
    let mut topic = found.value;
    let (mut batch, mut work) = (Batch::new(), Vec::new());
    let (subject, text) = (input.request.subject.clone(), input.request.message.clone());
    let before = topic.published;
    let published = publish(ctx, &mut topic, input.request, &mut batch, &mut work).await?;
    if topic.published == before {
        // A duplicate, which was told and delivered already.
        return Ok(Reply::new(published));
    }
    batch.put(TOPIC, &found.key, &topic, found.expect);
    let mut reply = Reply::with(published, batch).notice(format!("sns/{arn}"));
    reply.work = work;
    Ok(reply.after(move || tell(&topic, subject.as_deref(), &text)))
}
