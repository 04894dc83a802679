//! A change of state: its history, its event, and its actions.

use crate::alarm::{Alarm, Config};
use crate::error::Error;
use crate::evaluate::date;
use crate::history;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use service::{Arn, AwsError, Call, Ctx, Principal, WorkItem, WorkOutcome};
use store::Batch;

/// Work kind of what follows a change; the key is the alarm's record key and something unique.
pub(crate) const WORK: &str = "cloudwatch/act";

/// Source of the events.
const SOURCE: &str = "aws.cloudwatch";
// AWS: resource policies name these principals.
const PRINCIPAL: &str = "cloudwatch.amazonaws.com";
const LAMBDA_PRINCIPAL: &str = "lambda.alarms.cloudwatch.amazonaws.com";
/// Tries of an action that fails for reasons that pass.
const MOST_ATTEMPTS: u32 = 8;
const FIRST_DELAY_MS: i64 = 1_000;

/// What is to be done.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Act {
    alarm_name: String,
    alarm_arn: String,
    state: String,
    /// The action's ARN; without one the event is put.
    action: Option<String>,
    /// What is sent.
    body: Value,
    /// The notification's subject.
    subject: String,
}

/// What a change of state changes besides the alarm.
#[derive(Default)]
pub(crate) struct Change {
    pub(crate) batch: Batch,
    pub(crate) work: Vec<WorkItem>,
}

/// Changes the alarm's state.
pub(crate) async fn transition(
    ctx: &Ctx,
    alarm: &mut Alarm,
    state: &str,
    reason: String,
    reason_data: Option<String>,
) -> Result<Change, Error> {
    let before = alarm.clone();
    state.clone_into(&mut alarm.state);
    alarm.reason = reason.chars().take(1023).collect();
    alarm.reason_data = reason_data;
    alarm.updated_ms = ctx.now_ms;
    let mut change = Change::default();
    if before.state == alarm.state {
        return Ok(change);
    }
    alarm.transitioned_ms = ctx.now_ms;
    let name = &alarm.config.alarm_name;
    let summary = format!("Alarm updated from {} to {}", before.state, alarm.state);
    let data = json!({"version": "1.0", "oldState": told(&before), "newState": told(alarm)});
    history::add(ctx, name, "StateUpdate", summary, &data, &mut change.batch).await?;
    let mut act = |action: Option<&String>, body: Value| {
        let act = Act {
            alarm_name: name.clone(),
            alarm_arn: alarm.arn.clone(),
            state: alarm.state.clone(),
            action: action.cloned(),
            body,
            subject: subject(alarm),
        };
        let key = format!("{}/{}", alarm.key(), ctx.uuid());
        change.work.push(WorkItem::new(WORK, key, &alarm.region, ctx.now_ms, &act));
    };
    if ctx.kit.interest.any(SOURCE) {
        act(None, event(&before, alarm));
    }
    if alarm.config.is_enabled() {
        for action in alarm.config.actions(&alarm.state) {
            let is_function = action.starts_with("arn:aws:lambda:");
            let body = if is_function {
                payload(ctx, &before, alarm)
            } else {
                notification(ctx, &before, alarm)
            };
            act(Some(action), body);
        }
    }
    Ok(change)
}

fn told(alarm: &Alarm) -> Value {
    let data = alarm.reason_data.as_deref();
    let data = data.and_then(|text| serde_json::from_str::<Value>(text).ok());
    let mut told = json!({"stateValue": alarm.state, "stateReason": alarm.reason});
    if let Some(data) = data {
        told["stateReasonData"] = data;
    }
    told
}

fn state(alarm: &Alarm) -> Value {
    let mut state = json!({
        "value": alarm.state,
        "reason": alarm.reason,
        "timestamp": date(alarm.updated_ms, "%Y-%m-%dT%H:%M:%S.%3f+0000"),
    });
    if let Some(data) = &alarm.reason_data {
        state["reasonData"] = Value::from(data.as_str());
    }
    state
}

fn configuration(config: &Config) -> Value {
    let dimensions: serde_json::Map<String, Value> =
        config.dimensions.iter().map(|own| (own.name.clone(), own.value.as_str().into())).collect();
    let mut configuration = json!({
        "metrics": [{
            // AWS: an id that CloudWatch makes; nobody can rely on it.
            "id": "m1",
            "metricStat": {
                "metric": {
                    "namespace": config.namespace,
                    "name": config.metric_name,
                    "dimensions": dimensions,
                },
                "period": config.period,
                "stat": config.statistic_name(),
            },
            "returnData": true,
        }],
    });
    if let Some(description) = &config.alarm_description {
        configuration["description"] = Value::from(description.as_str());
    }
    configuration
}

/// The event's detail.
// AWS: monitoring guide, "Alarm events and EventBridge".
fn event(before: &Alarm, alarm: &Alarm) -> Value {
    json!({
        "alarmName": alarm.config.alarm_name,
        "state": state(alarm),
        "previousState": state(before),
        "configuration": configuration(&alarm.config),
    })
}

/// What a function gets.
// AWS: monitoring guide, "Invoke a Lambda function from an alarm".
fn payload(ctx: &Ctx, before: &Alarm, alarm: &Alarm) -> Value {
    json!({
        "source": SOURCE,
        "alarmArn": alarm.arn,
        "accountId": ctx.account(),
        "time": date(ctx.now_ms, "%Y-%m-%dT%H:%M:%S.%3f+0000"),
        "region": alarm.region,
        "alarmData": event(before, alarm),
    })
}

/// What a topic gets.
// AWS: the JSON of notifications, as users have published it.
fn notification(ctx: &Ctx, before: &Alarm, alarm: &Alarm) -> Value {
    const FORM: &str = "%Y-%m-%dT%H:%M:%S.%3f+0000";
    let config = &alarm.config;
    let dimensions: Vec<Value> =
        config.dimensions.iter().map(|own| json!({"value": own.value, "name": own.name})).collect();
    let mut trigger = json!({
        "MetricName": config.metric_name,
        "Namespace": config.namespace,
        "StatisticType": if config.statistic.is_some() { "Statistic" } else { "ExtendedStatistic" },
    });
    match (&config.statistic, &config.extended_statistic) {
        (Some(name), _) => trigger["Statistic"] = statistic_word(name).into(),
        (None, name) => trigger["ExtendedStatistic"] = name.clone().unwrap_or_default().into(),
    }
    let more = json!({
        "Unit": config.unit,
        "Dimensions": dimensions,
        "Period": config.period,
        "EvaluationPeriods": config.evaluation_periods,
        "DatapointsToAlarm": config.needed(),
        "ComparisonOperator": config.comparison_operator,
        "Threshold": config.threshold,
        "TreatMissingData": config.missing(),
        "EvaluateLowSampleCountPercentile":
            config.evaluate_low_sample_count_percentile.as_deref().unwrap_or_default(),
    });
    if let (Value::Object(trigger), Value::Object(more)) = (&mut trigger, more) {
        trigger.extend(more);
    }
    json!({
        "AlarmName": config.alarm_name,
        "AlarmDescription": config.alarm_description,
        "AWSAccountId": ctx.account(),
        "AlarmConfigurationUpdatedTimestamp": date(alarm.configured_ms, FORM),
        "NewStateValue": alarm.state,
        "NewStateReason": alarm.reason,
        "StateChangeTime": date(alarm.updated_ms, FORM),
        "Region": region_name(&alarm.region),
        "AlarmArn": alarm.arn,
        "OldStateValue": before.state,
        "OKActions": config.ok_actions,
        "AlarmActions": config.alarm_actions,
        "InsufficientDataActions": config.insufficient_data_actions,
        "Trigger": trigger,
    })
}

fn statistic_word(name: &str) -> String {
    if name == "SampleCount" { "SAMPLE_COUNT".to_owned() } else { name.to_ascii_uppercase() }
}

fn subject(alarm: &Alarm) -> String {
    let region = region_name(&alarm.region);
    let subject = format!("{}: \"{}\" in {region}", alarm.state, alarm.config.alarm_name);
    // AWS: Publish: a subject has up to 100 ASCII characters.
    let plain = |c: char| if c.is_ascii_graphic() || c == ' ' { c } else { '?' };
    subject.chars().map(plain).take(100).collect()
}

/// Regions as people call them.
fn region_name(region: &str) -> &str {
    match region {
        "us-east-1" => "US East (N. Virginia)",
        "us-east-2" => "US East (Ohio)",
        "us-west-1" => "US West (N. California)",
        "us-west-2" => "US West (Oregon)",
        "ca-central-1" => "Canada (Central)",
        "eu-central-1" => "EU (Frankfurt)",
        "eu-west-1" => "EU (Ireland)",
        "eu-west-2" => "EU (London)",
        "eu-west-3" => "EU (Paris)",
        "eu-north-1" => "EU (Stockholm)",
        "ap-northeast-1" => "Asia Pacific (Tokyo)",
        "ap-northeast-2" => "Asia Pacific (Seoul)",
        "ap-south-1" => "Asia Pacific (Mumbai)",
        "ap-southeast-1" => "Asia Pacific (Singapore)",
        "ap-southeast-2" => "Asia Pacific (Sydney)",
        "sa-east-1" => "South America (Sao Paulo)",
        other => other,
    }
}

/// Does it; what fails for reasons that pass is tried again.
pub(crate) async fn run(ctx: &Ctx, item: &WorkItem) -> Result<WorkOutcome, AwsError> {
    let act: Act = match serde_json::from_value(item.body.clone()) {
        Ok(act) => act,
        Err(error) => {
            tracing::error!(key = item.key, %error, "an alarm's action cannot be read and is dropped");
            return Ok(WorkOutcome::done());
        }
    };
    let effect = format!("{WORK}/{}#", item.key);
    let done = ctx.kit.caller().call(call(ctx, &act, effect.clone())).await;
    if let Err(error) = &done
        && (error.status >= 500 || error.status == 429)
        && item.attempts < MOST_ATTEMPTS
    {
        return Ok(WorkOutcome::again(
            item,
            ctx.now_ms + (FIRST_DELAY_MS << item.attempts.min(20)),
        ));
    }
    let mut outcome = WorkOutcome::done();
    service::forget_effects(&mut outcome.batch, &effect);
    match (&act.action, done) {
        (None, Ok(_)) => {}
        (None, Err(error)) => {
            tracing::error!(alarm = act.alarm_name, %error, "an alarm's event was refused");
        }
        (Some(action), done) => {
            let summary = match &done {
                Ok(_) => format!("Successfully executed action {action}"),
                Err(error) => {
                    tracing::error!(alarm = act.alarm_name, action, %error, "an alarm's action failed");
                    format!(
                        "Failed to execute action {action}. Received error: \"{}\"",
                        error.message
                    )
                }
            };
            let data = json!({
                "actionState": if done.is_ok() { "Succeeded" } else { "Failed" },
                "stateUpdateTimestamp": ctx.now_ms,
                "notificationResource": action,
                "publishedMessage": act.body.to_string(),
                "error": done.err().map(|error| error.to_string()),
            });
            let batch = &mut outcome.batch;
            history::add(ctx, &act.alarm_name, "Action", summary, &data, batch).await?;
        }
    }
    Ok(outcome)
}

fn call(ctx: &Ctx, act: &Act, effect: String) -> Call {
    let account = ctx.account();
    let region_of = |arn: &str| {
        let region = Arn::parse(arn).map(|arn| arn.region).unwrap_or_default();
        if region.is_empty() { ctx.region.clone() } else { region }
    };
    let service = |name: &str| Principal::service(account, name).on_behalf_of(&act.alarm_arn);
    let (service, operation, input, principal, region) = match &act.action {
        None => {
            let entry = json!({
                "Source": SOURCE,
                "DetailType": "CloudWatch Alarm State Change",
                "Resources": [act.alarm_arn],
                "Detail": act.body.to_string(),
            });
            let principal = Principal::platform(account);
            ("events", "PutEvents", json!({"Entries": [entry]}), principal, ctx.region.clone())
        }
        Some(arn) if arn.starts_with("arn:aws:lambda:") => {
            let payload = service::base64_text(act.body.to_string().as_bytes());
            let input = json!({"FunctionName": arn, "InvocationType": "Event", "Payload": payload});
            ("lambda", "Invoke", input, service(LAMBDA_PRINCIPAL), region_of(arn))
        }
        Some(arn) => {
            let message = act.body.to_string();
            let input = json!({"TopicArn": arn, "Subject": act.subject, "Message": message});
            ("sns", "Publish", input, service(PRINCIPAL), region_of(arn))
        }
    };
    Call {
        service: service.to_owned(),
        operation: operation.to_owned(),
        input,
        principal,
        region,
        effect_key: Some(effect),
    }
}
