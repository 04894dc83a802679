//! `PutLogEvents`: which batches are taken, what is left out of them, that it happens once.

use crate::world::{
    ACCOUNT, DAY_MS, Expect, HOUR_MS, NO_GROUP, NO_STREAM, START_MS, World, call, check, messages,
};
use serde_json::{Value, json};
use service::Principal;

fn batch(events: &[(i64, &str)]) -> Value {
    let events: Vec<Value> = events
        .iter()
        .map(|(ms, message)| json!({"timestamp": START_MS + ms, "message": message}))
        .collect();
    json!({"logGroupName": "g", "logStreamName": "s", "logEvents": events})
}

async fn get(world: &World) -> Value {
    let input = json!({"logGroupName": "g", "logStreamName": "s", "startFromHead": true});
    world.call("GetLogEvents", input).await.unwrap()
}

#[tokio::test]
async fn which_batches() {
    let world = World::with(&[("g", "s")]).await;
    let largest = "x".repeat(1_048_576 - 26);
    let too_large = "é".repeat(524_276);
    let many: Vec<(i64, &str)> = vec![(0, "x"); 10_001];
    let mut other_stream = batch(&[(0, "x")]);
    other_stream["logStreamName"] = "t".into();
    let mut other_group = batch(&[(0, "x")]);
    other_group["logGroupName"] = "h".into();
    let mut with_token = batch(&[(0, "x")]);
    with_token["sequenceToken"] = "whatever".into();
    let taken = || Expect::Output(json!({}));
    check(
        &world,
        vec![
            ("PutLogEvents", batch(&[(0, "a"), (0, "b"), (HOUR_MS, "c")]), taken()),
            ("PutLogEvents", with_token, taken()),
            ("PutLogEvents", batch(&[(0, &largest)]), taken()),
            ("PutLogEvents", batch(&many[..10_000]), taken()),
            ("PutLogEvents", batch(&[(-DAY_MS, "a"), (0, "b")]), taken()),
            ("PutLogEvents", other_stream, NO_STREAM),
            ("PutLogEvents", other_group, NO_GROUP),
            ("PutLogEvents", batch(&[]), Expect::Invalid("logEvents")),
            ("PutLogEvents", batch(&many), Expect::Invalid("logEvents")),
            ("PutLogEvents", batch(&[(0, "")]), Expect::Invalid("message")),
            ("PutLogEvents", batch(&[(-START_MS - 1, "a")]), Expect::Invalid("timestamp")),
            (
                "PutLogEvents",
                batch(&[(0, &too_large)]),
                Expect::Invalid("Upload too large: 1048578 bytes exceeds limit of 1048576"),
            ),
            (
                "PutLogEvents",
                batch(&[(1, "a"), (0, "b")]),
                Expect::Invalid(
                    "Log events in a single PutLogEvents request must be in chronological order.",
                ),
            ),
            (
                "PutLogEvents",
                batch(&[(-DAY_MS - 1, "a"), (0, "b")]),
                Expect::Invalid("cannot span more than 24 hours"),
            ),
        ],
    )
    .await;
}

#[tokio::test]
async fn what_is_left_out() {
    const AGE: i64 = 14 * DAY_MS;
    for (retention_days, events, kept, rejected) in [
        (None, vec![(0, "a")], "a", Value::Null),
        (None, vec![(-AGE - 1, "a"), (-AGE, "b")], "b", json!({"tooOldLogEventEndIndex": 1})),
        (
            None,
            vec![(2 * HOUR_MS, "a"), (2 * HOUR_MS + 1, "b")],
            "a",
            json!({"tooNewLogEventStartIndex": 1}),
        ),
        (None, vec![(-AGE - 9, "a")], "", json!({"tooOldLogEventEndIndex": 1})),
        (None, vec![(3 * HOUR_MS, "a")], "", json!({"tooNewLogEventStartIndex": 0})),
        (
            Some(1),
            vec![(-DAY_MS - 1, "a"), (-DAY_MS, "b")],
            "b",
            json!({"expiredLogEventEndIndex": 1}),
        ),
        (
            Some(1),
            vec![(-AGE - 1, "a"), (-AGE, "b")],
            "",
            json!({"tooOldLogEventEndIndex": 1, "expiredLogEventEndIndex": 2}),
        ),
        (Some(30), vec![(-AGE - 1, "a")], "", json!({"tooOldLogEventEndIndex": 1})),
    ] {
        let world = World::with(&[("g", "s")]).await;
        if let Some(days) = retention_days {
            let input = json!({"logGroupName": "g", "retentionInDays": days});
            world.call("PutRetentionPolicy", input).await.unwrap();
        }
        let answer = world.call("PutLogEvents", batch(&events)).await.unwrap();
        let found = answer.get("rejectedLogEventsInfo").cloned().unwrap_or_default();
        assert_eq!(found, rejected, "{retention_days:?} {events:?}");
        assert_eq!(messages(&get(&world).await).join(""), kept, "{retention_days:?} {events:?}");
    }
}

#[tokio::test]
async fn a_repeated_delivery_is_one_delivery() {
    let world = World::with(&[("g", "s")]).await;
    let mut put = call(Principal::platform(ACCOUNT), "PutLogEvents", batch(&[(0, "once")]));
    put.effect_key = Some("delivery/1".to_owned());
    let caller = world.kit.caller();
    let first = caller.call(put.clone()).await.unwrap();
    assert_eq!(caller.call(put).await.unwrap(), first);
    assert_eq!(messages(&get(&world).await), ["once"]);
}

#[tokio::test]
async fn appends_at_the_same_time_are_all_kept() {
    let world = World::with(&[("g", "s")]).await;
    let caller = world.kit.caller();
    let appends = (0..20).map(|number| {
        let input = batch(&[(number % 3, &format!("event {number}"))]);
        let caller = caller.clone();
        tokio::spawn(async move {
            caller.call(call(Principal::root(ACCOUNT), "PutLogEvents", input)).await.unwrap();
        })
    });
    for append in appends.collect::<Vec<_>>() {
        append.await.unwrap();
    }
    assert_eq!(messages(&get(&world).await).len(), 20);
}

#[tokio::test]
async fn a_bell_rings_for_the_stream_alone() {
    let world = World::with(&[("/g", "s"), ("/g", "t")]).await;
    let mut bell = world.kit.notices.subscribe("logs/us-east-1//g/s");
    world.put("/g", "t", &[(0, "x")]).await;
    assert!(!bell.has_changed().unwrap());
    world.put("/g", "s", &[(0, "x")]).await;
    assert!(bell.has_changed().unwrap());
    bell.mark_unchanged();
    world.put("/g", "s", &[(3 * HOUR_MS, "rejected")]).await;
    assert!(!bell.has_changed().unwrap());
}

#[tokio::test]
async fn a_failing_disk_is_told() {
    let world = World::with(&[("g", "s")]).await;
    world.fail_next_commit(store::Error::Closed);
    let error = world.call("PutLogEvents", batch(&[(0, "lost")])).await.unwrap_err();
    assert_eq!((error.code.as_str(), error.status), ("InternalFailure", 500));
    world.put("g", "s", &[(0, "kept")]).await;
    assert_eq!(messages(&get(&world).await), ["kept"]);
}
