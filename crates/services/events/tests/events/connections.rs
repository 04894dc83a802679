//! Connections and API destinations: what they answer, what they keep, and what other people's servers get.

use crate::server::Server;
use crate::world::{ACCOUNT, REGION, World, role};
use serde_json::{Value, json};
use service::{Principal, Service as _};
use std::time::Duration;
use store::{Scan, Store};

/// The authorisation of each type, with the secret word in every secret place.
fn authorisations(url: &str) -> [(&'static str, Value); 3] {
    let more = json!({
        "HeaderParameters": [{"Key": "X-More", "Value": "hush", "IsValueSecret": true}],
        "QueryStringParameters": [{"Key": "q", "Value": "shown"}],
        "BodyParameters": [{"Key": "b", "Value": "hush", "IsValueSecret": true}],
    });
    [
        (
            "BASIC",
            json!({"BasicAuthParameters": {"Username": "u", "Password": "hush"}, "InvocationHttpParameters": more}),
        ),
        (
            "API_KEY",
            json!({"ApiKeyAuthParameters": {"ApiKeyName": "X-Key", "ApiKeyValue": "hush"}, "InvocationHttpParameters": more}),
        ),
        (
            "OAUTH_CLIENT_CREDENTIALS",
            json!({
                "OAuthParameters": {
                    "ClientParameters": {"ClientID": "c", "ClientSecret": "hush"}, "HttpMethod": "POST",
                    "AuthorizationEndpoint": format!("{url}/token"),
                    "OAuthHttpParameters": {"BodyParameters": [{"Key": "scope", "Value": "all"}]},
                },
                "InvocationHttpParameters": more,
            }),
        ),
    ]
}

/// Waits until the connection has left `AUTHORIZING`.
async fn settled(world: &World, name: &str) -> Value {
    for _ in 0..2_000 {
        let found = world.ok("DescribeConnection", json!({"Name": name})).await;
        if found["ConnectionState"] != "AUTHORIZING" {
            return found;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("{name} stays unauthorised");
}

async fn parameters(world: &World, arn: &str) -> service::ConnectionParameters {
    let ctx = world.kit.ctx(Principal::root(ACCOUNT), REGION);
    events::Events.connection(&ctx, arn, false).await.unwrap()
}

#[tokio::test]
async fn secrets_go_to_requests_alone() {
    let server =
        Server::answering(&[(200, r#"{"access_token": "bearer-hush", "expires_in": 3600}"#)]).await;
    let world = World::new().await;
    let expected = ["Basic dTpodXNo", "hush", "Bearer bearer-hush"];
    for ((kind, given), expected) in authorisations(&server.url).into_iter().zip(expected) {
        let input = json!({"Name": kind, "AuthorizationType": kind, "AuthParameters": given});
        let made = world.ok("CreateConnection", input.clone()).await;
        let found = settled(&world, kind).await;
        assert_eq!(found["ConnectionState"], "AUTHORIZED", "{found}");
        let listed = world.ok("ListConnections", json!({"NamePrefix": kind})).await;
        for answer in [&made, &found, &listed] {
            assert!(!answer.to_string().contains("hush"), "{answer}");
        }
        assert!(found["SecretArn"].as_str().unwrap().contains(":secret:events!connection/"));
        assert_eq!(
            found["AuthParameters"]["InvocationHttpParameters"]["QueryStringParameters"][0]["Value"],
            "shown"
        );
        let got = parameters(&world, made["ConnectionArn"].as_str().unwrap()).await;
        assert!(got.headers.iter().any(|(_, value)| value == expected), "{kind}");
        assert!(got.headers.contains(&("X-More".to_owned(), "hush".to_owned())));
        assert_eq!(got.body, [("b".to_owned(), "hush".to_owned())]);
        assert!(!format!("{got:?}").contains("hush"));
        let again = world.call("CreateConnection", input).await.unwrap_err();
        assert_eq!(again.code, "ResourceAlreadyExistsException");
    }
    // One request was enough for the token.
    let got = server.got();
    assert_eq!(got.len(), 1);
    assert!(
        got[0].contains("authorization: Basic Yzpod")
            && got[0].ends_with("grant_type=client_credentials&scope=all"),
        "{}",
        got[0]
    );
}

#[tokio::test]
async fn connections_change_and_go() {
    let server = Server::answering(&[(401, "{}")]).await;
    let world = World::new().await;
    let [(_, basic), (_, key), (oauth_type, oauth)] = authorisations(&server.url);
    world
        .ok(
            "CreateConnection",
            json!({"Name": "c", "AuthorizationType": "BASIC", "AuthParameters": basic}),
        )
        .await;
    let arn = world.ok("DescribeConnection", json!({"Name": "c"})).await["ConnectionArn"]
        .as_str()
        .unwrap()
        .to_owned();
    // What is not given stays, the password too.
    world.ok("UpdateConnection", json!({"Name": "c", "Description": "d", "AuthParameters": {"BasicAuthParameters": {"Username": "v"}}})).await;
    let got = parameters(&world, &arn).await;
    assert!(got.headers.contains(&(
        "Authorization".to_owned(),
        format!("Basic {}", service::base64_text(b"v:hush"))
    )));
    for (given, what) in [(key, "requires BasicAuthParameters"), (json!({}), "requires")] {
        let input = json!({"Name": "x", "AuthorizationType": "BASIC", "AuthParameters": given});
        let error = world.call("CreateConnection", input).await.unwrap_err();
        assert!(error.code == "ValidationException" && error.message.contains(what), "{error:?}");
    }
    world
        .ok(
            "UpdateConnection",
            json!({"Name": "c", "AuthorizationType": oauth_type, "AuthParameters": oauth}),
        )
        .await;
    let found = settled(&world, "c").await;
    assert_eq!(found["ConnectionState"], "DEAUTHORIZED", "{found}");
    assert_eq!(found["StateReason"], "the authorization endpoint answers 401");
    let ctx = world.kit.ctx(Principal::root(ACCOUNT), REGION);
    let refused = events::Events.connection(&ctx, &arn, false).await.unwrap_err();
    assert_eq!(refused.code, "InvalidConnectionState");
    let gone = world.ok("DeauthorizeConnection", json!({"Name": "c"})).await;
    assert_eq!(gone["ConnectionState"], "DEAUTHORIZING");
    assert_eq!(world.count("events/connection-secret").await, 0);
    world.ok("DeleteConnection", json!({"Name": "c"})).await;
    let absent = world.call("DescribeConnection", json!({"Name": "c"})).await.unwrap_err();
    assert_eq!(
        (absent.code.as_str(), absent.message.as_str()),
        (
            "ResourceNotFoundException",
            "Failed to describe the connection(s). Connection 'c' does not exist."
        )
    );
    for name in ["events/connection", "events/connection-secret", "work"] {
        let left = world.store.scan(Scan::of(name, "", 10)).await.unwrap();
        assert!(left.records.is_empty(), "{name}");
    }
}

#[tokio::test]
async fn events_go_to_api_destinations() {
    let server = Server::answering(&[(500, ""), (200, "{}")]).await;
    let world = World::new().await;
    let [(_, basic), ..] = authorisations(&server.url);
    let made = world
        .ok(
            "CreateConnection",
            json!({"Name": "c", "AuthorizationType": "BASIC", "AuthParameters": basic}),
        )
        .await;
    let endpoint = format!("{}/*/items?v=1", server.url);
    let input = json!({"Name": "d", "ConnectionArn": made["ConnectionArn"], "InvocationEndpoint": endpoint, "HttpMethod": "PUT"});
    let destination = world.ok("CreateApiDestination", input.clone()).await;
    assert_eq!(destination["ApiDestinationState"], "ACTIVE");
    assert_eq!(
        world.call("CreateApiDestination", input).await.unwrap_err().message,
        "An api-destination 'd' already exists."
    );
    world
        .ok("UpdateApiDestination", json!({"Name": "d", "Description": "x", "HttpMethod": "POST"}))
        .await;
    let found = world.ok("DescribeApiDestination", json!({"Name": "d"})).await;
    assert_eq!((&found["HttpMethod"], &found["Description"]), (&json!("POST"), &json!("x")));
    assert_eq!(world.ok("ListApiDestinations", json!({})).await["ApiDestinations"][0]["Name"], "d");
    let target = json!({
        "Id": "t", "Arn": destination["ApiDestinationArn"], "RoleArn": role(), "Input": "{\"own\":1}",
        "HttpParameters": {"PathParameterValues": ["a/b"], "HeaderParameters": {"X-Own": "1", "x-more": "lost"}, "QueryStringParameters": {"w": "2"}},
    });
    world.rule(json!({"Name": "r", "EventPattern": "{\"source\":[\"s\"]}"}), json!([target])).await;
    world
        .ok("PutEvents", json!({"Entries": [{"Source": "s", "DetailType": "t", "Detail": "{}"}]}))
        .await;
    for _ in 0..2_000 {
        if server.got().len() == 2 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let got = server.got();
    assert_eq!(got.len(), 2, "the refused request is sent again");
    assert!(got[1].starts_with("POST /a%2Fb/items?v=1&w=2&q=shown HTTP/1.1"), "{}", got[1]);
    let lower = got[1].to_lowercase();
    for part in
        ["x-own: 1", "x-more: hush", "authorization: basic dtpodxno", r#"{"own":1,"b":"hush"}"#]
    {
        assert!(lower.contains(part), "{part} in {}", got[1]);
    }
    world.ok("DeleteConnection", json!({"Name": "c"})).await;
    assert_eq!(
        world.ok("DescribeApiDestination", json!({"Name": "d"})).await["ApiDestinationState"],
        "INACTIVE"
    );
    world.ok("DeleteApiDestination", json!({"Name": "d"})).await;
    assert_eq!(
        world.call("DescribeApiDestination", json!({"Name": "d"})).await.unwrap_err().code,
        "ResourceNotFoundException"
    );
    let insecure = json!({"Name": "e", "ConnectionArn": made["ConnectionArn"], "InvocationEndpoint": "http://example.com/", "HttpMethod": "PUT"});
    assert_eq!(
        world.call("CreateApiDestination", insecure).await.unwrap_err().code,
        "ValidationException"
    );
}
