//! The client against servers that answer as told.

#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

use client::{Chain, Client, Credentials, Error, Surroundings};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use wire::Model;

/// What a scripted server does with one request.
enum Act {
    Answer(u16, &'static str),
    /// Closes the connection without a word.
    Break,
    /// Answers less than it promised.
    Cut,
}

/// Serves the acts in order, and answers the requests' heads.
async fn server(acts: Vec<Act>) -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let heads = seen.clone();
    tokio::spawn(async move {
        let mut acts = acts.into_iter();
        let mut connections = 0;
        while let Ok((mut stream, _)) = listener.accept().await {
            connections += 1;
            while let Some(request) = read_request(&mut stream).await {
                heads.lock().unwrap().push(format!("{connections} {request}"));
                match acts.next() {
                    None | Some(Act::Break) => break,
                    Some(Act::Answer(status, body)) => {
                        let text = format!(
                            "HTTP/1.1 {status} X\r\nContent-Length: {}\r\n\r\n{body}",
                            body.len()
                        );
                        stream.write_all(text.as_bytes()).await.unwrap();
                    }
                    Some(Act::Cut) => {
                        stream
                            .write_all(b"HTTP/1.1 200 X\r\nContent-Length: 9\r\n\r\n{")
                            .await
                            .unwrap();
                        break;
                    }
                }
            }
        }
    });
    (address, seen)
}

/// The head of a request, whose body is read too.
async fn read_request(stream: &mut tokio::net::TcpStream) -> Option<String> {
    let mut bytes = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let lower = head.to_lowercase();
            let length = lower.lines().find_map(|line| line.strip_prefix("content-length: "));
            if body.len() >= length.and_then(|length| length.parse().ok()).unwrap_or(0) {
                return Some(head.to_owned());
            }
        }
        match stream.read(&mut buffer).await {
            Ok(0) | Err(_) => return None,
            Ok(read) => bytes.extend_from_slice(&buffer[..read]),
        }
    }
}

fn model() -> Model {
    let model = json!({
        "metadata": {"apiVersion": "2026-01-01", "endpointPrefix": "toy", "protocol": "json", "jsonVersion": "1.0",
            "serviceId": "Toy", "signatureVersion": "v4", "signingName": "toy", "targetPrefix": "Toy"},
        "operations": {"Do": {"name": "Do", "http": {"method": "POST", "requestUri": "/"},
            "input": {"shape": "In"}, "output": {"shape": "Out"}}},
        "shapes": {
            "Text": {"type": "string"},
            "In": {"type": "structure", "members": {"Token": {"shape": "Text", "idempotencyToken": true}}},
            "Out": {"type": "structure", "members": {"Name": {"shape": "Text"}}},
        },
    });
    Model::parse(&model.to_string()).unwrap()
}

fn client(endpoint: &str) -> Client {
    let credentials = Credentials {
        access_key_id: "AKIA".to_owned(),
        secret_access_key: "the-secret".to_owned(),
        session_token: None,
    };
    Client::new(endpoint, "us-east-1", credentials)
}

const OK: Act = Act::Answer(200, r#"{"Name": "n"}"#);
const BUSY: &str = r#"{"__type": "ThrottlingException", "message": "slow down"}"#;
const REFUSED: &str = r#"{"__type": "x#Refused", "Message": "no"}"#;

#[tokio::test]
async fn what_is_tried_again() {
    let cases: Vec<(Vec<Act>, usize, Result<Value, &str>)> = vec![
        (vec![OK], 1, Ok(json!({"Name": "n"}))),
        (vec![Act::Answer(400, BUSY), OK], 2, Ok(json!({"Name": "n"}))),
        (vec![Act::Answer(503, ""), Act::Answer(500, "{}"), OK], 3, Ok(json!({"Name": "n"}))),
        (vec![Act::Break, OK], 2, Ok(json!({"Name": "n"}))),
        (vec![Act::Answer(400, REFUSED), OK], 1, Err("Refused")),
        (vec![Act::Answer(404, "<html>"), OK], 1, Err("")),
        ((0..9).map(|_| Act::Answer(400, BUSY)).collect(), 5, Err("ThrottlingException")),
    ];
    for (acts, requests, expected) in cases {
        let (address, seen) = server(acts).await;
        let client = client(&format!("http://{address}/"));
        let answer = client.call(&model(), "Do", json!({})).await;
        assert_eq!(seen.lock().unwrap().len(), requests, "{answer:?}");
        match (answer, expected) {
            (Ok(answer), Ok(expected)) => assert_eq!(answer, expected),
            (Err(error), Err("")) => assert!(error.code().is_some(), "{error}"),
            (Err(error), Err(code)) => assert_eq!(error.code(), Some(code)),
            (answer, expected) => panic!("{answer:?} is not {expected:?}"),
        }
    }
}

#[tokio::test]
async fn answers_that_break_off_and_servers_that_are_gone() {
    let (address, _) = server(vec![Act::Cut]).await;
    let error = client(&format!("http://{address}")).call(&model(), "Do", json!({})).await;
    assert!(matches!(error, Err(Error::Unreachable { .. })), "{error:?}");
    let (address, _) = server(vec![Act::Answer(200, "not json")]).await;
    let error = client(&format!("http://{address}")).call(&model(), "Do", json!({})).await;
    assert!(matches!(error, Err(Error::Wire { .. })), "{error:?}");

    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let gone = listener.local_addr().unwrap();
    drop(listener);
    let began = std::time::Instant::now();
    let error =
        client(&format!("http://{gone}")).call(&model(), "Do", json!({})).await.unwrap_err();
    assert_eq!(error.to_string(), format!("cannot reach http://{gone}"));
    assert!(began.elapsed().as_secs() < 2, "nobody listens: that is said at once");
    for endpoint in ["", "x", "http://", "https://127.0.0.1:1", "http://[::1", "ftp://x/é"] {
        client(endpoint).call(&model(), "Do", json!({})).await.unwrap_err();
    }
    client("x").call(&model(), "Nothing", json!({})).await.unwrap_err();
}

#[tokio::test]
async fn connections_are_reused_and_tokens_are_kept() {
    let (address, seen) = server(vec![OK, OK, Act::Answer(400, BUSY), OK]).await;
    let client = client(&format!("http://{address}"));
    for _ in 0..3 {
        client.call(&model(), "Do", json!({})).await.unwrap();
    }
    let seen = seen.lock().unwrap();
    assert!(seen.iter().all(|head| head.starts_with("1 POST / ")), "{seen:?}");
    assert!(seen.iter().all(|head| !head.contains("the-secret")));
}

#[tokio::test]
async fn an_endpoint_with_a_path() {
    let (address, seen) =
        server(vec![OK, Act::Answer(404, r#"{"__type": "NotFound", "message": "gone"}"#), OK])
            .await;
    let client = client(&format!("http://{address}/proxy/"));
    client.call(&model(), "Do", json!({})).await.unwrap();
    let error = client.own_page("work").await.unwrap_err();
    assert_eq!(error.code(), Some("NotFound"));
    assert_eq!(client.own_page("work").await.unwrap(), json!({"Name": "n"}));
    let seen = seen.lock().unwrap();
    assert!(seen[0].starts_with("1 POST /proxy/ "), "{seen:?}");
    assert!(seen[1].contains("GET /proxy/_refit/work "), "{seen:?}");
    assert!(seen[0].to_lowercase().contains(&format!("host: {address}\r\n")), "{seen:?}");
}

/// A container's credentials, which end at a given time.
macro_rules! keys {
    ($id:literal, $ends:literal) => {
        concat!(
            r#"{"AccessKeyId": ""#,
            $id,
            r#"", "SecretAccessKey": "s", "Token": "t", "Expiration": ""#,
            $ends,
            r#""}"#
        )
    };
}

/// Credentials that end soon are fetched again before a call, and those that AWS says are over at once.
#[tokio::test]
async fn temporary_credentials_are_fetched_again() {
    const OVER: &str = r#"{"__type": "ExpiredTokenException", "message": "the token has expired"}"#;
    let long = |id: &'static str| Act::Answer(200, id);
    let (container, asked) = server(vec![
        long(keys!("AKIAONE", "2020-01-01T00:00:00Z")),
        long(keys!("AKIATWO", "2199-01-01T00:00:00Z")),
        long(keys!("AKIATHREE", "2199-01-01T00:00:00Z")),
    ])
    .await;
    let (address, seen) = server(vec![OK, OK, OK, Act::Answer(400, OVER), OK]).await;
    let surroundings = Surroundings {
        variables: [(
            "AWS_CONTAINER_CREDENTIALS_FULL_URI".to_owned(),
            format!("http://{container}/keys"),
        )]
        .into(),
        home: None,
    };
    let chain = Chain { surroundings, ..Chain::default() };
    let client =
        Client::with_chain(Some(&format!("http://{address}")), "us-east-1", &chain).unwrap();
    for _ in 0..4 {
        client.call(&model(), "Do", json!({})).await.unwrap();
    }
    let seen = seen.lock().unwrap();
    let keys: Vec<&str> = seen
        .iter()
        .filter_map(|head| head.split_once("Credential=")?.1.split('/').next())
        .collect();
    assert_eq!(keys, ["AKIAONE", "AKIATWO", "AKIATWO", "AKIATWO", "AKIATHREE"]);
    assert_eq!(asked.lock().unwrap().len(), 3);
}
