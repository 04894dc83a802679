//! `GetQueueAttributes`: what was set, what the server knows, and how many messages there are.

use crate::error::Error;
use crate::records::{MESSAGE, Message, Queue};
use crate::{Sqs, address, attributes};
use serde::{Deserialize, Serialize};
use service::{Ctx, Reply};
use std::collections::BTreeMap;
use store::Scan;

const PAGE: usize = 1000;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    queue_url: Option<String>,
    attribute_names: Option<Vec<String>>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output {
    attributes: Option<BTreeMap<String, String>>,
}

pub(crate) async fn run(_: &Sqs, ctx: &Ctx, input: Input) -> Result<Reply<Output>, Error> {
    let queue = address::find(ctx, input.queue_url.as_deref()).await?.value;
    let names = input.attribute_names.unwrap_or_default();
    let unknown = names.iter().find(|name| *name != "All" && !attributes::exists(name));
    if let Some(name) = unknown {
        return Err(Error::unknown_attribute(name));
    }
    let is_wanted = |name: &str| names.iter().any(|wanted| wanted == name || wanted == "All");
    let mut shown = attributes::shown(ctx, &queue);
    if attributes::COUNTS.iter().any(|name| is_wanted(name)) {
        shown.extend(counts(ctx, &queue).await?);
    }
    shown.retain(|name, _| is_wanted(name));
    // AWS: recorded: an answer without attributes has no member for them.
    Ok(Reply::new(Output { attributes: (!shown.is_empty()).then_some(shown) }))
}

/// The counts: to be received, in flight, delayed.
async fn counts(ctx: &Ctx, queue: &Queue) -> Result<Vec<(String, String)>, Error> {
    let mut counts = [0_u64; 3];
    let prefix = queue.prefix();
    let mut after: Option<String> = None;
    loop {
        let scan = Scan { after: after.as_deref(), ..Scan::of(MESSAGE, &prefix, PAGE) };
        let (page, next) = ctx.records::<Message>(MESSAGE).scan(scan).await?;
        for message in page.iter().map(|found| &found.value) {
            if message.is_over(queue, ctx.now_ms) {
                continue;
            }
            let is_visible = message.visible_at(queue) <= ctx.now_ms;
            let kind = match (is_visible, message.receive_count) {
                (true, _) => 0,
                (false, 0) => 2,
                (false, _) => 1,
            };
            counts[kind] += 1;
        }
        match next {
            Some(cursor) => after = Some(cursor),
            None => break,
        }
    }
    let names = attributes::COUNTS.iter().map(|name| (*name).to_owned());
    Ok(names.zip(counts.map(|count| count.to_string())).collect())
}
