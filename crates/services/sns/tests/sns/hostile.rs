//! Input that means harm must be answered, not panicked about.

use crate::world::{TOPIC, World};
use serde_json::{Value, json};
use service::Service;
use wire::Kind;

/// Every operation is called with every member set to every awkward value of its kind.
#[tokio::test]
async fn awkward_values_everywhere() {
    let deep = format!("{}{}", "[".repeat(5000), "]".repeat(5000));
    let texts = [
        "",
        " ",
        ":",
        "*",
        "t",
        "\u{0}",
        "é/ü:\u{1f600}",
        TOPIC,
        "arn:aws:sns:us-east-1:123456789012:t:x",
        "arn:aws:sns:",
        "arn:aws:sqs:us-east-1:123456789012:q",
        "http://",
        "http://é/\u{0}",
        "a@b",
        "{}",
        "null",
        "json",
        "FilterPolicy",
        "Policy",
        "true",
        "{\"default\":1}",
        r#"{"Statement":[{}]}"#,
        "sqs",
        "lambda",
        &deep,
    ];
    let world = World::with(json!({})).await;
    for operation in sns::model().operations() {
        let Some(input) = &operation.input else { continue };
        let Some(shape) = sns::model().shape(input.shape).structure() else { continue };
        for text in texts {
            let member = |name: &str, kind: &Kind| match kind {
                _ if name == "TopicArn" || name == "ResourceArn" => json!(TOPIC),
                Kind::Integer | Kind::Long => json!(i64::MAX),
                Kind::Boolean => json!(true),
                Kind::List(_) if name == "Tags" => json!([{"Key": text, "Value": text}]),
                Kind::List(_) if name.ends_with("Entries") => {
                    json!([{"Id": text, "Message": text, "Subject": text}])
                }
                Kind::List(_) => json!([text, text]),
                Kind::Map { .. } if name == "MessageAttributes" => {
                    json!({text: {"DataType": text, "StringValue": text, "BinaryValue": text}})
                }
                Kind::Map { .. } => {
                    json!({text: text, "FilterPolicy": text, "RedrivePolicy": text})
                }
                _ => json!(text),
            };
            let members = shape.members.iter();
            let input: Value = members
                .map(|m| (m.name.clone(), member(&m.name, &sns::model().shape(m.shape).kind)))
                .collect::<serde_json::Map<_, _>>()
                .into();
            let _answer = world.call(&operation.name, input.clone()).await;
            // Past validation, which keeps most of this out: no operation may rely on it to stay alive.
            let ctx = world.kit.platform_ctx("us-east-1");
            let _answer = world.sns.run(&ctx, &operation.name, input).await;
            world.call("CreateTopic", json!({"Name": "t"})).await.unwrap();
        }
    }
}
