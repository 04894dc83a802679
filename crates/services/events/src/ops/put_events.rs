//! `PutEvents`: each entry becomes an event, and a durable delivery for each target of each rule that matches.

use crate::Events;
use crate::access::require_buses;
use crate::error::Error;
use crate::event::{Envelope, deliveries};
use crate::records::{bus_arn, bus_name, require_bus};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use service::{Ctx, PrincipalKind, Reply, WorkItem};

// AWS: PutEvents: the size of all entries together.
const MOST_BYTES: usize = 262_144;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    entries: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Entry {
    time: Option<f64>,
    source: Option<String>,
    resources: Option<Vec<Value>>,
    detail_type: Option<String>,
    detail: Option<String>,
    event_bus_name: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output {
    failed_entry_count: usize,
    entries: Vec<Answer>,
}

#[derive(Serialize, Default)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    #[serde(skip_serializing_if = "Option::is_none")]
    event_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_code: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_message: Option<String>,
}

pub(crate) async fn run(_: &Events, ctx: &Ctx, input: Input) -> Result<Reply<Output>, Error> {
    let buses = input
        .entries
        .iter()
        .map(|entry| bus_arn(ctx, bus_name(ctx, entry.event_bus_name.as_deref())));
    require_buses(ctx, buses.collect()).await?;
    let bytes: usize = input.entries.iter().map(size).sum();
    if bytes > MOST_BYTES {
        return Err(Error::Validation(
            "Total size of the entries in the request is over the limit.".to_owned(),
        ));
    }
    let mut entries = Vec::new();
    let mut work = Vec::new();
    for entry in input.entries {
        match admit(ctx, entry).await? {
            Ok((id, items)) => {
                entries.push(Answer { event_id: Some(id), ..Answer::default() });
                work.extend(items);
            }
            Err((code, message)) => entries.push(Answer {
                error_code: Some(code.to_owned()),
                error_message: Some(message),
                ..Answer::default()
            }),
        }
    }
    let failed_entry_count = entries.iter().filter(|entry| entry.error_code.is_some()).count();
    let mut reply = Reply::new(Output { failed_entry_count, entries });
    reply.work = work;
    Ok(reply)
}

type Refusal = (&'static str, String);

/// The event's id and its deliveries, or why the entry is refused.
async fn admit(ctx: &Ctx, entry: Entry) -> Result<Result<(String, Vec<WorkItem>), Refusal>, Error> {
    let invalid = |what: &str| {
        (
            "InvalidArgument",
            format!("Parameter {what} is not valid. Reason: {what} is a required argument."),
        )
    };
    let Some(source) = entry.source.as_deref().filter(|text| !text.is_empty()) else {
        return Ok(Err(invalid("Source")));
    };
    let Some(detail_type) = entry.detail_type.as_deref().filter(|text| !text.is_empty()) else {
        return Ok(Err(invalid("DetailType")));
    };
    let Some(detail) = entry.detail.as_deref().filter(|text| !text.is_empty()) else {
        return Ok(Err(invalid("Detail")));
    };
    if source.starts_with("aws.") && ctx.principal.kind != PrincipalKind::Platform {
        return Ok(Err((
            "NotAuthorizedForSourceException",
            "Not authorized for the source.".to_owned(),
        )));
    }
    let detail: Value = match serde_json::from_str(detail) {
        Ok(detail @ Value::Object(_)) => detail,
        _ => return Ok(Err(("MalformedDetail", "Detail is malformed.".to_owned()))),
    };
    let bus = bus_name(ctx, entry.event_bus_name.as_deref());
    let id = ctx.uuid();
    match require_bus(ctx, bus).await {
        // AWS: an event for a bus that is not there is accepted, and goes nowhere.
        Err(Error::NoBus(_)) => return Ok(Ok((id, Vec::new()))),
        other => other?,
    }
    let envelope = Envelope {
        id: &id,
        source,
        detail_type,
        time_ms: entry.time.map_or(ctx.now_ms, |seconds| (seconds * 1000.0) as i64),
        resources: entry.resources.unwrap_or_default(),
        detail,
    };
    let work = deliveries(ctx, bus, &envelope.event(ctx), 0).await?;
    Ok(Ok((id, work)))
}

// AWS: eb-putevent-size: 14 bytes for the time, and the texts.
fn size(entry: &Entry) -> usize {
    let text = |text: &Option<String>| text.as_ref().map_or(0, String::len);
    let resources = entry.resources.iter().flatten().filter_map(Value::as_str).map(str::len);
    entry.time.map_or(0, |_| 14)
        + text(&entry.source)
        + text(&entry.detail_type)
        + text(&entry.detail)
        + resources.sum::<usize>()
}
