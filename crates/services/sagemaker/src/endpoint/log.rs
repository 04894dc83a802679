//! Delivering what a serving process writes to CloudWatch Logs, each line once.

use super::records::Member;
use crate::Sagemaker;
use crate::job::runner_error;
use crate::records::LogPage;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use service::{AwsError, Ctx, Principal, forget_effects};
use store::{Batch, Expect};

/// Record kind of [`Delivered`]; the key is the process's id with the runner.
const DELIVERED: &str = "sagemaker/serving-log";
// AWS: PutLogEvents: at most 10,000 events and 1 MiB.
const MOST_EVENTS: usize = 5_000;
const MOST_BYTES: usize = 900_000;

/// How far a process's log has been delivered.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
struct Delivered {
    offset: u64,
    /// The piece after the offset whose delivery has begun.
    begun: Option<LogPage>,
}

/// Delivers the log of a process until the process has ended and all is delivered.
pub(super) async fn deliver(
    service: &Sagemaker,
    ctx: &Ctx,
    endpoint: &str,
    stream: &str,
    run_id: &str,
) -> Result<(), AwsError> {
    let group = format!("/aws/sagemaker/Endpoints/{endpoint}");
    make(ctx, &group, stream).await?;
    let found = ctx.records::<Delivered>(DELIVERED).get(run_id).await?;
    let mut state = found.map(|found| found.value).unwrap_or_default();
    while service.runner.wait_log(run_id, state.offset).await.map_err(runner_error)? {
        let page = service.runner.read_log(run_id, state.offset).await.map_err(runner_error)?;
        let begun = if let Some(begun) = state.begun {
            begun
        } else {
            let begun = LogPage { lines: page.lines.len(), next_offset: page.next_offset };
            state.begun = Some(begun);
            store(ctx, run_id, state, None).await?;
            begun
        };
        let lines = page.lines.iter().take(begun.lines).filter(|line| !line.text.is_empty());
        let mut last_ms = i64::MIN;
        let events = lines.map(|line| {
            last_ms = last_ms.max(line.timestamp_ms);
            json!({"timestamp": last_ms, "message": line.text})
        });
        for (part, events) in batches(events).into_iter().enumerate() {
            let effect = format!("{}{part}", piece(run_id, state.offset));
            put(ctx, &group, stream, events, effect).await?;
        }
        let delivered = piece(run_id, state.offset);
        state = Delivered { offset: begun.next_offset, begun: None };
        store(ctx, run_id, state, Some(&delivered)).await?;
    }
    Ok(())
}

/// Adds to `batch` what forgets how far a member's logs have been delivered.
pub(super) fn forget(batch: &mut Batch, member: &Member) {
    for process in &member.processes {
        batch.remove(DELIVERED, &process.run_id, Expect::Any);
        forget_effects(batch, &effect_prefix(&process.run_id));
    }
}

fn effect_prefix(run_id: &str) -> String {
    format!("sagemaker-log/{run_id}/")
}

/// What effect keys of one piece begin with.
fn piece(run_id: &str, offset: u64) -> String {
    format!("{}{offset}.", effect_prefix(run_id))
}

fn batches(events: impl Iterator<Item = Value>) -> Vec<Vec<Value>> {
    let mut all: Vec<Vec<Value>> = Vec::new();
    let mut bytes = MOST_BYTES;
    for event in events {
        let size = event["message"].as_str().map_or(0, str::len) + 26;
        bytes += size;
        match all.last_mut() {
            Some(last) if bytes <= MOST_BYTES && last.len() < MOST_EVENTS => last.push(event),
            _ => {
                all.push(vec![event]);
                bytes = size;
            }
        }
    }
    all
}

/// Stores how far the log has come; effects of a piece that is behind it are not needed any more.
async fn store(
    ctx: &Ctx,
    run_id: &str,
    state: Delivered,
    behind: Option<&str>,
) -> Result<(), AwsError> {
    let mut batch = Batch::new();
    if let Some(behind) = behind {
        forget_effects(&mut batch, behind);
    }
    batch.put(DELIVERED, run_id, &state, Expect::Any);
    ctx.kit.store.commit(batch).await.map_err(runner_error)
}

async fn put(
    ctx: &Ctx,
    group: &str,
    stream: &str,
    events: Vec<Value>,
    effect: String,
) -> Result<(), AwsError> {
    let input = json!({"logGroupName": group, "logStreamName": stream, "logEvents": events});
    for may_make in [true, false] {
        let principal = Principal::platform(ctx.account());
        let (input, effect) = (input.clone(), Some(effect.clone()));
        match ctx.call_as(principal, "logs", "PutLogEvents", input, effect).await {
            Ok(_) => return Ok(()),
            Err(error) if error.status >= 500 => return Err(error),
            Err(error) if may_make && error.code == "ResourceNotFoundException" => {
                make(ctx, group, stream).await?;
            }
            Err(error) => {
                tracing::warn!(stream, %error, "lines of an endpoint's log were refused");
                return Ok(());
            }
        }
    }
    Ok(())
}

async fn make(ctx: &Ctx, group: &str, stream: &str) -> Result<(), AwsError> {
    for (operation, input) in [
        ("CreateLogGroup", json!({"logGroupName": group})),
        ("CreateLogStream", json!({"logGroupName": group, "logStreamName": stream})),
    ] {
        let principal = Principal::platform(ctx.account());
        match ctx.call_as(principal, "logs", operation, input, None).await {
            Err(error) if error.status >= 500 => return Err(error),
            Err(error) if error.code != "ResourceAlreadyExistsException" => {
                tracing::warn!(stream, %error, "an endpoint's log has no place");
            }
            _ => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{MOST_BYTES, batches};
    use serde_json::json;

    #[test]
    fn lines_are_put_in_batches() {
        let event = |bytes: usize| json!({"message": "x".repeat(bytes)});
        let sizes = |events: Vec<serde_json::Value>| {
            batches(events.into_iter()).iter().map(Vec::len).collect::<Vec<_>>()
        };
        assert_eq!(sizes(Vec::new()), Vec::<usize>::new());
        assert_eq!(sizes(vec![event(1), event(1)]), [2]);
        assert_eq!(sizes(vec![event(MOST_BYTES - 30), event(1), event(1)]), [1, 2]);
        assert_eq!(sizes((0..5_001).map(|_| event(1)).collect()), [5_000, 1]);
    }
}
