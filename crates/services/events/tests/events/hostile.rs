//! Inputs that nobody sane sends: answered, never fatal.

use crate::world::{World, machine, queue};
use serde_json::{Value, json};
use service::Principal;

#[tokio::test(start_paused = true)]
async fn any_operation_survives_any_value() {
    let world = World::new().await;
    let deep = (0..100).fold(json!(1), |inner, _| json!([inner]));
    let values = [
        Value::Null,
        json!(true),
        json!(-1),
        json!(i64::MAX),
        json!(1e300),
        json!(0.5),
        json!(""),
        json!("r"),
        json!("\u{0}é:*/\u{10ffff}"),
        json!("arn:aws:events:us-east-1:123456789012:rule/"),
        json!("arn:aws:events:us-east-1:123456789012:event-bus/"),
        json!(["r", "\u{0}"]),
        json!("{"),
        json!("{\"source\":[{\"wildcard\":\"****\"}]}"),
        json!("rate(99999999999999999999 days)"),
        json!("cron(0 0 31 2 ? *)"),
        json!([{"Source": "s", "DetailType": "t", "Detail": "{}", "Time": -1e18}]),
        json!([{"Id": "1", "Arn": ":::::"}]),
        json!([{"Key": "", "Value": ""}]),
        json!({"": ""}),
        deep,
    ];
    for operation in events::model().operations() {
        let Some(input) = &operation.input else { continue };
        let wire::Kind::Structure(structure) = &events::model().shape(input.shape).kind else {
            continue;
        };
        for member in &structure.members {
            for value in &values {
                world
                    .ok("PutRule", json!({"Name": "r", "ScheduleExpression": "rate(1 minute)"}))
                    .await;
                let mut input = json!({"Name": "r", "Rule": "r", "Ids": ["x"], "Targets": [machine()],
                    "ScheduleExpression": "rate(1 minute)", "TargetArn": queue("q"), "TagKeys": ["a"],
                    "ResourceARN": "arn:aws:events:us-east-1:123456789012:rule/r", "Tags": [],
                    "Entries": [], "Event": "{}", "EventPattern": "{\"source\":[\"s\"]}"});
                input[member.name.as_str()] = value.clone();
                let ctx = world.kit.ctx(Principal::root("123456789012"), "us-east-1");
                if let Err(error) = ctx.call("events", &operation.name, input.clone()).await {
                    // Operations of the model that refit has not say so with 501.
                    let is_fine =
                        error.status < 500 || error.code == "NotImplemented" || error.status == 501;
                    assert!(is_fine, "{} {input}: {error:?}", operation.name);
                }
            }
        }
    }
}
