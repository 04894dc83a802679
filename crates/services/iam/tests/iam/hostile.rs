//! Input that means harm must be answered, not panicked about.

use crate::world::World;
use serde_json::{Value, json};
use wire::Kind;

/// Every operation is called with every member set to every awkward value of its kind.
#[tokio::test]
async fn awkward_values_everywhere() {
    let deep = format!("{}{}", "[".repeat(5000), "]".repeat(5000));
    let texts = [
        "",
        " ",
        "/",
        "*",
        "a",
        "\u{0}",
        "é/ü:\u{1f600}",
        "arn:aws:iam::123456789012:",
        "arn:aws:iam::aws:policy/",
        "arn:aws:iam::123456789012:role/",
        "{}",
        "null",
        &deep,
        r#"{"Statement":[{"Effect":"Allow","Principal":{"AWS":[]}}]}"#,
        r#"{"Version":"2012-10-17","Statement":{"Effect":"Deny","NotAction":"*","NotResource":"${","Condition":{"Bool":{"x":[]}}}}"#,
        "v18446744073709551616",
        "AKIA0000000000000000",
        "ASIAÄÄÄÄÄÄÄÄ",
    ];
    let world = World::new();
    let trust = crate::world::trusts("123456789012");
    world
        .set_up(&[("CreateRole", json!({"RoleName": "a", "AssumeRolePolicyDocument": trust}))])
        .await;
    for (name, model) in [("iam", iam::model()), ("sts", iam::sts_model())] {
        for operation in model.operations() {
            let Some(input) = &operation.input else { continue };
            let Some(shape) = model.shape(input.shape).structure() else { continue };
            for text in texts {
                let member = |kind: &Kind| match kind {
                    Kind::String => json!(text),
                    Kind::Integer | Kind::Long => json!(i64::MAX),
                    Kind::Boolean => json!(true),
                    Kind::List(_) => json!([text, text]),
                    _ => json!({"Key": text, "Value": text}),
                };
                let members = shape.members.iter();
                let input: Value = members
                    .map(|m| (m.name.clone(), member(&model.shape(m.shape).kind)))
                    .collect::<serde_json::Map<_, _>>()
                    .into();
                let _answer = world.call(&operation.name, input.clone()).await;
                // Past validation, which keeps most of this out: no operation may rely on it to stay alive.
                let service = world.kit.service(name).unwrap();
                let ctx = world.kit.platform_ctx("us-east-1");
                let _answer = service.run(&ctx, &operation.name, input).await;
            }
        }
    }
}

#[tokio::test]
async fn what_is_missing_says_so() {
    let world = World::new();
    let input = json!({"AccessKeyId": "AKIAAAAAAAAAAAAAAAAA"});
    let error = world.call("GetAccessKeyLastUsed", input).await.unwrap_err();
    assert_eq!((error.code.as_str(), error.status), ("NotImplemented", 501));
}
