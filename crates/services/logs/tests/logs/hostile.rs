//! Inputs that nobody sane sends: answered, never fatal.

use crate::world::{ACCOUNT, World, call};
use serde_json::{Value, json};
use service::Principal;

#[tokio::test]
async fn any_operation_survives_any_value() {
    let world = World::with(&[("g", "s")]).await;
    world.put("g", "s", &[(0, "x")]).await;
    let deep = (0..100).fold(json!(1), |inner, _| json!([inner]));
    let values = [
        Value::Null,
        json!(true),
        json!(-1),
        json!(i64::MAX),
        json!(u64::MAX),
        json!(1e300),
        json!(0.5),
        json!(""),
        json!("g"),
        json!("\u{0}é:*/\u{10ffff}"),
        json!("arn:aws:logs:us-east-1:123456789012:log-group:"),
        json!(["g", "\u{0}"]),
        json!({"timestamp": i64::MAX, "message": "x"}),
        json!([{"timestamp": i64::MAX, "message": "x"}]),
        json!({"": ""}),
        deep,
    ];
    for operation in logs::model().operations() {
        let input = operation.input.as_ref().expect("every operation takes something");
        let wire::Kind::Structure(structure) = &logs::model().shape(input.shape).kind else {
            panic!("inputs are structures");
        };
        if operation.name.starts_with("Delete") {
            continue;
        }
        for member in &structure.members {
            for value in &values {
                let mut input = json!({"logGroupName": "g", "logStreamName": "s", "tags": {"a": "b"},
                    "resourceArn": "arn:aws:logs:us-east-1:123456789012:log-group:g",
                    "retentionInDays": 1, "logEvents": [{"timestamp": 0, "message": "x"}]});
                input[member.name.as_str()] = value.clone();
                let call = call(Principal::root(ACCOUNT), &operation.name, input);
                if let Err(error) = world.kit.caller().call(call).await {
                    assert!(error.status < 500, "{} {}: {error}", operation.name, member.name);
                }
            }
        }
    }
}
