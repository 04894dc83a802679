//! Asynchronous invocations: retries in virtual time, giving up, dead letters.

use crate::world::{World, bytes, has};
use serde_json::{Value, json};
use service::{AwsError, WorkItem};

const QUEUE: &str = "arn:aws:sqs:eu-west-1:123456789012:dead";
const TOPIC: &str = "arn:aws:sns:us-east-1:123456789012:dead";

async fn accepted(world: &World, name: &str) -> WorkItem {
    let payload = service::base64_text(br#"{"n": 1}"#);
    let input = json!({"FunctionName": name, "InvocationType": "Event", "Payload": payload});
    let answer = world.call("Invoke", input).await.unwrap();
    assert_eq!(answer, json!({"StatusCode": 202}));
    world.scheduled().pop().unwrap()
}

#[tokio::test]
async fn failures_are_tried_twice_more_and_end_as_dead_letters() {
    if !has("python3") {
        return;
    }
    let world = World::new();
    for (name, target) in [("q", QUEUE), ("t", TOPIC), ("n", "")] {
        let more = json!({"DeadLetterConfig": {"TargetArn": target}});
        let text = "def handler(event, context):\n  raise KeyError(context.aws_request_id)";
        world.create(name, "python3.12", "main.py", text, more).await;
        let mut item = accepted(&world, name).await;
        let mut now_ms = item.due_ms;
        for delay_ms in [60_000, 120_000] {
            let before_ms = world.kit.clock.now_ms();
            let outcome = world.work(&item, now_ms).await.unwrap();
            item = outcome.again.unwrap();
            assert!((delay_ms..delay_ms + 20_000).contains(&(item.due_ms - before_ms)));
            now_ms = item.due_ms;
        }
        let outcome = world.work(&item, now_ms).await.unwrap();
        assert!(outcome.again.is_none());
        let fake = if name == "t" { &world.sns } else { &world.sqs };
        let calls = std::mem::take(&mut *fake.calls.lock().unwrap());
        if target.is_empty() {
            assert!(calls.is_empty());
            continue;
        }
        let (operation, input, principal, region) = &calls[0];
        let body = if name == "t" { &input["Message"] } else { &input["MessageBody"] };
        assert_eq!(body, r#"{"n": 1}"#);
        assert_eq!(region, if name == "t" { "us-east-1" } else { "eu-west-1" }, "{operation}");
        assert!(
            principal.arn.ends_with(&format!("assumed-role/worker/{name}")),
            "{}",
            principal.arn
        );
        let attributes = &input["MessageAttributes"];
        assert_eq!(attributes["RequestID"]["StringValue"], item.key.as_str());
        let error = attributes["ErrorMessage"]["StringValue"].as_str().unwrap();
        assert!(error.contains(&item.key), "each try has the id that the caller was told: {error}");
    }
}

#[tokio::test]
async fn success_ends_it() {
    if !has("python3") {
        return;
    }
    let world = World::new();
    world.python("f", "def handler(event, context):\n  return 1").await;
    let item = accepted(&world, "f").await;
    let outcome = world.work(&item, item.due_ms).await.unwrap();
    assert!(outcome.again.is_none() && outcome.batch.is_empty());
}

#[tokio::test]
async fn starts_that_fail_are_given_up_after_six_hours() {
    let world = World::new();
    let more = json!({"DeadLetterConfig": {"TargetArn": QUEUE}});
    world.create("f", "java21", "a", "", more).await;
    let item = accepted(&world, "f").await;
    let accepted_ms = item.due_ms;
    // The queue of work tries again.
    world.work(&item, accepted_ms).await.unwrap_err();
    world.work(&item, accepted_ms + 6 * 3_600_000 - 1).await.unwrap_err();
    // A target that is out of order for a while gets it later.
    let broken = AwsError::fault("ServiceUnavailable", "later", 503);
    world.sqs.refuses.lock().unwrap().push(broken);
    world.work(&item, accepted_ms + 6 * 3_600_000).await.unwrap_err();
    let outcome = world.work(&item, accepted_ms + 6 * 3_600_000).await.unwrap();
    assert!(outcome.again.is_none());
    assert_eq!(world.sqs.calls.lock().unwrap().len(), 2);
    let refused = AwsError::new("AccessDenied", "no");
    world.sqs.refuses.lock().unwrap().push(refused);
    let outcome = world.work(&item, accepted_ms + 6 * 3_600_000).await.unwrap();
    assert!(outcome.again.is_none(), "a refusal does not change");
}

#[tokio::test]
async fn what_cannot_be_run_any_more_is_dropped() {
    let world = World::new();
    world.python("f", "").await;
    let item = accepted(&world, "f").await;
    world.call("DeleteFunction", json!({"FunctionName": "f"})).await.unwrap();
    assert!(world.work(&item, 0).await.unwrap().again.is_none());
    for body in [Value::Null, json!({}), json!({"function": 1}), json!([])] {
        let item = WorkItem { body, ..item.clone() };
        assert!(world.work(&item, 0).await.unwrap().again.is_none());
    }
}

#[tokio::test]
async fn kinds_of_invocation() {
    let world = World::new();
    world.python("f", "").await;
    let dry = json!({"FunctionName": "f", "InvocationType": "DryRun"});
    assert_eq!(world.call("Invoke", dry).await.unwrap(), json!({"StatusCode": 204}));
    let big =
        |bytes: usize| service::base64_text(format!("\"{}\"", "x".repeat(bytes - 2)).as_bytes());
    for (kind, payload, code) in [
        ("Event", big(1024 * 1024 + 1), "RequestEntityTooLargeException"),
        ("RequestResponse", big(6 * 1024 * 1024 + 1), "RequestEntityTooLargeException"),
        ("Event", service::base64_text(b"{"), "InvalidRequestContentException"),
        ("DryRun", service::base64_text(b"\xff"), "InvalidRequestContentException"),
    ] {
        let input = json!({"FunctionName": "f", "InvocationType": kind, "Payload": payload});
        let error = world.call("Invoke", input).await.unwrap_err();
        assert_eq!(error.code, code, "{kind}");
    }
    let input =
        json!({"FunctionName": "f", "InvocationType": "Event", "Payload": big(1024 * 1024)});
    world.call("Invoke", input).await.unwrap();
    let item = world.scheduled().pop().unwrap();
    assert_eq!(bytes(&item.body["payload"]).len(), 1024 * 1024);
}
