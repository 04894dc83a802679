//! `ListMetrics`.

use crate::Cloudwatch;
use crate::data::has_since;
use crate::error::Error;
use crate::keep::keep;
use crate::metric::{METRIC, Metric, SEPARATOR, prefix};
use serde::{Deserialize, Serialize};
use service::{Ctx, PageToken, Reply};
use store::Scan;

const PAGE: usize = 500;
const THREE_HOURS_MS: i64 = 3 * 3_600_000;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    namespace: Option<String>,
    metric_name: Option<String>,
    #[serde(default)]
    dimensions: Vec<Filter>,
    next_token: Option<String>,
    recently_active: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Filter {
    name: String,
    value: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output {
    metrics: Vec<Metric>,
    next_token: Option<String>,
}

pub(crate) async fn run(_: &Cloudwatch, ctx: &Ctx, input: Input) -> Result<Reply<Output>, Error> {
    keep(&ctx.kit).await;
    let region = format!("{}{SEPARATOR}", ctx.region);
    let prefix = input.namespace.as_deref().map_or(region, |name| prefix(&ctx.region, name));
    let token = PageToken { question: &prefix };
    let mut after = token.read(input.next_token.as_deref(), "InvalidParameterValueException")?;
    let mut metrics = Vec::new();
    loop {
        let mut scan = Scan::of(METRIC, &prefix, PAGE - metrics.len());
        scan.after = after.as_deref();
        let (found, next) = ctx.records::<Metric>(METRIC).scan(scan).await?;
        for metric in found.into_iter().map(|found| found.value) {
            let is_recent = input.recently_active.is_none()
                || has_since(ctx, &metric, ctx.now_ms - THREE_HOURS_MS).await?;
            if is_recent && input.wants(&metric) {
                metrics.push(metric);
            }
        }
        after = next;
        if after.is_none() || metrics.len() >= PAGE {
            break;
        }
    }
    let next_token = after.map(|cursor| token.make(&cursor));
    Ok(Reply::new(Output { metrics, next_token }))
}

impl Input {
    fn wants(&self, metric: &Metric) -> bool {
        let has = |filter: &Filter| {
            metric.dimensions.iter().any(|own| {
                own.name == filter.name
                    && filter.value.as_ref().is_none_or(|value| *value == own.value)
            })
        };
        self.metric_name.as_ref().is_none_or(|name| *name == metric.name)
            && self.dimensions.iter().all(has)
    }
}
