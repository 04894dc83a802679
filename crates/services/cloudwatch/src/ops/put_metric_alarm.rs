//! `PutMetricAlarm`.

use crate::Cloudwatch;
use crate::alarm::{ALARM, Alarm, Config, INSUFFICIENT, arn, find};
use crate::error::Error;
use crate::tags::{Tag, to_map};
use crate::{history, watch};
use serde::Deserialize;
use serde_json::{Value, json};
use service::{Ctx, Reply};
use std::collections::BTreeMap;
use store::{Batch, Expect};

#[derive(Deserialize)]
pub(crate) struct Input {
    #[serde(flatten)]
    config: Config,
    #[serde(default, rename = "Tags")]
    tags: Vec<Tag>,
    #[serde(flatten)]
    others: BTreeMap<String, Value>,
}

/// Members that make another kind of alarm.
const REFUSED: [(&str, &str); 6] = [
    ("Metrics", "alarms on metric math"),
    ("ThresholdMetricId", "anomaly detection"),
    ("EvaluationCriteria", "alarms on PromQL queries"),
    ("EvaluationWindow", "evaluation windows"),
    ("EvaluationInterval", "evaluation intervals"),
    ("WarmUpConfiguration", "warm-up periods"),
];

pub(crate) async fn run(_: &Cloudwatch, ctx: &Ctx, input: Input) -> Result<Reply<Value>, Error> {
    for (member, what) in REFUSED {
        let given = input.others.get(member);
        if given.is_some_and(|value| {
            !value.is_null() && value.as_array().is_none_or(|all| !all.is_empty())
        }) {
            return Err(Error::Validation(format!(
                "refit does not support {what} ({member}); an alarm has one metric and one statistic."
            )));
        }
    }
    let config = input.config;
    config.check()?;
    let name = config.alarm_name.clone();
    let mut batch = Batch::new();
    let found = find(ctx, &name).await?;
    let expect = found.as_ref().map_or(Expect::Absent, |found| found.expect);
    let verb = if found.is_some() { "updated" } else { "created" };
    let alarm = match found {
        // AWS: PutMetricAlarm: the state of an alarm that is there stays, and so do its tags.
        Some(found) => Alarm { config, configured_ms: ctx.now_ms, ..found.value },
        None => Alarm {
            region: ctx.region.clone(),
            arn: arn(ctx, &name),
            config,
            configured_ms: ctx.now_ms,
            state: INSUFFICIENT.to_owned(),
            reason: "Unchecked: Initial alarm creation".to_owned(),
            reason_data: None,
            updated_ms: ctx.now_ms,
            transitioned_ms: ctx.now_ms,
            tags: to_map(input.tags),
        },
    };
    let data = json!({"version": "1.0", "type": "Update", "updatedAlarm": alarm.config});
    let summary = format!("Alarm \"{name}\" {verb}");
    history::add(ctx, &name, "ConfigurationUpdate", summary, &data, &mut batch).await?;
    batch.put(ALARM, alarm.key(), &alarm, expect);
    Ok(Reply::with(json!({}), batch).work(watch::now(ctx, &alarm)))
}
