//! `Search`: resources by expressions over what describes them.
// AWS: API_Search, API_SearchExpression, API_Filter, API_NestedFilters.

use crate::error::Error;
use crate::nouns::{EXPERIMENT, Noun, TRIAL, TRIAL_COMPONENT, Thing};
use crate::ops::describe_training_job;
use crate::records::{GROUP, Job, JobKind, PACKAGE, Package, PackageGroup, TAGS, Tags};
use crate::tuning::records::{TUNING, Tuning};
use crate::{endpoint, packages, tuning};
use serde_json::{Map, Value, json};
use service::Ctx;
use std::cmp::Ordering;

/// How deep expressions may be nested.
const DEEPEST: usize = 16;

/// Every resource of a kind as `Search` shows it, with its tags; and the member that holds it.
pub(crate) async fn all(ctx: &Ctx, kind: &str) -> Result<(&'static str, Vec<Value>), Error> {
    let prefix = format!("{}/", ctx.region);
    let (member, mut found) = match kind {
        "TrainingJob" => {
            let jobs = ctx.records::<Job>(JobKind::Training.records()).all(&prefix).await?;
            let views = jobs.into_iter().map(|it| describe_training_job::view(it.value));
            ("TrainingJob", views.collect::<Vec<_>>())
        }
        "HyperParameterTuningJob" => {
            let jobs = ctx.records::<Tuning>(TUNING).all(&prefix).await?;
            let views = jobs.into_iter().map(|it| tuning::describe(&it.value));
            ("HyperParameterTuningJob", views.collect())
        }
        "Endpoint" => {
            let kind = endpoint::records::ENDPOINT;
            let all = ctx.records::<endpoint::records::Endpoint>(kind).all(&prefix).await?;
            ("Endpoint", all.into_iter().map(|it| endpoint::describe(&it.value)).collect())
        }
        "ModelPackage" => {
            let all = ctx.records::<Package>(PACKAGE).all(&prefix).await?;
            ("ModelPackage", all.into_iter().map(|it| packages::view(&it.value)).collect())
        }
        "ModelPackageGroup" => {
            let all = ctx.records::<PackageGroup>(GROUP).all(&prefix).await?;
            (
                "ModelPackageGroup",
                all.into_iter().map(|it| packages::group_view(&it.value)).collect(),
            )
        }
        "Experiment" => ("Experiment", things(ctx, &EXPERIMENT, &prefix).await?),
        "ExperimentTrial" => ("Trial", things(ctx, &TRIAL, &prefix).await?),
        "ExperimentTrialComponent" => {
            ("TrialComponent", things(ctx, &TRIAL_COMPONENT, &prefix).await?)
        }
        other => {
            return Err(Error::Unsupported(format!("refit does not search for {other}.")));
        }
    };
    let arn_member = format!("{member}Arn");
    for view in &mut found {
        let arn = view.get(&arn_member).and_then(Value::as_str).unwrap_or_default().to_owned();
        let tags = ctx.records::<Tags>(TAGS).get(&arn).await?.map(|found| found.value);
        let tags = tags.unwrap_or_default();
        view["Tags"] =
            tags.iter().map(|(key, value)| json!({"Key": key, "Value": value})).collect();
    }
    Ok((member, found))
}

async fn things(ctx: &Ctx, noun: &Noun, prefix: &str) -> Result<Vec<Value>, Error> {
    let all = ctx.records::<Thing>(noun.records).all(prefix).await?;
    Ok(all.into_iter().map(|it| noun.view(&it.value)).collect())
}

/// Whether a resource is among those asked for. Filters are all to hold, unless the expression says `Or`.
pub(crate) fn admits(expression: &Value, resource: &Value) -> Result<bool, Error> {
    admits_at(expression, resource, 0)
}

fn admits_at(expression: &Value, resource: &Value, depth: usize) -> Result<bool, Error> {
    if depth > DEEPEST {
        return Err(Error::Validation("The search expression is nested too deeply.".to_owned()));
    }
    let list =
        |member: &str| expression.get(member).and_then(Value::as_array).into_iter().flatten();
    let mut answers = Vec::new();
    for filter in list("Filters") {
        answers.push(holds(filter, resource)?);
    }
    for nested in list("NestedFilters") {
        let name = nested.get("NestedPropertyName").and_then(Value::as_str).unwrap_or_default();
        let filters: Vec<&Value> =
            nested.get("Filters").and_then(Value::as_array).into_iter().flatten().collect();
        let mut is_any = false;
        // All the filters are to hold for one and the same element.
        for element in elements(resource, name) {
            let mut are_all = true;
            for filter in &filters {
                are_all &= holds(&without_prefix(filter, name), element)?;
            }
            is_any |= are_all;
        }
        answers.push(is_any);
    }
    for sub in list("SubExpressions") {
        answers.push(admits_at(sub, resource, depth + 1)?);
    }
    let is_or = expression.get("Operator").and_then(Value::as_str) == Some("Or");
    Ok(if is_or && !answers.is_empty() {
        answers.contains(&true)
    } else {
        !answers.contains(&false)
    })
}

/// The elements of a list of structures.
fn elements<'a>(resource: &'a Value, name: &str) -> Vec<&'a Value> {
    values(resource, name)
        .into_iter()
        .flat_map(|value| value.as_array().into_iter().flatten())
        .collect()
}

/// A nested filter's name may be written from the resource on.
fn without_prefix(filter: &Value, name: &str) -> Value {
    let mut filter = filter.clone();
    let inner = filter.get("Name").and_then(Value::as_str);
    let inner = inner.and_then(|full| full.strip_prefix(name)?.strip_prefix('.'));
    if let Some(inner) = inner {
        let inner = Value::from(inner);
        filter["Name"] = inner;
    }
    filter
}

/// The values at a path with dots: through lists, and into `Tags` and metrics by the names of their entries.
fn values<'a>(resource: &'a Value, path: &str) -> Vec<&'a Value> {
    if let Some(key) = path.strip_prefix("Tags.") {
        return named(resource, "Tags", "Key", key, "Value");
    }
    if let Some(name) = path.strip_prefix("Metrics.") {
        let metrics = named(resource, "FinalMetricDataList", "MetricName", name, "Value");
        if !metrics.is_empty() {
            return metrics;
        }
    }
    let mut found = vec![resource];
    let mut rest = path;
    while !rest.is_empty() {
        // Names of hyperparameters may hold dots: the whole rest first.
        let whole: Vec<&Value> = found.iter().filter_map(|value| value.get(rest)).collect();
        if !whole.is_empty() {
            return whole;
        }
        let (name, more) = rest.split_once('.').unwrap_or((rest, ""));
        found = found
            .into_iter()
            .flat_map(|value| match value {
                Value::Array(list) => list.iter().filter_map(|one| one.get(name)).collect(),
                other => other.get(name).into_iter().collect::<Vec<_>>(),
            })
            .collect();
        rest = more;
    }
    found
}

fn named<'a>(
    resource: &'a Value,
    list: &str,
    key_member: &str,
    key: &str,
    member: &str,
) -> Vec<&'a Value> {
    let entries = resource.get(list).and_then(Value::as_array).into_iter().flatten();
    let entries = entries.filter(|one| one.get(key_member).and_then(Value::as_str) == Some(key));
    entries.filter_map(|one| one.get(member)).collect()
}

fn holds(filter: &Value, resource: &Value) -> Result<bool, Error> {
    let text = |member: &str| filter.get(member).and_then(Value::as_str);
    let name = text("Name").unwrap_or_default();
    let found = values(resource, name);
    let operator = text("Operator").unwrap_or("Equals");
    let wanted = text("Value");
    match operator {
        "Exists" => return Ok(!found.is_empty()),
        "NotExists" => return Ok(found.is_empty()),
        _ => {}
    }
    let Some(wanted) = wanted else {
        return Err(Error::Validation(format!("The filter of {name} needs a Value.")));
    };
    let any = |test: &dyn Fn(Ordering) -> bool| {
        found.iter().any(|value| compared(value, wanted).is_some_and(test))
    };
    Ok(match operator {
        "Equals" => any(&Ordering::is_eq),
        "NotEquals" => !any(&Ordering::is_eq),
        "GreaterThan" => any(&Ordering::is_gt),
        "GreaterThanOrEqualTo" => any(&Ordering::is_ge),
        "LessThan" => any(&Ordering::is_lt),
        "LessThanOrEqualTo" => any(&Ordering::is_le),
        "Contains" => found.iter().any(|value| plain(value).contains(wanted)),
        "In" => wanted.split(',').any(|one| {
            found.iter().any(|value| compared(value, one.trim()).is_some_and(Ordering::is_eq))
        }),
        other => return Err(Error::Validation(format!("There is no operator {other}."))),
    })
}

/// A value against the text of a filter: as times, as numbers, else as texts.
fn compared(value: &Value, wanted: &str) -> Option<Ordering> {
    if let Some(number) = number(value) {
        if let Some(wanted) = instant(wanted).or_else(|| wanted.parse().ok()) {
            return number.partial_cmp(&wanted);
        }
        return Some(plain(value).as_str().cmp(wanted));
    }
    Some(plain(value).as_str().cmp(wanted))
}

/// Numbers, and texts that are numbers (hyperparameters).
fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.parse().ok(),
        _ => None,
    }
}

/// Seconds of a time in ISO 8601.
fn instant(text: &str) -> Option<f64> {
    let padded = if text.len() == 10 { format!("{text}T00:00:00Z") } else { text.to_owned() };
    let instant: jiff::Timestamp = padded.parse().ok()?;
    Some(instant.as_millisecond() as f64 / 1000.0)
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// Orders resources by a property; those without it come last.
pub(crate) fn sort(found: &mut [Value], property: &str, is_descending: bool) {
    found.sort_by(|a, b| {
        let key =
            |resource: &Value| values(resource, property).first().map(|value| (*value).clone());
        match (key(a), key(b)) {
            (Some(a), Some(b)) => {
                let order = match (number(&a), number(&b)) {
                    (Some(a), Some(b)) => a.total_cmp(&b),
                    _ => plain(&a).cmp(&plain(&b)),
                };
                if is_descending { order.reverse() } else { order }
            }
            (a, b) => b.is_some().cmp(&a.is_some()),
        }
    });
}

/// A search's results from members of its request.
pub(crate) fn expression(input: &Map<String, Value>) -> Value {
    input.get("SearchExpression").cloned().unwrap_or_else(|| json!({}))
}

#[cfg(test)]
mod tests {
    use super::{admits, sort};
    use serde_json::json;

    fn job() -> serde_json::Value {
        json!({
            "TrainingJobName": "weather-1",
            "CreationTime": 1_767_225_600.0,
            "ModelArtifacts": {"S3ModelArtifacts": "s3://b/m.tar.gz"},
            "HyperParameters": {"eta": "0.1", "a.b": "x"},
            "FinalMetricDataList": [{"MetricName": "validation:rmse", "Value": 0.25}],
            "InputDataConfig": [
                {"ChannelName": "train", "DataSource": {"S3DataSource": {"S3Uri": "s3://b/1/"}}},
                {"ChannelName": "validation", "DataSource": {"S3DataSource": {"S3Uri": "s3://b/2/"}}},
            ],
            "Tags": [{"Key": "team", "Value": "forecast"}],
        })
    }

    #[test]
    fn filters() {
        let cases = [
            ("TrainingJobName", "Equals", "weather-1", true),
            ("TrainingJobName", "Contains", "ther", true),
            ("TrainingJobName", "NotEquals", "weather-1", false),
            ("TrainingJobName", "In", "x, weather-1", true),
            ("ModelArtifacts.S3ModelArtifacts", "Equals", "s3://b/m.tar.gz", true),
            ("HyperParameters.eta", "LessThan", "0.2", true),
            ("HyperParameters.eta", "GreaterThan", "0.2", false),
            ("HyperParameters.a.b", "Equals", "x", true),
            ("Metrics.validation:rmse", "LessThanOrEqualTo", "0.25", true),
            ("CreationTime", "GreaterThan", "2025-12-31", true),
            ("CreationTime", "GreaterThan", "2026-01-01T00:00:01Z", false),
            ("Tags.team", "Equals", "forecast", true),
            ("Tags.colour", "NotExists", "", true),
            ("InputDataConfig.ChannelName", "Equals", "validation", true),
            ("Nothing", "Equals", "x", false),
        ];
        for (name, operator, value, expected) in cases {
            let expression =
                json!({"Filters": [{"Name": name, "Operator": operator, "Value": value}]});
            assert_eq!(admits(&expression, &job()).unwrap(), expected, "{name} {operator} {value}");
        }
    }

    #[test]
    fn nested_filters_are_about_one_element() {
        let filter =
            |name: &str, value: &str| json!({"Name": name, "Operator": "Contains", "Value": value});
        let nested = |uri: &str| {
            json!({"NestedFilters": [{"NestedPropertyName": "InputDataConfig", "Filters": [
                filter("InputDataConfig.ChannelName", "train"),
                filter("InputDataConfig.DataSource.S3DataSource.S3Uri", uri),
            ]}]})
        };
        assert!(admits(&nested("s3://b/1/"), &job()).unwrap());
        assert!(!admits(&nested("s3://b/2/"), &job()).unwrap());
        let or =
            json!({"Operator": "Or", "SubExpressions": [nested("s3://b/2/"), nested("s3://b/1/")]});
        assert!(admits(&or, &job()).unwrap());
        let mut deep = json!({});
        for _ in 0..40 {
            deep = json!({"SubExpressions": [deep]});
        }
        assert!(admits(&deep, &job()).is_err());
    }

    #[test]
    fn results_are_ordered() {
        let mut all = vec![json!({"n": 10}), json!({"m": 1}), json!({"n": 9})];
        sort(&mut all, "n", false);
        assert_eq!(all, [json!({"n": 9}), json!({"n": 10}), json!({"m": 1})]);
        sort(&mut all, "n", true);
        assert_eq!(all[0], json!({"n": 10}));
    }
}
