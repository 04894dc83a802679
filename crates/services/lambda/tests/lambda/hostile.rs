//! Input that means harm must be answered, not panicked about.

use crate::world::World;
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
        "::::::",
        "*",
        "f",
        "f:",
        "\u{0}",
        "é/ü:\u{1f600}",
        "function",
        "function:",
        "function::",
        "arn:aws:lambda:",
        "arn:aws:lambda:::",
        "arn:aws:lambda:us-east-1:123456789012:function:",
        "us-east-1:",
        "123456789012:",
        "$LATEST",
        "{}",
        "null",
        "Event",
        "RequestResponse",
        "UEsFBgAAAAAAAAAAAAAAAAAAAAAAAA==",
        &deep,
    ];
    let world = World::new();
    world.python("f", "").await;
    for operation in lambda::model().operations() {
        let Some(input) = &operation.input else { continue };
        let Some(shape) = lambda::model().shape(input.shape).structure() else { continue };
        for text in texts {
            for number in [i64::MAX, i64::MIN, 0] {
                let member = |kind: &Kind| match kind {
                    Kind::Integer | Kind::Long => json!(number),
                    Kind::Boolean => json!(true),
                    Kind::List(_) => json!([text, text]),
                    Kind::Structure(_) => {
                        json!({"ZipFile": text, "S3Bucket": text, "TargetArn": text, "Variables": {text: text}})
                    }
                    Kind::Map { .. } => json!({text: text}),
                    _ => json!(text),
                };
                let members = shape.members.iter();
                let input: Value = members
                    .map(|m| (m.name.clone(), member(&lambda::model().shape(m.shape).kind)))
                    .collect::<serde_json::Map<_, _>>()
                    .into();
                let _answer = world.call(&operation.name, input.clone()).await;
                // Past validation, which keeps most of this out: no operation may rely on it to stay alive.
                let ctx = world.kit.platform_ctx("us-east-1");
                let _answer = world.lambda.run(&ctx, &operation.name, input.clone()).await;
                let _resource = world.lambda.resource_arn(&ctx, &operation.name, &input);
            }
        }
    }
}
