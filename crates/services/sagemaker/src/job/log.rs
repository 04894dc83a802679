//! Delivering a job's log to CloudWatch Logs, each line once, and reading its metrics on the way.

use crate::job::metrics::{Metrics, merge};
use crate::job::{Run, runner_error};
use serde_json::{Value, json};
use service::{AwsError, Principal};

// AWS: PutLogEvents: at most 10,000 events and 1 MiB, each event counted with 26 bytes more.
const MOST_EVENTS: usize = 10_000;
const MOST_BYTES: usize = 1_000_000;

/// Where the log has been delivered up to.
pub(crate) struct Delivery {
    offset: u64,
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
    pub(crate) async fn open(run: &Run<'_>) -> Result<Self, AwsError> {
        let found = run.load().await?.ok_or_else(|| runner_error("the job's record is gone"))?;
        let job = found.value;
        let group = job.kind.log_group();
        let began = job.started_ms.unwrap_or(job.created_ms) / 1000;
        let stream = format!("{}/algo-1-{began}", job.name);
        let delivery = Self { offset: job.log_offset, group, stream, metrics: Metrics::of(&job) };
        let (group, stream) = (delivery.group, delivery.stream.as_str());
        let requests = [
            ("CreateLogGroup", json!({"logGroupName": group})),
            ("CreateLogStream", json!({"logGroupName": group, "logStreamName": stream})),
        ];
        for (operation, input) in requests {
            let principal = Principal::platform(run.ctx.account());
            match run.ctx.call_as(principal, "logs", operation, input, None).await {
                Err(error) if error.code != "ResourceAlreadyExistsException" => return Err(error),
                _ => {}
            }
        }
        Ok(delivery)
    }

    /// Up to where the log has been delivered.
    pub(crate) fn offset(&self) -> u64 {
        self.offset
    }

    /// Delivers what is there now.
    pub(crate) async fn deliver(&mut self, run: &Run<'_>) -> Result<(), AwsError> {
        let page = run.service.runner.read_log(&run.id, self.offset).await.map_err(runner_error)?;
        let mut found = Vec::new();
        let mut events: Vec<Value> = Vec::new();
        let mut bytes = 0;
        let mut part = 0;
        for line in &page.lines {
            merge(&mut found, self.metrics.read(&line.text, line.timestamp_ms));
            if line.text.is_empty() {
                continue;
            }
            let size = line.text.len() + 26;
            if events.len() >= MOST_EVENTS || bytes + size > MOST_BYTES {
                self.put(run, std::mem::take(&mut events), part).await?;
                bytes = 0;
                part += 1;
            }
            bytes += size;
            events.push(json!({"timestamp": line.timestamp_ms, "message": line.text}));
        }
        if !events.is_empty() {
            self.put(run, events, part).await?;
        }
        self.offset = page.next_offset;
        let offset = self.offset;
        run.update(|job, _| {
            merge(&mut job.metrics, found.clone());
            job.log_offset = offset;
        })
        .await
    }

    async fn put(&self, run: &Run<'_>, events: Vec<Value>, part: usize) -> Result<(), AwsError> {
        let effect = format!("{}{}.{part}", effect_prefix(&run.id), self.offset);
        let input = json!({
            "logGroupName": self.group, "logStreamName": self.stream, "logEvents": events,
        });
        let principal = Principal::platform(run.ctx.account());
        run.ctx.call_as(principal, "logs", "PutLogEvents", input, Some(effect)).await.map(drop)
    }
}
