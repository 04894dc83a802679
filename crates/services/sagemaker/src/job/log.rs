//! Delivering a job's log to CloudWatch Logs, each line once, and reading its metrics on the way.

use crate::job::hosts::Host;
use crate::job::metrics::{Metrics, merge};
use crate::job::{Run, runner_error};
use crate::records::{LogPage, LogPlace};
use serde_json::{Value, json};
use service::{AwsError, Principal};

// AWS: PutLogEvents: at most 10,000 events and 1 MiB, each event counted with 26 bytes more.
const MOST_EVENTS: usize = 10_000;
const MOST_BYTES: usize = 1_000_000;
// AWS: PutLogEvents: a batch spans at most 24 hours.
const LONGEST_SPAN_MS: i64 = 24 * 3_600_000;

/// Where the log has been delivered up to.
pub(crate) struct Delivery {
    /// Whose log it is.
    host: Host,
    offset: u64,
    /// What an earlier run began to deliver after the offset.
    begun: Option<LogPage>,
    group: &'static str,
    stream: String,
    metrics: Metrics,
}

/// Effect keys of a job's deliveries begin with it.
pub(crate) fn effect_prefix(id: &str) -> String {
    format!("sagemaker-log/{id}/")
}

impl Delivery {
    /// Goes on where the record says; makes the group and the stream first.
    pub(crate) async fn open(run: &Run<'_>, host: &Host) -> Result<Self, AwsError> {
        let found = run.load().await?.ok_or_else(|| runner_error("the job's record is gone"))?;
        let job = found.value;
        let group = job.kind.log_group();
        let began = job.started_ms.unwrap_or(job.created_ms) / 1000;
        let stream = format!("{}/{}-{began}", job.name, host.name);
        let place = job.log_place(host.index);
        make(run, group, &stream).await?;
        Ok(Self {
            host: host.clone(),
            offset: place.offset,
            begun: place.page,
            group,
            stream,
            metrics: Metrics::of(&job),
        })
    }

    /// Up to where the log has been delivered.
    pub(crate) fn offset(&self) -> u64 {
        self.offset
    }

    /// Delivers what is there now. What it is going to deliver is recorded first: after a crash there may be more, and
    /// the effect key stands for exactly these lines.
    pub(crate) async fn deliver(&mut self, run: &Run<'_>) -> Result<(), AwsError> {
        let mut page = run
            .service
            .runner
            .read_log(&self.host.run_id, self.offset)
            .await
            .map_err(runner_error)?;
        if let Some(begun) = self.begun.take() {
            page.lines.truncate(begun.lines);
            page.next_offset = begun.next_offset;
        } else {
            let begun = LogPage { lines: page.lines.len(), next_offset: page.next_offset };
            let place = LogPlace { offset: self.offset, page: Some(begun) };
            run.update(|job, _| job.set_log_place(self.host.index, place)).await?;
        }
        let mut found = Vec::new();
        let mut events: Vec<Value> = Vec::new();
        let (mut bytes, mut part) = (0, 0);
        let (mut first_ms, mut last_ms) = (i64::MAX, i64::MIN);
        for line in &page.lines {
            merge(&mut found, self.metrics.read(&line.text, line.timestamp_ms));
            if line.text.is_empty() {
                continue;
            }
            let size = line.text.len() + 26;
            // A clock that is set back does not put lines out of order.
            last_ms = last_ms.max(line.timestamp_ms);
            let is_full = events.len() >= MOST_EVENTS || bytes + size > MOST_BYTES;
            if is_full || last_ms.saturating_sub(first_ms) > LONGEST_SPAN_MS {
                self.put(run, std::mem::take(&mut events), part).await?;
                (bytes, part) = (0, part + 1);
            }
            if events.is_empty() {
                first_ms = last_ms;
            }
            bytes += size;
            events.push(json!({"timestamp": last_ms, "message": line.text}));
        }
        if !events.is_empty() {
            self.put(run, events, part).await?;
        }
        self.offset = page.next_offset;
        let place = LogPlace { offset: self.offset, page: None };
        run.update(|job, _| {
            merge(&mut job.metrics, found.clone());
            job.set_log_place(self.host.index, place);
        })
        .await
    }

    /// Hands lines to the log service. What it refuses is lost to the log, never to the job.
    async fn put(&self, run: &Run<'_>, events: Vec<Value>, part: usize) -> Result<(), AwsError> {
        let effect = format!("{}{}.{part}", effect_prefix(&self.host.run_id), self.offset);
        let input = json!({
            "logGroupName": self.group, "logStreamName": self.stream, "logEvents": events,
        });
        for may_make in [true, false] {
            let principal = Principal::platform(run.ctx.account());
            let (input, effect) = (input.clone(), Some(effect.clone()));
            match run.ctx.call_as(principal, "logs", "PutLogEvents", input, effect).await {
                Ok(_) => return Ok(()),
                Err(error) if error.status >= 500 => return Err(error),
                Err(error) if may_make && error.code == "ResourceNotFoundException" => {
                    make(run, self.group, &self.stream).await?;
                }
                Err(error) => {
                    tracing::warn!(key = run.key, %error, "lines of a job's log were refused");
                    return Ok(());
                }
            }
        }
        Ok(())
    }
}

/// Makes the group and the stream, unless they are there.
async fn make(run: &Run<'_>, group: &str, stream: &str) -> Result<(), AwsError> {
    let requests = [
        ("CreateLogGroup", json!({"logGroupName": group})),
        ("CreateLogStream", json!({"logGroupName": group, "logStreamName": stream})),
    ];
    for (operation, input) in requests {
        let principal = Principal::platform(run.ctx.account());
        match run.ctx.call_as(principal, "logs", operation, input, None).await {
            Err(error) if error.status >= 500 => return Err(error),
            Err(error) if error.code != "ResourceAlreadyExistsException" => {
                tracing::warn!(key = run.key, %error, "a job's log has no place");
            }
            _ => {}
        }
    }
    Ok(())
}
