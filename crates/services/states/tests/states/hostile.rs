//! Nothing a client sends may bring an operation down.

use crate::world::World;
use serde_json::{Value, json};

const TEXTS: [&str; 14] = [
    "",
    ":",
    "arn:aws:states:::",
    "arn:aws:states:us-east-1:000000000000:",
    "arn:aws:states:us-east-1:000000000000:stateMachine",
    "arn:aws:states:us-east-1:000000000000:stateMachine:m:99999999999999999999999999",
    "arn:aws:states:us-east-1:000000000000:stateMachine:m:-1",
    "arn:aws:states:us-east-1:000000000000:stateMachine:m:ä\u{0}:x",
    "arn:aws:states:us-east-1:000000000000:execution::",
    "arn:aws:states:us-east-1:000000000000:express:m:x",
    "ä\u{10ffff}\n\0",
    "{\"StartAt\": \"ä",
    "{'ä': 1",
    "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[",
];

#[tokio::test(start_paused = true)]
async fn every_text_member_survives_every_text() {
    let world = World::new(Vec::new()).await;
    let model = states::model();
    let mut refused = 0;
    for operation in model.operations() {
        let input = operation.input.as_ref().unwrap();
        let structure = model.shape(input.shape).structure().unwrap();
        for text in TEXTS {
            let mut request = json!({});
            for member in &structure.members {
                request[&member.name] = match &model.shape(member.shape).kind {
                    wire::Kind::String => json!(text),
                    wire::Kind::Integer | wire::Kind::Long => json!(i64::MAX),
                    wire::Kind::Boolean => json!(true),
                    wire::Kind::List(_) => json!([]),
                    _ => Value::Null,
                };
            }
            refused += usize::from(world.call(&operation.name, request.clone()).await.is_err());
            // The numbers and enumerations in order, so that more than the validation is reached.
            let members = request.as_object_mut().unwrap();
            let is_free = |name: &str| {
                let member = structure.member(name).unwrap();
                model.shape(member.shape).enumeration.is_empty()
            };
            members.retain(|name, value| value.is_string() && is_free(name));
            refused += usize::from(world.call(&operation.name, request).await.is_err());
        }
    }
    assert!(refused > 500, "{refused}");
}

#[tokio::test(start_paused = true)]
async fn deep_and_strange_parameters_fail_the_task_alone() {
    let sns = crate::fakes::Fake::new("sns", |_, _| Ok(json!({"MessageId": "1"})));
    let world = World::new(vec![sns]).await;
    let mut deep = json!(1);
    for _ in 0..100 {
        deep = json!([deep]);
    }
    for (number, parameters) in [
        json!({"TopicArn": deep}),
        json!({"TopicArn": "t", "Message": "m", "MessageAttributes": {"a": {"DataType": 1}}}),
        json!({"TopicArn": "t", "Message": "m", "MessageAttributes": [1]}),
        json!({"": null, "TopicArn": "t"}),
        json!({"ä": {}}),
    ]
    .into_iter()
    .enumerate()
    {
        let task = json!({"Resource": "arn:aws:states:::sns:publish", "Parameters": parameters});
        let (found, _) = world.run_task(&format!("m{number}"), task).await;
        assert_eq!(found["error"], "States.Runtime", "{found}");
    }
}
