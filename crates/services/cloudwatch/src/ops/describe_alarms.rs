//! `DescribeAlarms`. All alarms are metric alarms.

use crate::Cloudwatch;
use crate::alarm::{ALARM, Alarm, key};
use crate::error::Error;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use service::{Ctx, PageToken, Reply, page_size};
use store::Scan;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    #[serde(default)]
    alarm_names: Vec<String>,
    alarm_name_prefix: Option<String>,
    #[serde(default)]
    alarm_types: Vec<String>,
    children_of_alarm_name: Option<String>,
    parents_of_alarm_name: Option<String>,
    state_value: Option<String>,
    action_prefix: Option<String>,
    max_records: Option<i64>,
    next_token: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output {
    metric_alarms: Vec<Value>,
    composite_alarms: Vec<Value>,
    next_token: Option<String>,
}

pub(crate) async fn run(_: &Cloudwatch, ctx: &Ctx, input: Input) -> Result<Reply<Output>, Error> {
    let nothing =
        Output { metric_alarms: Vec::new(), composite_alarms: Vec::new(), next_token: None };
    // Only composite alarms have children, and they are the only parents.
    let asks_for_family =
        input.children_of_alarm_name.is_some() || input.parents_of_alarm_name.is_some();
    let asks_for_others = !input.alarm_types.is_empty()
        && !input.alarm_types.iter().any(|kind| kind == "MetricAlarm");
    if asks_for_family || asks_for_others {
        return Ok(Reply::new(nothing));
    }
    if !input.alarm_names.is_empty() {
        if input.alarm_name_prefix.is_some() {
            return Err(Error::Validation(
                "AlarmNames and AlarmNamePrefix cannot be specified together.".to_owned(),
            ));
        }
        let mut metric_alarms = Vec::new();
        for name in &input.alarm_names {
            let found = crate::alarm::find(ctx, name).await?.map(|found| found.value);
            metric_alarms
                .extend(found.filter(|alarm| input.wants(alarm)).map(|alarm| alarm.view()));
        }
        return Ok(Reply::new(Output { metric_alarms, ..nothing }));
    }
    let prefix = key(&ctx.region, input.alarm_name_prefix.as_deref().unwrap_or_default());
    let question = format!("{prefix} {:?} {:?}", input.state_value, input.action_prefix);
    let token = PageToken { question: &question };
    let mut after = token.read(input.next_token.as_deref(), "InvalidNextToken")?;
    let size = page_size(input.max_records, 50, 100);
    let mut metric_alarms = Vec::new();
    loop {
        let mut scan = Scan::of(ALARM, &prefix, size - metric_alarms.len());
        scan.after = after.as_deref();
        let (found, next) = ctx.records::<Alarm>(ALARM).scan(scan).await?;
        let found = found.into_iter().map(|found| found.value).filter(|alarm| input.wants(alarm));
        metric_alarms.extend(found.map(|alarm| alarm.view()));
        after = next;
        if after.is_none() || metric_alarms.len() >= size {
            break;
        }
    }
    let next_token = after.map(|cursor| token.make(&cursor));
    Ok(Reply::new(Output { metric_alarms, next_token, ..nothing }))
}

impl Input {
    fn wants(&self, alarm: &Alarm) -> bool {
        let config = &alarm.config;
        let mut actions =
            [&config.ok_actions, &config.alarm_actions, &config.insufficient_data_actions]
                .into_iter()
                .flatten();
        let has_action = self
            .action_prefix
            .as_ref()
            .is_none_or(|prefix| actions.any(|own| own.starts_with(prefix)));
        has_action && self.state_value.as_ref().is_none_or(|state| *state == alarm.state)
    }
}
