//! A queue's attributes: defaults, what may be set, what is shown.

use crate::error::Error;
use crate::records::Queue;
use crate::{permission, redrive};
use serde_json::Value;
use service::Ctx;
use std::collections::BTreeMap;

/// Attributes that are whole numbers: name, least, most, default.
// AWS: CreateQueue.
const NUMBERS: [(&str, i64, i64, i64); 5] = [
    ("VisibilityTimeout", 0, 43_200, 30),
    ("MaximumMessageSize", 1_024, 1_048_576, 1_048_576),
    ("MessageRetentionPeriod", 60, 1_209_600, 345_600),
    ("DelaySeconds", 0, 900, 0),
    ("ReceiveMessageWaitTimeSeconds", 0, 20, 0),
];

/// Attributes that are words: name, words, whether only FIFO queues have it. The first word is the default.
const WORDS: [(&str, [&str; 2], bool); 3] = [
    ("ContentBasedDeduplication", ["false", "true"], true),
    ("DeduplicationScope", ["queue", "messageGroup"], true),
    ("FifoThroughputLimit", ["perQueue", "perMessageGroupId"], true),
];

/// Attributes that may be there or not. Setting the empty text takes them away.
const OPTIONAL: [&str; 4] = ["Policy", "RedrivePolicy", "RedriveAllowPolicy", "KmsMasterKeyId"];

/// Attributes that the server counts or knows.
pub(crate) const COUNTS: [&str; 3] = [
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed",
];

const REUSE_PERIOD: &str = "KmsDataKeyReusePeriodSeconds";
const SSE: &str = "SqsManagedSseEnabled";
const KEY: &str = "KmsMasterKeyId";

/// Attributes as a request gives them, in its order.
pub(crate) type Given = serde_json::Map<String, Value>;

/// What a request asks for, in its order.
pub(crate) fn asked(given: Option<&Given>) -> Vec<(&str, &str)> {
    let pairs = given.into_iter().flatten();
    pairs.filter_map(|(name, value)| Some((name.as_str(), value.as_str()?))).collect()
}

/// The number that an attribute is set to, or its default.
pub(crate) fn number(queue: &Queue, name: &str) -> i64 {
    let set = queue.attributes.get(name).and_then(|text| text.parse().ok());
    let default = || NUMBERS.iter().find(|(own, ..)| *own == name).map(|(.., default)| *default);
    set.or_else(default).unwrap_or_default()
}

/// A number of seconds as milliseconds.
pub(crate) fn milliseconds(queue: &Queue, name: &str) -> i64 {
    number(queue, name).saturating_mul(1000)
}

/// Whether a word is what an attribute is set to.
pub(crate) fn is(queue: &Queue, name: &str, word: &str) -> bool {
    value(queue, name).as_deref() == Some(word)
}

/// An attribute's value, set or default; `None` when the queue has not got it.
pub(crate) fn value(queue: &Queue, name: &str) -> Option<String> {
    if let Some(set) = queue.attributes.get(name) {
        return Some(set.clone());
    }
    if NUMBERS.iter().any(|(own, ..)| *own == name) {
        return Some(number(queue, name).to_string());
    }
    let word = WORDS.iter().find(|(own, ..)| *own == name);
    let default = match name {
        "FifoQueue" if queue.is_fifo() => "true",
        SSE if queue.attributes.contains_key(KEY) => "false",
        // AWS: recorded: new queues have it.
        SSE => "true",
        REUSE_PERIOD if queue.attributes.contains_key(KEY) => "300",
        _ => match word {
            Some((_, words, _)) if queue.is_fifo() => words[0],
            _ => return None,
        },
    };
    Some(default.to_owned())
}

/// Every attribute but the counts, as `GetQueueAttributes` shows it.
pub(crate) fn shown(ctx: &Ctx, queue: &Queue) -> BTreeMap<String, String> {
    let settable = NUMBERS.iter().map(|(name, ..)| *name);
    let settable = settable.chain(WORDS.iter().map(|(name, ..)| *name));
    let settable = settable.chain(OPTIONAL).chain([SSE, REUSE_PERIOD, "FifoQueue"]);
    let mut all: BTreeMap<String, String> = settable
        .filter_map(|name| value(queue, name).map(|value| (name.to_owned(), value)))
        .collect();
    all.insert("QueueArn".to_owned(), queue.arn(ctx));
    all.insert("CreatedTimestamp".to_owned(), (queue.created_ms / 1000).to_string());
    all.insert("LastModifiedTimestamp".to_owned(), (queue.modified_ms / 1000).to_string());
    all
}

/// Whether queues have an attribute of that name.
pub(crate) fn exists(name: &str) -> bool {
    NUMBERS.iter().any(|(own, ..)| *own == name)
        || WORDS.iter().any(|(own, ..)| *own == name)
        || OPTIONAL.contains(&name)
        || COUNTS.contains(&name)
        || [SSE, REUSE_PERIOD, "FifoQueue", "QueueArn", "CreatedTimestamp", "LastModifiedTimestamp"]
            .contains(&name)
}

/// The first attribute asked for whose value the queue has not.
pub(crate) fn difference<'a>(queue: &Queue, asked: &[(&'a str, &str)]) -> Option<&'a str> {
    let differs = |name: &str, wanted: &str| match value(queue, name) {
        None => !wanted.is_empty(),
        Some(found) if OPTIONAL.contains(&name) => {
            let as_json = |text: &str| serde_json::from_str::<Value>(text).ok();
            found != wanted && (as_json(&found).is_none() || as_json(&found) != as_json(wanted))
        }
        Some(found) => found != wanted,
    };
    asked.iter().find(|(name, wanted)| differs(name, wanted)).map(|(name, _)| *name)
}

/// Sets attributes of a queue, a new one or one that exists.
///
/// # Errors
/// `InvalidAttributeName`, `InvalidAttributeValue` or `InvalidParameterValue`.
pub(crate) async fn set(
    ctx: &Ctx,
    queue: &mut Queue,
    asked: &[(&str, &str)],
    is_new: bool,
) -> Result<(), Error> {
    let has = |name: &str, value: Option<&str>| {
        asked.iter().any(|(n, v)| *n == name && value.is_none_or(|value| value == *v))
    };
    if has(SSE, Some("true")) && asked.iter().any(|(name, value)| *name == KEY && !value.is_empty())
    {
        // AWS: recorded.
        return Err(Error::AttributeName(
            "You can use one type of server-side encryption (SSE) at one time. You can either enable KMS SSE or SQS SSE.".to_owned(),
        ));
    }
    for (name, value) in asked {
        check(ctx, queue, name, value, is_new).await?;
        if OPTIONAL.contains(name) && value.is_empty() {
            queue.attributes.remove(*name);
        } else {
            queue.attributes.insert((*name).to_owned(), (*value).to_owned());
        }
        match *name {
            SSE if *value == "true" => {
                queue.attributes.remove(KEY);
                queue.attributes.remove(REUSE_PERIOD);
            }
            KEY if !value.is_empty() => {
                queue.attributes.insert(SSE.to_owned(), "false".to_owned());
            }
            _ => {}
        }
    }
    if is(queue, "FifoThroughputLimit", "perMessageGroupId")
        && !is(queue, "DeduplicationScope", "messageGroup")
    {
        return Err(Error::AttributeValue(
            "The perMessageGroupId value is allowed only when the value for DeduplicationScope is messageGroup".to_owned(),
        ));
    }
    Ok(())
}

/// Checks one attribute by itself.
async fn check(
    ctx: &Ctx,
    queue: &Queue,
    name: &str,
    value: &str,
    is_new: bool,
) -> Result<(), Error> {
    if let Some((_, least, most, _)) = NUMBERS.iter().find(|(own, ..)| *own == name) {
        return check_number(name, value, *least, *most);
    }
    if let Some((_, words, _)) = WORDS.iter().find(|(own, ..)| *own == name) {
        return check_word(queue, name, value, words);
    }
    match name {
        REUSE_PERIOD => check_number(name, value, 60, 86_400),
        SSE => check_one_of(name, value, &["true", "false"]),
        KEY => Ok(()),
        "FifoQueue" => check_fifo(queue, value, is_new),
        "Policy" => permission::check(value),
        "RedrivePolicy" => redrive::check(ctx, queue, value).await,
        "RedriveAllowPolicy" => redrive::check_allow(value),
        _ => Err(Error::unknown_attribute(name)),
    }
}

fn check_number(name: &str, value: &str, least: i64, most: i64) -> Result<(), Error> {
    let is_digits = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
    let number = value.parse::<i64>().ok().filter(|_| is_digits);
    if number.is_some_and(|number| (least..=most).contains(&number)) {
        return Ok(());
    }
    Err(invalid(name))
}

fn check_one_of(name: &str, value: &str, words: &[&str]) -> Result<(), Error> {
    if words.contains(&value) { Ok(()) } else { Err(invalid(name)) }
}

fn check_word(queue: &Queue, name: &str, value: &str, words: &[&str]) -> Result<(), Error> {
    if !queue.is_fifo() {
        return Err(match name {
            "ContentBasedDeduplication" => Error::unknown_attribute(name),
            _ => Error::AttributeValue(format!(
                "You can specify the {name} only when FifoQueue is set to true."
            )),
        });
    }
    check_one_of(name, value, words)
}

// AWS: recorded: a standard queue does not know the attribute, a FIFO queue does not lose it.
fn check_fifo(queue: &Queue, value: &str, is_new: bool) -> Result<(), Error> {
    match (queue.is_fifo(), value) {
        (true, "true") => Ok(()),
        (true, _) if !is_new => Err(Error::AttributeValue(
            "Invalid value for the parameter FifoQueue. Reason: Modifying queue type is not supported.".to_owned(),
        )),
        _ => Err(Error::unknown_attribute("FifoQueue")),
    }
}

fn invalid(name: &str) -> Error {
    Error::AttributeValue(format!("Invalid value for the parameter {name}."))
}
