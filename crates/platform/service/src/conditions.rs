//! The condition keys that follow from a call itself, for every service alike.
// AWS: IAM: global condition context keys. Those of the principal and of time are IAM's to add.

use crate::Ctx;
use serde_json::Value;

/// Condition keys with their values.
pub(crate) type Conditions = Vec<(String, Vec<String>)>;

/// `aws:RequestedRegion`, `aws:SourceIp`, `aws:SourceArn`, `aws:RequestTag/…` and `aws:TagKeys`, where the call has them.
pub(crate) fn of(ctx: &Ctx, input: &Value) -> Conditions {
    let mut found = vec![("aws:RequestedRegion".to_owned(), vec![ctx.region.clone()])];
    if let Some(address) = ctx.source_ip {
        found.push(("aws:SourceIp".to_owned(), vec![address.to_canonical().to_string()]));
    }
    // `aws:SourceAccount` is added for every service by whoever decides.
    if let Some(source) = &ctx.principal.source_arn {
        found.push(("aws:SourceArn".to_owned(), vec![source.clone()]));
    }
    // Only CloudWatch has such a member in what it authorises.
    if let Some(namespace) = input.get("Namespace").and_then(Value::as_str) {
        found.push(("cloudwatch:namespace".to_owned(), vec![namespace.to_owned()]));
    }
    let tags = tags(input);
    let mut keys: Vec<String> = tags.iter().map(|(key, _)| (*key).to_owned()).collect();
    keys.extend(untagged(input));
    if !keys.is_empty() {
        found.push(("aws:TagKeys".to_owned(), keys));
    }
    for (key, value) in tags {
        found.push((format!("aws:RequestTag/{key}"), vec![value.to_owned()]));
    }
    found
}

/// The tags that a request gives: services write them as a list of pairs or as an object.
fn tags(input: &Value) -> Vec<(&str, &str)> {
    match input.get("Tags").or_else(|| input.get("tags")) {
        Some(Value::Object(members)) => members
            .iter()
            .filter_map(|(key, value)| Some((key.as_str(), value.as_str()?)))
            .collect(),
        Some(Value::Array(items)) => items.iter().filter_map(pair).collect(),
        _ => Vec::new(),
    }
}

fn pair(item: &Value) -> Option<(&str, &str)> {
    let member = |upper: &str, lower: &str| item.get(upper).or_else(|| item.get(lower));
    let key = member("Key", "key")?.as_str()?;
    let value = member("Value", "value").and_then(Value::as_str).unwrap_or_default();
    Some((key, value))
}

/// The keys of the tags that a request takes away.
fn untagged(input: &Value) -> Vec<String> {
    let keys = input.get("TagKeys").or_else(|| input.get("tagKeys"));
    let keys = keys.and_then(Value::as_array).into_iter().flatten();
    keys.filter_map(Value::as_str).map(str::to_owned).collect()
}
