//! Tasks of services that refit has not: their calls go on to a server of the test's own.

use crate::server::Server;
use crate::world::{World, output};
use forward::{Entry, Forwarded};
use serde_json::{Value, json};
use service::Service;
use std::sync::Arc;
use wire::sigv4::Credentials;

fn model() -> String {
    let model = json!({
        "metadata": {
            "protocol": "json", "jsonVersion": "1.0", "targetPrefix": "DynamoDB_20120810",
            "endpointPrefix": "dynamodb", "serviceId": "DynamoDB", "apiVersion": "2012-08-10",
        },
        "operations": {"PutItem": {
            "name": "PutItem", "http": {"method": "POST", "requestUri": "/"},
            "input": {"shape": "In"}, "output": {"shape": "Out"}, "errors": [{"shape": "ResourceNotFoundException"}],
        }},
        "shapes": {
            "In": {"type": "structure", "required": ["TableName"], "members": {"TableName": {"shape": "S"}}},
            "Out": {"type": "structure", "members": {"Size": {"shape": "S"}}},
            "ResourceNotFoundException": {"type": "structure", "members": {"message": {"shape": "S"}}, "exception": true},
            "S": {"type": "string"},
        },
    });
    model.to_string()
}

async fn run(server: &Server, resource: &str, parameters: Value) -> Value {
    let entries = forward::read(
        &json!({"dynamodb": {"model": "m", "endpoint": server.url, "region": "eu-west-1"}})
            .to_string(),
    );
    let entry: Entry = entries.unwrap().remove("dynamodb").unwrap();
    let credentials = Credentials {
        access_key_id: "AKIDOWN".to_owned(),
        secret_access_key: "hush".to_owned(),
        session_token: None,
    };
    let service = Forwarded::new("dynamodb", &entry, &model(), credentials).unwrap();
    let world = World::new(vec![Arc::new(service) as Arc<dyn Service>]).await;
    let task =
        json!({"Resource": format!("arn:aws:states:::{resource}"), "Parameters": parameters});
    world.run_task("m", task).await.0
}

#[tokio::test]
async fn calls_go_on_signed_and_answers_come_back() {
    let server = Server::answering(&[(200, r#"{"Size": "1"}"#)]).await;
    let found = run(&server, "aws-sdk:dynamodb:putItem", json!({"TableName": "t"})).await;
    assert_eq!(output(&found), json!({"Size": "1"}), "{found:#}");
    let got = server.got().remove(0).to_lowercase();
    assert!(got.contains("x-amz-target: dynamodb_20120810.putitem"), "{got}");
    assert!(
        got.contains("credential=akidown/") && got.contains("/eu-west-1/dynamodb/aws4_request"),
        "{got}"
    );
    assert!(got.ends_with(r#"{"tablename":"t"}"#) && !got.contains("hush"), "{got}");
    let server = Server::answering(&[(200, "{}")]).await;
    let found = run(&server, "dynamodb:putItem", json!({"TableName": "t"})).await;
    assert_eq!(output(&found)["SdkHttpMetadata"]["HttpStatusCode"], 200, "{found:#}");
}

#[tokio::test]
async fn refusals_have_the_names_that_step_functions_gives_them() {
    let body = r#"{"__type": "com.amazonaws.dynamodb.v20120810#ResourceNotFoundException", "message": "no such table"}"#;
    let server = Server::answering(&[(400, body)]).await;
    for (resource, error) in [
        ("aws-sdk:dynamodb:putItem", "DynamoDb.ResourceNotFoundException"),
        ("dynamodb:putItem", "DynamoDB.ResourceNotFoundException"),
    ] {
        let found = run(&server, resource, json!({"TableName": "t"})).await;
        assert_eq!(found["error"], error, "{found:#}");
        assert!(
            found["cause"].as_str().unwrap().starts_with("no such table (Service: "),
            "{found:#}"
        );
    }
    for resource in ["aws-sdk:dynamodb:scan", "dynamodb:putItem.sync", "aws-sdk:glue:startJobRun"] {
        let found = run(&server, resource, json!({"TableName": "t"})).await;
        assert_eq!(found["error"], "States.Runtime", "{found:#}");
        assert!(found["cause"].as_str().unwrap().contains("refit does not implement"), "{found:#}");
    }
}

#[test]
fn configurations_are_read_strictly() {
    for text in
        ["", "[]", r#"{"a": {}}"#, r#"{"a": {"model": "m", "endpoint": "e", "secret": "s"}}"#]
    {
        assert!(forward::read(text).is_err(), "{text}");
    }
    let entry = |endpoint: &str| Entry {
        model: String::new(),
        endpoint: endpoint.to_owned(),
        region: None,
        profile: None,
    };
    let none = || Credentials {
        access_key_id: String::new(),
        secret_access_key: String::new(),
        session_token: None,
    };
    assert!(Forwarded::new("a", &entry("http://example.com"), &model(), none()).is_err());
    assert!(Forwarded::new("a", &entry("https://example.com"), "{}", none()).is_err());
    assert!(Forwarded::new("a", &entry("https://example.com/base/"), &model(), none()).is_ok());
}
