//! `DescribeAlarmHistory`.

use crate::Cloudwatch;
use crate::alarm::seconds;
use crate::error::Error;
use crate::history::{Entry, HISTORY, prefix};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use service::{Ctx, Found, PageToken, Reply, page_size};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    alarm_name: Option<String>,
    history_item_type: Option<String>,
    start_date: Option<f64>,
    end_date: Option<f64>,
    max_records: Option<i64>,
    next_token: Option<String>,
    scan_by: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output {
    alarm_history_items: Vec<Value>,
    next_token: Option<String>,
}

pub(crate) async fn run(_: &Cloudwatch, ctx: &Ctx, input: Input) -> Result<Reply<Output>, Error> {
    let region = format!("{}/", ctx.region);
    let prefix = input.alarm_name.as_deref().map_or(region, |name| prefix(&ctx.region, name));
    let ascending = input.scan_by.as_deref() == Some("TimestampAscending");
    let question = format!("{prefix} {:?} {ascending}", input.history_item_type);
    let token = PageToken { question: &question };
    let after = token.read(input.next_token.as_deref(), "InvalidNextToken")?;
    let after: usize = after.and_then(|cursor| cursor.parse().ok()).unwrap_or_default();
    let size = page_size(input.max_records, 100, 100);
    // A month of an alarm's changes is little; of all alarms the order is that of time, not that of the keys.
    let mut all: Vec<Found<Entry>> = ctx.records::<Entry>(HISTORY).all(&prefix).await?;
    all.retain(|found| input.wants(&found.value));
    all.sort_by(|a, b| (a.value.at_ms, &a.key).cmp(&(b.value.at_ms, &b.key)));
    if !ascending {
        all.reverse();
    }
    let end = after.saturating_add(size);
    let next_token = (all.len() > end).then(|| token.make(&end.to_string()));
    let page = all.into_iter().skip(after).take(size);
    let items = page.map(|found| {
        let entry = found.value;
        json!({
            "AlarmName": entry.alarm_name, "AlarmType": "MetricAlarm", "Timestamp": seconds(entry.at_ms),
            "HistoryItemType": entry.kind, "HistorySummary": entry.summary, "HistoryData": entry.data,
        })
    });
    Ok(Reply::new(Output { alarm_history_items: items.collect(), next_token }))
}

impl Input {
    fn wants(&self, entry: &Entry) -> bool {
        let at = seconds(entry.at_ms);
        self.alarm_name.as_ref().is_none_or(|name| *name == entry.alarm_name)
            && self.history_item_type.as_ref().is_none_or(|kind| *kind == entry.kind)
            && self.start_date.is_none_or(|start| at >= start)
            && self.end_date.is_none_or(|end| at <= end)
    }
}
