//! Operations: what is answered and what is refused.

use crate::world::{ACCOUNT, World, bus, machine, queue};
use serde_json::{Value, json};

enum Expect {
    /// Has at least these members.
    Has(Value),
    Error(&'static str, &'static str),
}
use Expect::{Error, Has};

async fn check(world: &World, steps: Vec<(&str, Value, Expect)>) {
    for (operation, input, expect) in steps {
        let step = format!("{operation} {input}");
        match (world.call(operation, input).await, expect) {
            (Ok(output), Has(wanted)) => {
                for (name, member) in wanted.as_object().unwrap() {
                    assert_eq!(
                        output.get(name).unwrap_or(&Value::Null),
                        member,
                        "{step}: {name} of {output}"
                    );
                }
            }
            (Err(error), Error(code, part)) => {
                assert_eq!((error.code.as_str(), error.status), (code, 400), "{step}: {error}");
                assert!(error.message.contains(part), "{step}: {error}");
            }
            (answer, _) => panic!("{step}: {answer:?}"),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn rules() {
    let world = World::new().await;
    let arn = format!("arn:aws:events:us-east-1:{ACCOUNT}:rule/r");
    let steps = vec![
        (
            "PutRule",
            json!({"Name": "r"}),
            Error("ValidationException", "EventPattern or ScheduleExpression"),
        ),
        (
            "PutRule",
            json!({"Name": "r", "ScheduleExpression": "rate(0 minutes)"}),
            Error("ValidationException", "ScheduleExpression is not valid"),
        ),
        (
            "PutRule",
            json!({"Name": "r", "ScheduleExpression": "rate(1 minutes)"}),
            Error("ValidationException", "ScheduleExpression is not valid"),
        ),
        (
            "PutRule",
            json!({"Name": "r", "ScheduleExpression": "at(2030-01-01T00:00:00)"}),
            Error("ValidationException", "ScheduleExpression is not valid"),
        ),
        (
            "PutRule",
            json!({"Name": "r", "EventPattern": "{"}),
            Error("InvalidEventPatternException", ""),
        ),
        (
            "PutRule",
            json!({"Name": "r", "EventPattern": "{}", "EventBusName": "nobody"}),
            Error("ResourceNotFoundException", "Event bus nobody does not exist."),
        ),
        (
            "PutRule",
            json!({"Name": "r", "EventPattern": "{\"source\":[\"a\"]}", "EventBusName": "arn:aws:events:eu-west-1:123456789012:event-bus/default"}),
            Error("ResourceNotFoundException", "does not exist"),
        ),
        (
            "PutRule",
            json!({"Name": "r", "ScheduleExpression": "rate(5 minutes)", "Description": "d", "Tags": [{"Key": "a", "Value": "b"}]}),
            Has(json!({"RuleArn": arn})),
        ),
        (
            "PutRule",
            json!({"Name": "r", "ScheduleExpression": "rate(5 minutes)", "Tags": [{"Key": "x", "Value": "y"}], "EventBusName": bus("default")}),
            Has(json!({"RuleArn": arn})),
        ),
        (
            "ListTagsForResource",
            json!({"ResourceARN": arn}),
            Has(json!({"Tags": [{"Key": "a", "Value": "b"}]})),
        ),
        (
            "DescribeRule",
            json!({"Name": "r"}),
            Has(json!({
                "Name": "r", "Arn": arn, "State": "ENABLED", "ScheduleExpression": "rate(5 minutes)",
                "Description": null, "EventBusName": "default", "CreatedBy": ACCOUNT, "EventPattern": null,
            })),
        ),
        (
            "DescribeRule",
            json!({"Name": "s"}),
            Error("ResourceNotFoundException", "Rule s does not exist on EventBus default."),
        ),
        (
            "PutTargets",
            json!({"Rule": "r", "Targets": [{"Id": "1", "Arn": "nonsense"}]}),
            Error("ValidationException", "Provided Arn is not in correct format"),
        ),
        (
            "PutTargets",
            json!({"Rule": "r", "Targets": [{"Id": "1", "Arn": machine()["Arn"]}]}),
            Error("ValidationException", "RoleArn is required"),
        ),
        (
            "PutTargets",
            json!({"Rule": "r", "Targets": [{"Id": "1", "Arn": queue("q.fifo")}]}),
            Error("ValidationException", "SqsParameters must be specified"),
        ),
        (
            "PutTargets",
            json!({"Rule": "r", "Targets": [{"Id": "1", "Arn": queue("q"), "Input": "{"}]}),
            Error("ValidationException", "JSON syntax error"),
        ),
        (
            "PutTargets",
            json!({"Rule": "r", "Targets": [{"Id": "1", "Arn": queue("q"), "Input": "1", "InputPath": "$"}]}),
            Error("ValidationException", "Only one of"),
        ),
        (
            "PutTargets",
            json!({"Rule": "r", "Targets": [{"Id": "1", "Arn": queue("q"), "InputTransformer": {"InputTemplate": "<x>"}}]}),
            Error("ValidationException", "InputTemplate"),
        ),
        (
            "PutTargets",
            json!({"Rule": "r", "Targets": [{"Id": "2", "Arn": queue("q")}, {"Id": "1", "Arn": queue("p")}, machine()]}),
            Has(json!({"FailedEntryCount": 0})),
        ),
        (
            "PutTargets",
            json!({"Rule": "r", "Targets": [{"Id": "4", "Arn": queue("q")}, {"Id": "5", "Arn": queue("q")}, {"Id": "6", "Arn": queue("q")}]}),
            Error("LimitExceededException", ""),
        ),
        (
            "ListRuleNamesByTarget",
            json!({"TargetArn": queue("q")}),
            Has(json!({"RuleNames": ["r"]})),
        ),
        ("ListRuleNamesByTarget", json!({"TargetArn": queue("z")}), Has(json!({"RuleNames": []}))),
        (
            "DeleteRule",
            json!({"Name": "r"}),
            Error("ValidationException", "Rule can't be deleted since it has targets."),
        ),
        (
            "RemoveTargets",
            json!({"Rule": "r", "Ids": ["1", "2", "machine", "none"]}),
            Has(json!({"FailedEntryCount": 0})),
        ),
        ("DeleteRule", json!({"Name": "r"}), Has(json!({}))),
        ("DeleteRule", json!({"Name": "r"}), Has(json!({}))),
    ];
    check(&world, steps).await;
    assert_eq!(world.count("work").await, 0, "nothing is left of the schedule");
}

#[tokio::test(start_paused = true)]
async fn buses() {
    let world = World::new().await;
    let steps = vec![
        ("CreateEventBus", json!({"Name": "default"}), Error("ResourceAlreadyExistsException", "")),
        ("CreateEventBus", json!({"Name": "a/b"}), Error("ValidationException", "a/b")),
        (
            "CreateEventBus",
            json!({"Name": "a", "Description": "d", "DeadLetterConfig": {"Arn": queue("q")}}),
            Has(json!({"EventBusArn": bus("a"), "DeadLetterConfig": {"Arn": queue("q")}})),
        ),
        ("CreateEventBus", json!({"Name": "a"}), Error("ResourceAlreadyExistsException", "")),
        ("DescribeEventBus", json!({}), Has(json!({"Name": "default", "Arn": bus("default")}))),
        (
            "DescribeEventBus",
            json!({"Name": bus("a")}),
            Has(json!({"Name": "a", "Description": "d", "DeadLetterConfig": {"Arn": queue("q")}})),
        ),
        (
            "DescribeEventBus",
            json!({"Name": "b"}),
            Error("ResourceNotFoundException", "Event bus b does not exist."),
        ),
        (
            "PutRule",
            json!({"Name": "r", "EventBusName": "a", "ScheduleExpression": "rate(5 minutes)"}),
            Error("ValidationException", "only on the default event bus"),
        ),
        (
            "PutRule",
            json!({"Name": "r", "EventBusName": bus("a"), "EventPattern": "{\"source\":[\"s\"]}"}),
            Has(json!({"RuleArn": format!("arn:aws:events:us-east-1:{ACCOUNT}:rule/a/r")})),
        ),
        (
            "DeleteEventBus",
            json!({"Name": "a"}),
            Error("ValidationException", "since it has rules"),
        ),
        ("DeleteRule", json!({"Name": "r", "EventBusName": "a"}), Has(json!({}))),
        ("DeleteEventBus", json!({"Name": "a"}), Has(json!({}))),
        (
            "DeleteEventBus",
            json!({"Name": "default"}),
            Error("ValidationException", "Cannot delete event bus default"),
        ),
        (
            "TagResource",
            json!({"ResourceARN": "arn:aws:events:eu-west-1:123456789012:rule/r", "Tags": []}),
            Error("ValidationException", ""),
        ),
    ];
    check(&world, steps).await;
}

#[tokio::test(start_paused = true)]
async fn lists_come_in_pages() {
    let world = World::new().await;
    for number in 0..7 {
        let rule = json!({"Name": format!("r{number}"), "EventPattern": "{\"source\":[\"s\"]}"});
        world
            .rule(rule, json!([{"Id": "b", "Arn": queue("q")}, {"Id": "a", "Arn": queue("q")}]))
            .await;
        world
            .ok("CreateEventBus", json!({"Name": format!("{}bus", char::from(b'a' + number))}))
            .await;
    }
    let cases = [
        ("ListRules", json!({}), "Rules", 7),
        ("ListRules", json!({"NamePrefix": "r1"}), "Rules", 1),
        ("ListEventBuses", json!({}), "EventBuses", 8),
        ("ListEventBuses", json!({"NamePrefix": "d"}), "EventBuses", 2),
        ("ListTargetsByRule", json!({"Rule": "r0"}), "Targets", 2),
        ("ListRuleNamesByTarget", json!({"TargetArn": queue("q")}), "RuleNames", 7),
    ];
    for (operation, question, member, count) in cases {
        for limit in [1, 3, 100] {
            let mut input = question.clone();
            input["Limit"] = json!(limit);
            let mut all: Vec<Value> = Vec::new();
            loop {
                let page = world.ok(operation, input.clone()).await;
                let found = page[member].as_array().unwrap();
                assert!(found.len() <= limit, "{operation} {input}");
                all.extend(found.iter().cloned());
                let Some(token) = page.get("NextToken") else { break };
                input["NextToken"] = token.clone();
            }
            all.dedup();
            assert_eq!(all.len(), count, "{operation} {question} by {limit}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn events_are_checked_one_by_one() {
    let world = World::new().await;
    let pattern = json!({"source": [{"prefix": ""}]}).to_string();
    world
        .rule(
            json!({"Name": "r", "EventPattern": pattern}),
            json!([{"Id": "1", "Arn": queue("q")}]),
        )
        .await;
    let good = json!({"Source": "s", "DetailType": "t", "Detail": "{\"a\":1}"});
    let with = |member: &str, value: Value| {
        let mut entry = good.clone();
        entry[member] = value;
        entry
    };
    let entries = json!([
        good,
        with("Source", json!("")),
        with("DetailType", json!("")),
        with("Detail", json!("")),
        with("Detail", json!("[1]")),
        with("Detail", json!("{")),
        with("Source", json!("aws.s3")),
        with("EventBusName", json!("nobody")),
        with("Time", json!(1e300)),
        json!({"Source": "s"}),
    ]);
    let answer = world.ok("PutEvents", json!({"Entries": entries})).await;
    let codes: Vec<&str> = answer["Entries"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| {
            assert_eq!(entry.get("EventId").is_some(), entry.get("ErrorCode").is_none());
            entry["ErrorCode"].as_str().unwrap_or("-")
        })
        .collect();
    let invalid = "InvalidArgument";
    assert_eq!(
        codes,
        [
            "-",
            invalid,
            invalid,
            invalid,
            "MalformedDetail",
            "MalformedDetail",
            "NotAuthorizedForSourceException",
            "-",
            "-",
            invalid
        ]
    );
    assert_eq!(answer["FailedEntryCount"], 7);
    crate::world::pass(1).await;
    assert_eq!(world.calls().await.len(), 2);

    let large = json!({"a": "x".repeat(270_000)}).to_string();
    let refused = world.call("PutEvents", json!({"Entries": [with("Detail", json!(large))]})).await;
    assert_eq!(refused.unwrap_err().code, "ValidationException");
    let eleven: Vec<Value> = vec![good; 11];
    let refused = world.call("PutEvents", json!({"Entries": eleven})).await;
    assert_eq!(refused.unwrap_err().code, "ValidationException");
}

#[tokio::test(start_paused = true)]
async fn patterns_are_tested() {
    let world = World::new().await;
    let event = json!({"id": "1", "detail-type": "t", "source": "s", "account": ACCOUNT,
        "time": "2026-01-01T00:00:00Z", "region": "us-east-1", "resources": [], "detail": {"n": 5}});
    let with =
        |pattern: Value| json!({"EventPattern": pattern.to_string(), "Event": event.to_string()});
    let steps = vec![
        (
            "TestEventPattern",
            with(json!({"detail": {"n": [{"numeric": [">", 4]}]}})),
            Has(json!({"Result": true})),
        ),
        ("TestEventPattern", with(json!({"source": ["other"]})), Has(json!({"Result": false}))),
        (
            "TestEventPattern",
            with(json!({"source": "s"})),
            Error("InvalidEventPatternException", ""),
        ),
        (
            "TestEventPattern",
            json!({"EventPattern": "{\"source\":[\"s\"]}", "Event": "{"}),
            Error("ValidationException", "Event is not valid"),
        ),
        (
            "TestEventPattern",
            json!({"EventPattern": "{\"source\":[\"s\"]}", "Event": "[]"}),
            Error("ValidationException", "Event"),
        ),
    ];
    check(&world, steps).await;
}
