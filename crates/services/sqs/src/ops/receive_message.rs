//! `ReceiveMessage`: takes messages, or waits for some.

use crate::attributes;
use crate::error::Error;
use crate::handled::check_visibility;
use crate::harvest::{Harvest, Taken, Wish, take};
use crate::outgoing::{check_id, not_for_this_type};
use crate::receipt::Receipt;
use crate::records::{Attribute, Queue};
use crate::{Sqs, address, attempt, digest};
use serde::{Deserialize, Serialize};
use service::{Ctx, Reply};
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::Instant;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    queue_url: Option<String>,
    attribute_names: Option<Vec<String>>,
    message_system_attribute_names: Option<Vec<String>>,
    message_attribute_names: Option<Vec<String>>,
    max_number_of_messages: Option<i64>,
    visibility_timeout: Option<i64>,
    wait_time_seconds: Option<i64>,
    receive_request_attempt_id: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output {
    messages: Option<Vec<Answer>>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    message_id: String,
    receipt_handle: String,
    #[serde(rename = "MD5OfBody")]
    body_digest: String,
    body: String,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    attributes: BTreeMap<&'static str, String>,
    #[serde(rename = "MD5OfMessageAttributes", skip_serializing_if = "Option::is_none")]
    attributes_digest: Option<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    message_attributes: BTreeMap<String, Attribute>,
}

pub(crate) async fn run(sqs: &Sqs, ctx: &Ctx, input: Input) -> Result<Reply<Output>, Error> {
    let url = input.queue_url.as_deref();
    let mut queue = address::find(ctx, url).await?.value;
    input.check(&queue)?;
    let wait_seconds = input.wait_time_seconds;
    let wait_seconds =
        wait_seconds.unwrap_or_else(|| attributes::number(&queue, "ReceiveMessageWaitTimeSeconds"));
    // Counted from the request's arrival: a receive that is run again does not wait anew.
    let until_ms = ctx.now_ms.saturating_add(wait_seconds.saturating_mul(1000));
    let left_ms = until_ms.saturating_sub(ctx.kit.clock.now_ms()).clamp(0, wait_seconds * 1000);
    let deadline = Instant::now() + Duration::from_millis(left_ms as u64);
    let mut bell = ctx.kit.notices.subscribe(&queue.bell());
    loop {
        let now_ms = ctx.kit.clock.now_ms().max(ctx.now_ms);
        let harvest = input.attempt(sqs, ctx, &queue, now_ms).await?;
        let is_over = Instant::now() >= deadline;
        // Messages that were moved or dropped are a reason to answer too: only an answer is committed.
        if is_over || !harvest.taken.is_empty() || !harvest.batch.is_empty() {
            return Ok(input.reply(&queue, harvest, now_ms));
        }
        let next_ms = harvest.next_ms.map(|next_ms| next_ms.saturating_sub(now_ms));
        drop(harvest);
        wait(&mut bell, deadline, next_ms).await;
        queue = address::find(ctx, url).await?.value;
    }
}

/// Waits until something may have changed.
async fn wait(bell: &mut watch::Receiver<u64>, deadline: Instant, next_ms: Option<i64>) {
    let next = next_ms.map(|ms| Duration::from_millis(ms.max(1) as u64));
    let wake = next.map_or(deadline, |next| deadline.min(Instant::now() + next));
    tokio::select! {
        Ok(()) = bell.changed() => {}
        () = tokio::time::sleep_until(wake) => {}
    }
}

impl Input {
    fn check(&self, queue: &Queue) -> Result<(), Error> {
        if let Some(wanted) = self.max_number_of_messages
            && !(1..=10).contains(&wanted)
        {
            let reason = "Must be between 1 and 10, if provided.";
            return Err(Error::value(wanted, "MaxNumberOfMessages", reason));
        }
        if let Some(seconds) = self.wait_time_seconds
            && !(0..=20).contains(&seconds)
        {
            let reason = "Must be >= 0 and <= 20, if provided.";
            return Err(Error::value(seconds, "WaitTimeSeconds", reason));
        }
        if let Some(seconds) = self.visibility_timeout {
            check_visibility(seconds)?;
        }
        if self.receive_request_attempt_id.is_some() && !queue.is_fifo() {
            return Err(not_for_this_type("ReceiveRequestAttemptId"));
        }
        check_id("ReceiveRequestAttemptId", self.receive_request_attempt_id.as_deref())?;
        let unknown = self.system_names().find(|name| !is_system_attribute(name));
        unknown.map_or(Ok(()), |name| Err(Error::unknown_attribute(name)))
    }

    fn system_names(&self) -> impl Iterator<Item = &String> {
        let names = self.message_system_attribute_names.iter().flatten();
        names.chain(self.attribute_names.iter().flatten())
    }

    async fn attempt(
        &self,
        sqs: &Sqs,
        ctx: &Ctx,
        queue: &Queue,
        now_ms: i64,
    ) -> Result<Harvest, Error> {
        let visibility = self.visibility_timeout;
        let visibility =
            visibility.unwrap_or_else(|| attributes::number(queue, "VisibilityTimeout"));
        let wish = Wish {
            messages: usize::try_from(self.max_number_of_messages.unwrap_or(1)).unwrap_or(1),
            visibility_ms: visibility.saturating_mul(1000),
            now_ms,
        };
        if let Some(id) = &self.receive_request_attempt_id
            && let Some(harvest) = attempt::again(ctx, queue, id, wish).await?
        {
            return Ok(harvest);
        }
        let mut harvest = take(sqs, ctx, queue, wish).await?;
        if let Some(id) = self.receive_request_attempt_id.as_deref()
            && !harvest.taken.is_empty()
        {
            attempt::remember(&mut harvest.batch, queue, id, &harvest.taken, now_ms);
        }
        Ok(harvest)
    }

    fn reply(&self, queue: &Queue, harvest: Harvest, now_ms: i64) -> Reply<Output> {
        // A message that is out of sight for no time can be received at once.
        let is_visible = harvest.taken.iter().any(|taken| taken.message.visible_ms <= now_ms);
        let taken = harvest.taken.into_iter().map(|taken| self.answer(queue, taken));
        let messages: Vec<Answer> = taken.collect();
        let messages = (!messages.is_empty()).then_some(messages);
        let mut reply = Reply::with(Output { messages }, harvest.batch);
        reply.notices = harvest.bells;
        if is_visible {
            reply.notices.push(queue.bell());
        }
        if reply.batch.is_empty() { reply } else { reply.after(harvest.done) }
    }

    fn answer(&self, queue: &Queue, taken: Taken) -> Answer {
        let receipt =
            Receipt { tail: taken.message.tail(queue), mark: taken.message.receipt.clone() };
        let attributes = system_attributes(queue, &taken).into_iter();
        let is_wanted = |name: &str| self.system_names().any(|own| own == "All" || own == name);
        let attributes = attributes.filter(|(name, _)| is_wanted(name)).collect();
        let mut message_attributes = taken.content.attributes;
        message_attributes.retain(|name, _| self.wants(name));
        Answer {
            message_id: taken.content.id,
            receipt_handle: receipt.handle(queue),
            body_digest: digest::of_body(&taken.content.body),
            body: taken.content.body,
            attributes,
            attributes_digest: digest::of_attributes(
                message_attributes.iter().map(|(name, value)| (name.as_str(), value)),
            ),
            message_attributes,
        }
    }

    /// Whether the message attribute is asked for: by name, by the beginning of its name, or with all.
    fn wants(&self, name: &str) -> bool {
        let patterns = self.message_attribute_names.iter().flatten();
        let mut patterns = patterns.map(String::as_str);
        patterns.any(|pattern| match pattern {
            "All" | ".*" => true,
            _ => match pattern.strip_suffix(".*") {
                Some(start) => name.starts_with(start),
                None => name == pattern,
            },
        })
    }
}

const SYSTEM_ATTRIBUTES: [&str; 9] = [
    "AWSTraceHeader",
    "ApproximateFirstReceiveTimestamp",
    "ApproximateReceiveCount",
    "DeadLetterQueueSourceArn",
    "MessageDeduplicationId",
    "MessageGroupId",
    "SenderId",
    "SentTimestamp",
    "SequenceNumber",
];

/// Names of queue attributes are taken too, though no message has them: the parameter's model lists them.
fn is_system_attribute(name: &str) -> bool {
    name == "All" || SYSTEM_ATTRIBUTES.contains(&name) || attributes::exists(name)
}

fn system_attributes(queue: &Queue, taken: &Taken) -> Vec<(&'static str, String)> {
    let (message, content) = (&taken.message, &taken.content);
    let sequence = queue.is_fifo().then(|| message.sequence.to_string());
    let first = message.first_received_ms.map(|ms| ms.to_string());
    let optional = [
        ("AWSTraceHeader", content.trace.clone()),
        ("ApproximateFirstReceiveTimestamp", first),
        ("DeadLetterQueueSourceArn", content.dead_letter_source.clone()),
        ("MessageDeduplicationId", content.deduplication_id.clone()),
        ("MessageGroupId", message.group.clone()),
        ("SequenceNumber", sequence),
    ];
    let mut all = vec![
        ("ApproximateReceiveCount", message.receive_count.to_string()),
        ("SenderId", content.sender.clone()),
        ("SentTimestamp", message.sent_ms.to_string()),
    ];
    all.extend(optional.into_iter().filter_map(|(name, value)| Some((name, value?))));
    all
}
