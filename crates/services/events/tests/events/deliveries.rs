//! What targets get, as whom, how often, and where the rest goes.

use crate::world::{ACCOUNT, REGION, START_MS, World, bus, machine, pass, queue, role};
use serde_json::{Value, json};
use service::AwsError;

const PATTERN: &str = r#"{"source":["s"]}"#;

fn rule() -> Value {
    json!({"Name": "r", "EventPattern": PATTERN})
}

async fn put(world: &World) -> String {
    let entry = json!({"Source": "s", "DetailType": "t", "Detail": "{\"n\":5,\"x\":\"a\\\"b\"}",
        "Resources": ["one"], "Time": 1_700_000_000});
    let answer = world.ok("PutEvents", json!({"Entries": [entry]})).await;
    answer["Entries"][0]["EventId"].as_str().unwrap().to_owned()
}

#[tokio::test(start_paused = true)]
async fn every_kind_of_target() {
    let topic = format!("arn:aws:sns:{REGION}:{ACCOUNT}:t");
    let function = format!("arn:aws:lambda:{REGION}:{ACCOUNT}:function:f");
    let world = World::new().await;
    world.rule(rule(), json!([
        machine(),
        {"Id": "topic", "Arn": topic, "InputPath": "$.detail"},
        {"Id": "function", "Arn": function, "Input": "{\"own\":1}"},
        {"Id": "queue", "Arn": queue("q.fifo"), "SqsParameters": {"MessageGroupId": "g"},
         "InputTransformer": {"InputPathsMap": {"n": "$.detail.n"}, "InputTemplate": "{\"n\":<n>,\"rule\":<aws.events.rule-name>}"}},
        {"Id": "other", "Arn": format!("arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/s"), "RoleArn": role()},
    ])).await;
    let id = put(&world).await;
    pass(1).await;
    let calls = world.calls().await;
    let of = |service: &str| {
        let mut found = calls.iter().filter(|call| call["service"] == service);
        (found.next().unwrap_or_else(|| panic!("{service}")), found.count()).0
    };
    assert_eq!(calls.len(), 4);
    let started = &of("states")["input"];
    assert!(started["name"].as_str().unwrap().starts_with(&format!("{id}_")));
    assert!(started["name"].as_str().unwrap().len() <= 80);
    let event: Value = serde_json::from_str(started["input"].as_str().unwrap()).unwrap();
    assert_eq!(
        event,
        json!({"version": "0", "id": id, "detail-type": "t", "source": "s",
        "account": ACCOUNT, "time": "2023-11-14T22:13:20Z", "region": REGION, "resources": ["one"],
        "detail": {"n": 5, "x": "a\"b"}})
    );
    assert_eq!(
        of("sns")["input"],
        json!({"TopicArn": topic, "Message": "{\"n\":5,\"x\":\"a\\\"b\"}"})
    );
    assert_eq!(of("lambda")["input"]["InvocationType"], "Event");
    assert_eq!(
        of("sqs")["input"],
        json!({"QueueUrl": format!("/{ACCOUNT}/q.fifo"), "MessageGroupId": "g", "MessageBody": "{\"n\":5,\"rule\":\"r\"}"})
    );
    let source = format!("arn:aws:events:{REGION}:{ACCOUNT}:rule/r");
    assert_eq!(
        (&of("sns")["by"], &of("sns")["for"]),
        (&json!("events.amazonaws.com"), &json!(source))
    );
    assert_eq!(of("states")["by"], format!("arn:aws:sts::{ACCOUNT}:assumed-role/r/events-r"));
    assert_eq!((world.count("work").await, world.count("effect").await), (0, 0), "nothing is left");
}

/// What fails, how often, the retry policy, when the target is called in the end, and the dead letter's attributes.
async fn check_retries(
    error: AwsError,
    times: u32,
    policy: Value,
    at: Option<i64>,
    dead: Option<[&str; 3]>,
) {
    let world = World::new().await;
    let target = json!([{"Id": "1", "Arn": machine()["Arn"], "RoleArn": role(), "RetryPolicy": policy,
        "DeadLetterConfig": {"Arn": queue("dead")}}]);
    world.rule(rule(), target).await;
    let what = format!("{error} {times} times under {policy}");
    world.refusals.lock().unwrap().push(("states", times, error));
    put(&world).await;
    pass(200_000).await;
    let calls = world.calls().await;
    assert_eq!(calls.len(), 1, "{what}: {calls:?}");
    let (call, seconds) = (&calls[0], (calls[0]["at"].as_i64().unwrap() - START_MS) / 1000);
    if let Some(at) = at {
        assert_eq!((&call["service"], seconds), (&json!("states"), at), "{what}");
    }
    if let Some([code, attempts, exhausted]) = dead {
        let attribute = |name: &str| {
            call["input"]["MessageAttributes"][name]["StringValue"]
                .as_str()
                .unwrap_or("-")
                .to_owned()
        };
        assert_eq!(call["service"], "sqs", "{what}");
        assert_eq!(
            [
                attribute("ERROR_CODE"),
                attribute("RETRY_ATTEMPTS"),
                attribute("EXHAUSTED_RETRY_CONDITION")
            ],
            [code, attempts, exhausted],
            "{what}"
        );
        assert_eq!(attribute("TARGET_ARN"), machine()["Arn"].as_str().unwrap());
    }
    assert_eq!((world.count("work").await, world.count("effect").await), (0, 0), "{what}");
}

#[tokio::test(start_paused = true)]
async fn failures_are_tried_again_and_end_in_the_dead_letter_queue() {
    let fault = || AwsError::fault("InternalFailure", "down", 500);
    let error = |code: &str| AwsError::new(code, "no");
    let attempts = |most: u32| json!({"MaximumRetryAttempts": most});
    check_retries(fault(), 2, json!({}), Some(3), None).await;
    check_retries(fault(), 1, attempts(1), Some(1), None).await;
    check_retries(
        fault(),
        9,
        attempts(0),
        None,
        Some(["ERROR_FROM_TARGET", "0", "MaximumRetryAttempts"]),
    )
    .await;
    check_retries(
        fault(),
        9,
        attempts(3),
        None,
        Some(["ERROR_FROM_TARGET", "3", "MaximumRetryAttempts"]),
    )
    .await;
    check_retries(
        fault(),
        9,
        json!({"MaximumEventAgeInSeconds": 60}),
        None,
        Some(["ERROR_FROM_TARGET", "6", "MaximumEventAgeInSeconds"]),
    )
    .await;
    check_retries(error("ThrottlingException"), 1, json!({}), Some(1), None).await;
    check_retries(
        error("AccessDeniedException"),
        9,
        json!({}),
        None,
        Some(["NO_PERMISSIONS", "0", "-"]),
    )
    .await;
    check_retries(
        error("StateMachineDoesNotExist"),
        9,
        json!({}),
        None,
        Some(["NO_RESOURCE", "0", "-"]),
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_dead_letter_waits_for_its_queue() {
    let world = World::new().await;
    let mut target = machine();
    target["DeadLetterConfig"] = json!({"Arn": queue("dead")});
    world.rule(rule(), json!([target])).await;
    world.refusals.lock().unwrap().extend([
        ("states", 1, AwsError::new("AccessDeniedException", "no")),
        ("sqs", 3, AwsError::fault("InternalFailure", "down", 500)),
    ]);
    put(&world).await;
    pass(60).await;
    let calls = world.calls().await;
    assert_eq!(calls.len(), 1);
    assert_eq!(calls[0]["service"], "sqs", "the target is not tried again once it was given up");
}

#[tokio::test(start_paused = true)]
async fn an_input_that_cannot_be_made_is_a_dead_letter_with_the_event() {
    let world = World::new().await;
    world.rule(rule(), json!([{"Id": "1", "Arn": queue("q"), "DeadLetterConfig": {"Arn": queue("dead")},
        "InputTransformer": {"InputPathsMap": {"x": "$.detail.x"}, "InputTemplate": "{\"x\":\"<x>\"}"}}])).await;
    let id = put(&world).await;
    pass(1).await;
    let calls = world.calls().await;
    assert_eq!(calls.len(), 1);
    let letter = &calls[0]["input"];
    assert_eq!(letter["QueueUrl"], format!("/{ACCOUNT}/dead"));
    assert_eq!(letter["MessageAttributes"]["ERROR_CODE"]["StringValue"], "INVALID_JSON");
    let event: Value = serde_json::from_str(letter["MessageBody"].as_str().unwrap()).unwrap();
    assert_eq!(event["id"], id);
}

#[tokio::test(start_paused = true)]
async fn from_bus_to_bus() {
    let world = World::new().await;
    world.ok("CreateEventBus", json!({"Name": "b"})).await;
    world.ok("CreateEventBus", json!({"Name": "c"})).await;
    let to = |name: &str| json!([{"Id": "1", "Arn": bus(name), "RoleArn": role()}]);
    // The service's own events pass, too, and two ways from one bus to another are two events.
    let pattern = json!({"source": ["s", "aws.sagemaker"]}).to_string();
    let rule =
        |name: &str, bus: &str| json!({"Name": name, "EventPattern": pattern, "EventBusName": bus});
    world.rule(rule("one", "default"), to("b")).await;
    world.rule(rule("two", "default"), to("b")).await;
    world.rule(rule("on", "b"), to("c")).await;
    world.rule(rule("end", "c"), json!([{"Id": "1", "Arn": queue("q")}])).await;
    let id = put(&world).await;
    let ctx = world.kit.platform_ctx(REGION);
    let entry = json!({"Source": "aws.sagemaker", "DetailType": "t", "Detail": "{}"});
    ctx.call("events", "PutEvents", json!({"Entries": [entry]})).await.unwrap();
    pass(1).await;
    let calls = world.calls().await;
    assert_eq!(calls.len(), 4);
    let event = |call: &Value| {
        serde_json::from_str::<Value>(call["input"]["MessageBody"].as_str().unwrap()).unwrap()
    };
    let own: Vec<Value> = calls.iter().map(event).filter(|event| event["source"] == "s").collect();
    assert_eq!(own.len(), 2);
    assert_eq!(
        (&own[0]["id"], &own[0]["resources"], &own[0]["time"]),
        (&json!(id), &json!(["one"]), &json!("2023-11-14T22:13:20Z"))
    );
}

#[tokio::test(start_paused = true)]
async fn a_circle_of_buses_ends() {
    let world = World::new().await;
    world.ok("CreateEventBus", json!({"Name": "b"})).await;
    let to = |name: &str| json!([{"Id": "1", "Arn": bus(name), "RoleArn": role(), "DeadLetterConfig": {"Arn": queue("dead")}}]);
    world.rule(json!({"Name": "r", "EventPattern": PATTERN}), to("b")).await;
    world
        .rule(json!({"Name": "r", "EventPattern": PATTERN, "EventBusName": "b"}), to("default"))
        .await;
    put(&world).await;
    pass(10).await;
    assert_eq!((world.calls().await.len(), world.count("work").await), (1, 0));
}
