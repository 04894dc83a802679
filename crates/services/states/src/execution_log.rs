//! Events of executions as lines in CloudWatch Logs, for machines whose `loggingConfiguration` asks for it.
//!
//! Lines are written behind the execution's back, in order, one stream per execution. What a crash cuts off is not
//! written again: as on AWS, logs are a best effort and the history is the truth.

use crate::config::Logging;
use crate::execution::Attributes;
use crate::ops::get_execution_history::strip_data;
use engine::{HistoryEvent, Identity};
use serde_json::{Map, Value, json};
use service::{AwsError, Kit, Principal};
use sha2::{Digest as _, Sha256};
use std::sync::{Arc, Weak};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// Bytes and lines of one `PutLogEvents`, with room for what the service counts on top.
const MOST_BYTES: usize = 900_000;
const MOST_LINES: usize = 5_000;

/// Bytes of one line.
// AWS: API reference of HistoryEventExecutionDataDetails: data is truncated in logs because of size limits. UNVERIFIED:
// that the limit is CloudWatch Logs' old one, and what is left of the data.
const MOST_LINE_BYTES: usize = 256 * 1024;
/// Bytes, as they are written in a line, that are left of a payload in a line that is too long.
const MOST_DATA_BYTES: usize = 240 * 1024;

/// Lines for one stream.
struct Lines {
    region: String,
    group: String,
    stream: String,
    /// The first lines of their execution: the stream is to be made.
    is_new: bool,
    /// Unix milliseconds and text.
    batch: Vec<(i64, String)>,
}

/// Takes events and writes them when it can.
pub(crate) struct ExecutionLog {
    kit: Weak<Kit>,
    sender: std::sync::OnceLock<UnboundedSender<Lines>>,
}

impl ExecutionLog {
    pub(crate) fn new(kit: &Arc<Kit>) -> Self {
        Self { kit: Arc::downgrade(kit), sender: std::sync::OnceLock::new() }
    }

    /// Whether anything of an execution may have to be written.
    pub(crate) fn wants(attributes: &Value) -> bool {
        logging(attributes).is_some()
    }

    /// Hands on what of these events is to be written. Within the runtime.
    pub(crate) fn write(&self, execution: &Identity, attributes: &Value, events: &[HistoryEvent]) {
        let Some(logging) = logging(attributes) else { return };
        let Some(group) = logging.log_group() else { return };
        let wanted = |event: &&HistoryEvent| is_logged(&logging.level, &event.type_name());
        let line = |event: &HistoryEvent| {
            (event.timestamp_ms, line(execution, event, logging.include_execution_data))
        };
        let lines: Vec<_> = events.iter().filter(wanted).map(line).collect();
        let is_new = events.first().is_some_and(|event| event.id == 1);
        if lines.is_empty() && !is_new {
            return;
        }
        let lines = Lines {
            region: execution.region().to_owned(),
            group: group.to_owned(),
            stream: stream_name(execution),
            is_new,
            batch: lines,
        };
        let sender = self.sender.get_or_init(|| {
            let (sender, receiver) = unbounded_channel();
            tokio::spawn(carry(self.kit.clone(), receiver));
            sender
        });
        if sender.send(lines).is_err() {
            tracing::debug!("lines of an execution come too late to be logged");
        }
    }
}

/// The settings, if they ask for anything to be written.
fn logging(attributes: &Value) -> Option<Logging> {
    // Only this member is read: what is read of every execution's start must be cheap.
    let logging = attributes.get("logging")?;
    if logging.get("level").and_then(Value::as_str).is_none_or(|level| level == "OFF") {
        return None;
    }
    let attributes = json!({ "logging": logging });
    let attributes: Attributes = serde_json::from_value(attributes).ok()?;
    Some(attributes.logging).filter(|logging| logging.log_group().is_some())
}

/// Whether events of a type are written at a level.
// AWS: Step Functions: log levels. UNVERIFIED: that all aborted states count as errors.
fn is_logged(level: &str, event: &str) -> bool {
    const FATAL: [&str; 3] = ["ExecutionAborted", "ExecutionFailed", "ExecutionTimedOut"];
    match level {
        "ALL" => true,
        "FATAL" => FATAL.contains(&event),
        "ERROR" => {
            event == "FailStateEntered"
                || ["Failed", "TimedOut", "Aborted"].iter().any(|end| event.ends_with(end))
        }
        _ => false,
    }
}

/// One stream for each execution.
// AWS: Step Functions: names of log streams begin with `states/` and the machine; the rest is ours.
fn stream_name(execution: &Identity) -> String {
    let started = jiff::Timestamp::from_millisecond(execution.start_ms).unwrap_or_default();
    let mark = Sha256::digest(execution.execution_arn.as_bytes());
    let mark = u32::from_be_bytes([mark[0], mark[1], mark[2], mark[3]]);
    format!(
        "states/{}/{}/{mark:08x}",
        execution.state_machine_name,
        started.strftime("%Y-%m-%d-%H-%M")
    )
}

/// An event as a line.
// AWS: Step Functions: logging: the fields of a line.
fn line(execution: &Identity, event: &HistoryEvent, with_data: bool) -> String {
    let mut shown = event.to_aws();
    if !with_data {
        strip_data(&mut shown);
    }
    let text = line_of(execution, event, &shown);
    if text.len() <= MOST_LINE_BYTES {
        return text;
    }
    truncate(&mut shown);
    line_of(execution, event, &shown)
}

fn line_of(execution: &Identity, event: &HistoryEvent, shown: &Value) -> String {
    let details = shown.as_object().and_then(|members| {
        members.iter().find(|(name, _)| name.ends_with("EventDetails")).map(|(_, value)| value)
    });
    let mut members = Map::new();
    members.insert("id".to_owned(), event.id.to_string().into());
    members.insert("type".to_owned(), event.type_name().into());
    members.insert("details".to_owned(), details.cloned().unwrap_or_else(|| json!({})));
    members.insert("previous_event_id".to_owned(), event.previous_event_id.to_string().into());
    members.insert("event_timestamp".to_owned(), event.timestamp_ms.to_string().into());
    members.insert("execution_arn".to_owned(), (&*execution.execution_arn).into());
    members.insert("redrive_count".to_owned(), "0".into());
    Value::Object(members).to_string()
}

/// Shortens the payloads of an event, and says so beside them.
fn truncate(shown: &mut Value) {
    let details = shown.as_object_mut().and_then(|members| {
        members.iter_mut().find(|(name, _)| name.ends_with("EventDetails")).map(|(_, value)| value)
    });
    let Some(details) = details.and_then(Value::as_object_mut) else { return };
    for payload in ["input", "output", "parameters"] {
        let Some(Value::String(text)) = details.get_mut(payload) else { continue };
        let end = fitting(text);
        if end < text.len() {
            text.truncate(end);
            details.insert(format!("{payload}Details"), json!({ "truncated": true }));
        }
    }
    if details.contains_key("assignedVariables") {
        details.insert("assignedVariables".to_owned(), json!({}));
        details.insert("assignedVariablesDetails".to_owned(), json!({ "truncated": true }));
    }
}

/// Where a text ends that fits into a line.
fn fitting(text: &str) -> usize {
    let mut bytes = 0;
    for (at, character) in text.char_indices() {
        bytes += match character {
            '"' | '\\' | '\n' | '\r' | '\t' | '\u{8}' | '\u{c}' => 2,
            '\0'..='\u{1f}' => 6,
            other => other.len_utf8(),
        };
        if bytes > MOST_DATA_BYTES {
            return at;
        }
    }
    text.len()
}

/// Writes what comes until nobody sends any more.
async fn carry(kit: Weak<Kit>, mut receiver: UnboundedReceiver<Lines>) {
    while let Some(lines) = receiver.recv().await {
        let Some(kit) = kit.upgrade() else { return };
        let (group, stream) = (lines.group.clone(), lines.stream.clone());
        if let Err(error) = put(&kit, lines).await {
            tracing::warn!(group, stream, %error, "an execution's log could not be written");
        }
    }
}

async fn put(kit: &Arc<Kit>, lines: Lines) -> Result<(), AwsError> {
    let ctx = kit.ctx(Principal::platform(&kit.account), &lines.region);
    let names = json!({"logGroupName": lines.group, "logStreamName": lines.stream});
    if lines.is_new {
        match ctx.call("logs", "CreateLogStream", names.clone()).await {
            Err(error) if error.code != "ResourceAlreadyExistsException" => return Err(error),
            _ => {}
        }
    }
    let mut chunk = Vec::new();
    let mut bytes = 0;
    for (timestamp_ms, message) in lines.batch {
        if bytes + message.len() > MOST_BYTES || chunk.len() >= MOST_LINES {
            put_chunk(&ctx, &names, std::mem::take(&mut chunk)).await?;
            bytes = 0;
        }
        bytes += message.len();
        chunk.push(json!({"timestamp": timestamp_ms, "message": message}));
    }
    put_chunk(&ctx, &names, chunk).await
}

async fn put_chunk(ctx: &service::Ctx, names: &Value, events: Vec<Value>) -> Result<(), AwsError> {
    if events.is_empty() {
        return Ok(());
    }
    let mut input = names.clone();
    input["logEvents"] = Value::from(events);
    ctx.call("logs", "PutLogEvents", input).await.map(drop)
}

#[cfg(test)]
mod tests {
    use super::{MOST_LINE_BYTES, is_logged, truncate};
    use serde_json::json;

    #[test]
    fn payloads_that_are_too_long_are_cut_and_say_so() {
        for (payload, is_cut) in [
            ("x".repeat(1_000), false),
            ("x".repeat(262_144), true),
            ("\"".repeat(200_000), true),
            ("\u{1}".repeat(60_000), true),
            ("ä".repeat(131_072), true),
        ] {
            let mut shown = json!({"id": 1, "stateExitedEventDetails": {
                "output": payload, "outputDetails": {"truncated": false},
            }});
            truncate(&mut shown);
            let details = &shown["stateExitedEventDetails"];
            assert_eq!(details["outputDetails"]["truncated"], is_cut);
            assert_eq!(details["output"].as_str().unwrap().len() < payload.len(), is_cut);
            assert!(shown.to_string().len() <= MOST_LINE_BYTES);
        }
        let mut shown =
            json!({"stateExitedEventDetails": {"assignedVariables": {"a": "x".repeat(300_000)}}});
        truncate(&mut shown);
        assert_eq!(
            shown["stateExitedEventDetails"]["assignedVariablesDetails"],
            json!({"truncated": true})
        );
        truncate(&mut json!([1]));
    }

    #[test]
    fn levels() {
        for (event, all, error, fatal) in [
            ("ExecutionStarted", true, false, false),
            ("TaskFailed", true, true, false),
            ("FailStateEntered", true, true, false),
            ("TaskStateAborted", true, true, false),
            ("ExecutionTimedOut", true, true, true),
        ] {
            let found = ["ALL", "ERROR", "FATAL", "OFF"].map(|level| is_logged(level, event));
            assert_eq!(found, [all, error, fatal, false], "{event}");
        }
    }
}
