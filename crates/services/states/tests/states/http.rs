//! HTTP tasks against a server of the test's own.

use crate::server::Server;
use crate::world::{World, holds, output, types};
use serde_json::{Value, json};
use service::{
    Access, AwsError, ConnectionParameters, Ctx, OpenDoor, OperationFuture, Principal, Row, Service,
};
use std::sync::Arc;
use store::MemoryStore;
use wire::Model;

const CONNECTION: &str = "arn:aws:events:us-east-1:000000000000:connection/c/1";

/// EventBridge with one connection, whose token is renewed on demand.
struct Connections(Model);

#[async_trait::async_trait]
impl Service for Connections {
    fn name(&self) -> &'static str {
        "events"
    }

    fn model(&self) -> &Model {
        &self.0
    }

    fn operation(&self, _: &str) -> Option<Row> {
        None
    }

    fn run<'a>(&'a self, _: &'a Ctx, operation: &str, _: Value) -> OperationFuture<'a> {
        let error = AwsError::not_implemented(operation);
        Box::pin(async move { Err(error) })
    }

    async fn connection(
        &self,
        ctx: &Ctx,
        arn: &str,
        renew: bool,
    ) -> Result<ConnectionParameters, AwsError> {
        assert!(ctx.principal.arn.contains("assumed-role"), "{}", ctx.principal.arn);
        if arn != CONNECTION {
            return Err(AwsError::new("ResourceNotFoundException", "no such connection"));
        }
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let token = if renew { "Bearer new-hush" } else { "Bearer old-hush" };
        Ok(ConnectionParameters {
            headers: vec![pair("Authorization", token)],
            query: vec![pair("key", "hush")],
            body: vec![pair("member", "hush")],
            is_renewable: true,
        })
    }
}

async fn world() -> World {
    let model = include_str!("../../../events/model.json");
    World::new(vec![Arc::new(Connections(Model::parse(model).unwrap()))]).await
}

fn task(url: &str, more: Value) -> Value {
    let mut parameters = json!({
        "ApiEndpoint": url, "Method": "POST", "InvocationConfig": {"ConnectionArn": CONNECTION},
    });
    let more = more.as_object().unwrap().clone();
    parameters.as_object_mut().unwrap().extend(more);
    json!({"Resource": "arn:aws:states:::http:invoke", "Parameters": parameters})
}

#[tokio::test]
async fn answers_are_results() {
    let server = Server::answering(&[(200, r#"{"a": 1}"#)]).await;
    let more = json!({
        "Headers": {"X-Own": "1", "authorization2": "x"}, "QueryParameters": {"q": [1, "b c"]},
        "RequestBody": {"list": [1, 2]},
        "Transform": {"RequestBodyEncoding": "URL_ENCODED", "RequestEncodingOptions": {"ArrayFormat": "BRACKETS"}},
    });
    let (found, history) =
        world().await.run_task("m", task(&format!("{}/p", server.url), more)).await;
    let expected = json!({
        "Headers": {"content-type": ["application/json"]}, "ResponseBody": {"a": 1},
        "StatusCode": 200, "StatusText": "Said",
    });
    assert!(holds(&output(&found), &expected), "{found:#}");
    assert!(types(&history).contains(&"TaskSucceeded"));
    assert!(!json!(history).to_string().contains("hush"), "secrets stay out of the history");
    let got = &server.got()[0];
    let (head, body) = got.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("POST /p?q=1&q=b%20c&key=hush HTTP/1.1"), "{head}");
    assert_eq!(body, "list%5B%5D=1&list%5B%5D=2&member=hush");
    let lower = head.to_lowercase();
    for header in [
        "x-own: 1",
        "authorization: bearer old-hush",
        "content-type: application/x-www-form-urlencoded",
        "user-agent: amazon|stepfunctions|httpinvoke|us-east-1",
        "range: bytes=0-262144",
    ] {
        assert!(lower.contains(header), "{header} in {head}");
    }
}

#[tokio::test]
async fn statuses_and_silence_are_errors() {
    let world = world().await;
    let cases = [
        (404, r#"{"message": "no"}"#, "States.Http.StatusCode.404", r#"{"message": "no"}"#),
        (503, "", "States.Http.StatusCode.503", "Said"),
        (302, "", "States.Http.StatusCode.302", "Said"),
    ];
    for (number, (status, body, error, cause)) in cases.into_iter().enumerate() {
        let server = Server::answering(&[(status, body)]).await;
        let (found, history) =
            world.run_task(&format!("m{number}"), task(&server.url, json!({}))).await;
        assert_eq!((&found["error"], &found["cause"]), (&json!(error), &json!(cause)));
        assert!(types(&history).contains(&"TaskFailed"), "{history:#?}");
    }
    let (found, _) = world.run_task("nobody", task("http://127.0.0.1:1/", json!({}))).await;
    assert_eq!(found["error"], "States.Http.Socket", "{found:#}");
    let long = "x".repeat(262_145);
    let server = Server::answering(&[(200, &long)]).await;
    let (found, _) = world.run_task("long", task(&server.url, json!({}))).await;
    assert_eq!(found["error"], "States.DataLimitExceeded", "{found:#}");
}

#[tokio::test]
async fn a_refused_token_is_renewed_once() {
    let server = Server::answering(&[(401, "{}"), (200, "{}")]).await;
    let world = world().await;
    let (found, _) = world.run_task("m", task(&server.url, json!({}))).await;
    assert_eq!(found["status"], "SUCCEEDED", "{found:#}");
    assert!(server.got()[1].contains("Bearer new-hush"));
    let server = Server::answering(&[(401, "{}")]).await;
    let (found, _) = world.run_task("n", task(&server.url, json!({}))).await;
    assert_eq!(found["error"], "States.Http.StatusCode.401");
    assert_eq!(server.got().len(), 2);
}

#[tokio::test]
async fn what_cannot_be_asked_fails() {
    let world = world().await;
    for (name, more, error, part) in [
        (
            "a",
            json!({"InvocationConfig": {"ConnectionArn": "arn:x"}}),
            "Events.ConnectionResource.ResourceNotFound",
            "no such connection",
        ),
        (
            "b",
            json!({"ApiEndpoint": "http://example.com/"}),
            "States.Runtime",
            "is not an https address",
        ),
        (
            "c",
            json!({"Headers": {"Host": "x"}}),
            "States.Runtime",
            "\"Headers.Host\" is not supported",
        ),
        ("d", json!({"RequestBody": "text"}), "States.Runtime", "must be a JSON object"),
    ] {
        let (found, _) = world.run_task(name, task("http://127.0.0.1:1/", more)).await;
        assert_eq!(found["error"], error, "{found:#}");
        assert!(found["cause"].as_str().unwrap().contains(part), "{found:#}");
    }
}

/// Lets everything pass but calls of one address.
struct NoCalls;

#[async_trait::async_trait]
impl service::Authoriser for NoCalls {
    async fn authorise(&self, access: &Access<'_>) -> Result<(), AwsError> {
        if access.action != "states:InvokeHTTPEndpoint" {
            return Ok(());
        }
        assert!(access.resource.ends_with(":stateMachine:m"), "{}", access.resource);
        assert!(
            access.context.contains(&("states:HTTPMethod".to_owned(), vec!["POST".to_owned()]))
        );
        Err(AwsError::new("AccessDeniedException", "not this address"))
    }

    async fn assume(
        &self,
        role_arn: &str,
        service: &str,
        session: &str,
        source_arn: Option<&str>,
    ) -> Result<Principal, AwsError> {
        OpenDoor.assume(role_arn, service, session, source_arn).await
    }

    async fn credentials(&self, _: &Principal, _: i64) -> Result<Vec<(String, String)>, AwsError> {
        Ok(Vec::new())
    }
}

#[tokio::test]
async fn the_role_must_be_allowed_to_call() {
    let model = include_str!("../../../events/model.json");
    let events = Arc::new(Connections(Model::parse(model).unwrap()));
    let world = World::over(MemoryStore::new(), vec![events], Arc::new(NoCalls)).await;
    let (found, _) = world.run_task("m", task("http://127.0.0.1:1/", json!({}))).await;
    assert_eq!(
        (&found["error"], &found["cause"]),
        (&json!("States.Permissions"), &json!("not this address"))
    );
}

#[tokio::test]
async fn trials_show_the_exchange() {
    let server = Server::answering(&[(200, r#"{"a": 1}"#)]).await;
    let world = world().await;
    let mut state = task(&server.url, json!({"RequestBody": {"own": 1}}));
    state["Type"] = json!("Task");
    state["End"] = json!(true);
    for (reveal, is_shown) in [(false, false), (true, true)] {
        let input = json!({
            "definition": state.to_string(), "roleArn": crate::world::ROLE,
            "inspectionLevel": "TRACE", "revealSecrets": reveal,
        });
        let found = world.ok("TestState", input).await;
        let (request, response) =
            (&found["inspectionData"]["request"], &found["inspectionData"]["response"]);
        assert_eq!(
            (&request["method"], &response["statusCode"]),
            (&json!("POST"), &json!("200")),
            "{found:#}"
        );
        assert_eq!(found.to_string().contains("hush"), is_shown, "{found:#}");
    }
}
