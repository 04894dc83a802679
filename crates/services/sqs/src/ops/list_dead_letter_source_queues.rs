//! `ListDeadLetterSourceQueues`: the queues whose messages end up in this one.

use super::list_queues::Page;
use crate::error::Error;
use crate::records::{QUEUE, Queue, SOURCES};
use crate::{Sqs, address};
use serde::{Deserialize, Serialize};
use service::{Ctx, PageToken, Reply};
use store::Scan;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    queue_url: Option<String>,
    next_token: Option<String>,
    max_results: Option<i64>,
}

#[derive(Serialize)]
pub(crate) struct Output {
    #[serde(rename = "queueUrls")]
    queue_urls: Vec<String>,
    #[serde(rename = "NextToken")]
    next_token: Option<String>,
}

pub(crate) async fn run(sqs: &Sqs, ctx: &Ctx, input: Input) -> Result<Reply<Output>, Error> {
    let queue = address::find(ctx, input.queue_url.as_deref()).await?.value;
    let prefix = queue.prefix();
    let token = PageToken { question: &format!("sqs/sources/{prefix}") };
    let page = Page::read(&token, input.next_token.as_deref(), input.max_results)?;
    let scan = Scan {
        index: Some(SOURCES),
        after: page.after.as_deref(),
        ..Scan::of(QUEUE, &prefix, page.size)
    };
    let (found, next) = ctx.records::<Queue>(QUEUE).scan(scan).await?;
    let next = next.filter(|_| page.is_paged);
    Ok(Reply::new(Output {
        queue_urls: found.iter().map(|found| sqs.url(ctx, &found.value.name)).collect(),
        next_token: next.map(|cursor| token.make(&cursor)),
    }))
}
