//! Sending: one task, a bounded queue before it.

use crate::settings::Settings;
use crate::spans::{nanoseconds, spans, text};
use driver::{ExecutionRecord, Observer};
use engine::HistoryEvent;
use metrics::{Family, Kind, Reading};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::time::{Instant, MissedTickBehavior, interval_at};

/// Executions that wait to be sent.
const QUEUE: usize = 1_024;
/// Spans in one request, about.
const SPANS_AT_ONCE: usize = 2_000;
/// How long spans wait for others to be sent with.
const LINGER: Duration = Duration::from_millis(500);
/// How long the collector may take.
const TIMEOUT: Duration = Duration::from_secs(10);
/// How often a request is made when the collector cannot take it now.
const ATTEMPTS: u32 = 4;
/// The first pause between attempts.
const FIRST_PAUSE: Duration = Duration::from_millis(500);

/// Takes ends of executions and sends them. Clones share the queue.
#[derive(Clone)]
pub struct Exporter {
    queue: Sender<Vec<Value>>,
}

/// Reads the server's numbers.
type Numbers = Arc<dyn Fn() -> Vec<Family> + Send + Sync>;

impl Exporter {
    /// Sends from now on, until the last clone is gone; `numbers` reads the metrics, `now_ms` the time.
    pub fn start(
        settings: Settings,
        numbers: impl Fn() -> Vec<Family> + Send + Sync + 'static,
        now_ms: impl Fn() -> i64 + Send + Sync + 'static,
    ) -> Self {
        let (queue, inbox) = channel(QUEUE);
        let start_ms = now_ms();
        let loops =
            Loop { settings, numbers: Arc::new(numbers), now_ms: Arc::new(now_ms), start_ms };
        tokio::spawn(loops.run(inbox));
        Self { queue }
    }
}

impl Observer for Exporter {
    fn ended(&self, record: &ExecutionRecord, history: &[HistoryEvent]) {
        // Room first: spans nobody takes are not worth making.
        match self.queue.try_reserve() {
            Ok(place) => place.send(spans(record, history)),
            Err(_) => metrics::TELEMETRY_DROPPED.add(1 + history.len() as u64 / 2),
        }
    }
}

struct Loop {
    settings: Settings,
    numbers: Numbers,
    now_ms: Arc<dyn Fn() -> i64 + Send + Sync>,
    start_ms: i64,
}

impl Loop {
    async fn run(self, mut inbox: Receiver<Vec<Value>>) {
        let every = self.settings.metrics_every;
        let mut ticks = interval_at(Instant::now() + every, every);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
        loop {
            tokio::select! {
                first = inbox.recv() => match first {
                    Some(first) => {
                        let all = gather(first, &mut inbox).await;
                        let count = all.len() as u64;
                        if self.post("traces", &self.traces(all)).await {
                            metrics::TELEMETRY_SENT.add(count);
                        } else {
                            metrics::TELEMETRY_DROPPED.add(count);
                        }
                    }
                    None => return,
                },
                _ = ticks.tick() => {
                    // What is not taken now is in the next one: metrics are sums.
                    let _taken = self.post("metrics", &self.metrics()).await;
                }
            }
        }
    }

    fn resource(&self) -> Value {
        json!({"attributes": [
            text("service.name", &self.settings.service_name),
            text("service.version", env!("CARGO_PKG_VERSION")),
        ]})
    }

    fn traces(&self, spans: Vec<Value>) -> Value {
        let scope = json!({"scope": {"name": "refit"}, "spans": spans});
        json!({"resourceSpans": [{"resource": self.resource(), "scopeSpans": [scope]}]})
    }

    fn metrics(&self) -> Value {
        let (from, to) = (nanoseconds(self.start_ms), nanoseconds((self.now_ms)()));
        let families = (self.numbers)();
        let metrics: Vec<Value> = families.iter().map(|it| family(it, &from, &to)).collect();
        let scope = json!({"scope": {"name": "refit"}, "metrics": metrics});
        json!({"resourceMetrics": [{"resource": self.resource(), "scopeMetrics": [scope]}]})
    }

    /// Whether the collector took the document.
    async fn post(&self, what: &str, document: &Value) -> bool {
        let mut headers = self.settings.headers.clone();
        headers.push(("content-type".to_owned(), "application/json".to_owned()));
        let request = outbound::Request {
            method: "POST".to_owned(),
            url: format!("{}/v1/{what}", self.settings.endpoint),
            headers,
            body: document.to_string().into_bytes(),
            timeout: TIMEOUT,
            largest_answer_bytes: 1 << 20,
        };
        let mut pause = FIRST_PAUSE;
        for attempt in 1..=ATTEMPTS {
            // Facts: OTLP specification: these statuses may be tried again.
            let why = match outbound::send(request.clone()).await {
                Ok(answer) if answer.status < 300 => return true,
                Ok(answer) if ![429, 502, 503, 504].contains(&answer.status) => {
                    tracing::warn!(status = answer.status, what, "the collector refused telemetry");
                    return false;
                }
                Ok(answer) => format!("status {}", answer.status),
                Err(error) => error.to_string(),
            };
            if attempt == ATTEMPTS {
                tracing::warn!(why, what, "telemetry could not be sent and is dropped");
                return false;
            }
            tokio::time::sleep(pause).await;
            pause *= 2;
        }
        false
    }
}

/// What has come, and comes within a moment.
async fn gather(first: Vec<Value>, inbox: &mut Receiver<Vec<Value>>) -> Vec<Value> {
    let mut all = first;
    let until = Instant::now() + LINGER;
    while all.len() < SPANS_AT_ONCE {
        match tokio::time::timeout_at(until, inbox.recv()).await {
            Ok(Some(more)) => all.extend(more),
            Ok(None) | Err(_) => break,
        }
    }
    all
}

fn family(family: &Family, from: &str, to: &str) -> Value {
    let points: Vec<Value> = family
        .samples
        .iter()
        .map(|sample| {
            let labels: Vec<Value> =
                sample.labels.iter().map(|(name, value)| text(name, value)).collect();
            match &sample.reading {
                Reading::Number(number) => json!({
                    "attributes": labels, "startTimeUnixNano": from, "timeUnixNano": to,
                    "asDouble": number,
                }),
                Reading::Sizes { bounds, counts, sum } => json!({
                    "attributes": labels, "startTimeUnixNano": from, "timeUnixNano": to,
                    "count": counts.iter().sum::<u64>().to_string(), "sum": sum,
                    "bucketCounts": counts.iter().map(ToString::to_string).collect::<Vec<_>>(),
                    "explicitBounds": bounds,
                }),
            }
        })
        .collect();
    // 2: values since the start.
    let (kind, data) = match family.kind {
        Kind::Gauge => ("gauge", json!({"dataPoints": points})),
        Kind::Counter => {
            ("sum", json!({"dataPoints": points, "aggregationTemporality": 2, "isMonotonic": true}))
        }
        Kind::Histogram => {
            ("histogram", json!({"dataPoints": points, "aggregationTemporality": 2}))
        }
    };
    json!({"name": family.name, "description": family.help, kind: data})
}
