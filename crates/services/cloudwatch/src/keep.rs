//! Keeps what services count of themselves: once a minute, and before anybody reads.

use serde_json::{Value, json};
use service::{Ctx, Kit, Principal, Series, Summary};
use std::collections::BTreeMap;
use std::sync::{Arc, Once, Weak};
use std::time::Duration;

const MINUTE_MS: i64 = 60_000;
// AWS: PutMetricData: at most 1000 metrics a request.
const MOST_DATA: usize = 1000;

/// The task that keeps.
#[derive(Debug)]
pub(crate) struct Keeper(Once);

impl Default for Keeper {
    fn default() -> Self {
        Self(Once::new())
    }
}

impl Keeper {
    /// Starts it, once.
    pub(crate) fn start(&self, ctx: &Ctx) {
        self.0.call_once(|| {
            ctx.kit.metrics.keep();
            tokio::spawn(run(ctx.kit.metrics.clone(), Arc::downgrade(&ctx.kit)));
        });
    }
}

/// Sleeps until something is counted, and then until the minute is over.
async fn run(metrics: service::Metrics, kit: Weak<Kit>) {
    loop {
        metrics.wait().await;
        let Some(now_ms) = kit.upgrade().map(|kit| kit.clock.now_ms()) else { return };
        let left_ms = MINUTE_MS - now_ms.rem_euclid(MINUTE_MS);
        tokio::time::sleep(Duration::from_millis(left_ms.unsigned_abs())).await;
        let Some(kit) = kit.upgrade() else { return };
        keep(&kit).await;
    }
}

/// Keeps all that waits, as data that anybody could have put.
pub(crate) async fn keep(kit: &Arc<Kit>) {
    let mut requests: BTreeMap<(String, &'static str), Vec<Value>> = BTreeMap::new();
    for (series, summary) in kit.metrics.take() {
        let place = (series.region.clone(), series.namespace);
        requests.entry(place).or_default().push(datum(&series, &summary));
    }
    for ((region, namespace), data) in requests {
        for chunk in data.chunks(MOST_DATA) {
            let ctx = kit.platform_ctx(&region);
            let input = json!({"Namespace": namespace, "MetricData": chunk});
            let principal = Principal::platform(&kit.account);
            let put = ctx.call_as(principal, "cloudwatch", "PutMetricData", input, None).await;
            if let Err(error) = put {
                tracing::error!(%error, namespace, "metrics of a service are lost");
            }
        }
    }
}

fn datum(series: &Series, summary: &Summary) -> Value {
    let dimension = |(name, value): &(&str, String)| json!({"Name": name, "Value": value});
    json!({
        "MetricName": series.name,
        "Dimensions": series.dimensions.iter().map(dimension).collect::<Vec<_>>(),
        "Timestamp": series.minute_ms / 1000,
        "Unit": series.unit,
        "Values": summary.values.iter().map(|(value, _)| value).collect::<Vec<_>>(),
        "Counts": summary.values.iter().map(|(_, count)| count).collect::<Vec<_>>(),
    })
}
