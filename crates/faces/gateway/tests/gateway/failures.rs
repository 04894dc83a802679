//! What is asked wrongly, and how it is answered.

use crate::world::{Answer, KEY, SECRET, Signed, World};
use serde_json::{Value, json};

const FORM: (&str, &str) = ("Content-Type", "application/x-www-form-urlencoded");
const JSON: (&str, &str) = ("Content-Type", "application/x-amz-json-1.0");

fn target(name: &str) -> (&'static str, String) {
    ("X-Amz-Target", format!("AmazonSQS.{name}"))
}

/// The code of an error, by the protocol's shape.
fn code(answer: &Answer) -> String {
    assert!(answer.head.to_lowercase().contains("x-amzn-requestid: "), "{answer:?}");
    if answer.body.starts_with('<') {
        let (_, rest) = answer.body.split_once("<Code>").unwrap();
        assert!(answer.body.contains("<RequestId>"), "{answer:?}");
        return format!("xml {}", rest.split('<').next().unwrap());
    }
    let body: Value = serde_json::from_str(&answer.body).unwrap_or_else(|_| panic!("{answer:?}"));
    format!("json {}", body["__type"].as_str().unwrap().rsplit('#').next().unwrap())
}

/// Path, headers and body of a request; status and code of its answer.
type Case<'a> = (&'a str, Vec<(&'a str, &'a str)>, &'a str, u16, &'a str);

#[tokio::test]
async fn in_the_protocols_shape() {
    let world = World::new(true).await;
    let (list, nothing) = (target("ListQueues"), target("Nothing"));
    let (list, nothing) = ((list.0, list.1.as_str()), (nothing.0, nothing.1.as_str()));
    let dynamo = ("X-Amz-Target", "DynamoDB_20120810.ListTables");
    let iam = "&Version=2010-05-08";
    let long = format!("Action={}{iam}", "x".repeat(100_000));
    let nested = format!("{{\"a\":{}1{}}}", "[".repeat(10_000), "]".repeat(10_000));
    let cases: Vec<Case> = vec![
        ("/", vec![JSON, list], "{}", 200, ""),
        ("/", vec![JSON, nothing], "{}", 400, "json UnknownOperationException"),
        ("/", vec![JSON, list], "{", 400, "json SerializationException"),
        ("/", vec![JSON, list], "[]", 400, "json"),
        ("/", vec![JSON, list], &nested, 400, "json"),
        ("/", vec![JSON, list], "\u{0}", 400, "json SerializationException"),
        ("/", vec![JSON, list], r#"{"MaxResults": "x"}"#, 400, "json"),
        ("/", vec![list], "{}", 200, ""),
        ("/", vec![JSON, ("X-Amz-Target", "AmazonSQS")], "{}", 0, ""),
        ("/", vec![JSON, dynamo], "{}", 404, "json UnknownOperationException"),
        ("/", vec![FORM], "Action=ListUsers&Version=2010-05-08", 200, ""),
        ("/", vec![FORM], "Action=Nothing&Version=2010-05-08", 400, "xml InvalidAction"),
        ("/", vec![FORM], "Version=2010-05-08", 400, "xml"),
        ("/", vec![FORM], "Action=ListUsers&Version=1999-01-01", 404, "xml"),
        ("/", vec![FORM], "%%%=%&&&=&Action=%ff", 404, "xml"),
        ("/", vec![FORM], "", 404, "xml"),
        ("/", vec![FORM], &long, 400, "xml"),
        (
            "/",
            vec![FORM],
            "Action=GetUser&Version=2010-05-08&UserName=absent",
            404,
            "xml NoSuchEntity",
        ),
        (
            "/",
            vec![FORM],
            "Action=Publish&Version=2010-03-31&Message=x&TopicArn=arn%3Ax",
            400,
            "xml InvalidParameter",
        ),
    ];
    for (path, headers, body, status, expected) in cases {
        let answer = world.send("POST", path, &headers, body).await;
        let shown: String = body.chars().take(80).collect();
        if status == 0 {
            assert!(answer.status > 0, "{answer:?}");
            continue;
        }
        assert_eq!(answer.status, status, "{headers:?} {shown}: {answer:?}");
        if status != 200 {
            assert!(code(&answer).starts_with(expected), "{shown}: {answer:?}");
        }
    }
}

#[tokio::test]
async fn a_store_that_is_behind_gets_no_more_work() {
    let world = World::new(true).await;
    let list = target("ListQueues");
    let json_request: &[(&str, &str)] = &[JSON, (list.0, list.1.as_str())];
    for is_behind in [true, false] {
        world.store.fall_behind(is_behind);
        let answer = world.send("POST", "/", json_request, "{}").await;
        assert_eq!(answer.status, if is_behind { 400 } else { 200 }, "{answer:?}");
        assert!(!is_behind || code(&answer) == "json ThrottlingException", "{answer:?}");
        let health = b"GET /_refit/health HTTP/1.1\r\nHost: localhost\r\n\r\n";
        assert_eq!(world.raw(health).await.status, 200, "how it stands can be asked");
    }
}

#[tokio::test]
async fn signatures() {
    let world = World::new(false).await;
    let list = target("ListQueues");
    let json_request: &[(&str, &str)] = &[JSON, (list.0, list.1.as_str())];
    let sqs = Signed::for_service("sqs");
    let iam = Signed::for_service("iam");
    let users = "Action=ListUsers&Version=2010-05-08";
    let minutes = 60_000;
    let cases = [
        (sqs, 200, "", ""),
        (iam, 200, "", ""),
        (Signed { key: "AKIANOBODY", ..sqs }, 400, "json UnrecognizedClientException", ""),
        (Signed { key: "AKIANOBODY", ..iam }, 403, "xml InvalidClientTokenId", ""),
        (Signed { secret: "wrong", ..sqs }, 400, "json InvalidSignatureException", ""),
        (Signed { secret: "wrong", ..iam }, 403, "xml SignatureDoesNotMatch", ""),
        (Signed { off_ms: -6 * minutes, ..sqs }, 400, "json InvalidSignatureException", "expired"),
        (
            Signed { off_ms: 6 * minutes, ..iam },
            403,
            "xml SignatureDoesNotMatch",
            "not yet current",
        ),
        (Signed { region: "", ..sqs }, 400, "json InvalidSignatureException", "valid region"),
        (
            Signed { region: "eu:west", ..sqs },
            400,
            "json InvalidSignatureException",
            "valid region",
        ),
        (Signed { region: "EU*", ..iam }, 403, "xml SignatureDoesNotMatch", "valid region"),
        (
            Signed { key: "ASIAEXPIRED", token: Some("token"), ..sqs },
            400,
            "json ExpiredTokenException",
            "",
        ),
        (Signed { key: "ASIASESSION", token: Some("token"), ..sqs }, 200, "", ""),
        (
            Signed { key: "ASIASESSION", token: Some("other"), ..sqs },
            400,
            "json UnrecognizedClientException",
            "",
        ),
        (Signed { key: "ASIASESSION", ..sqs }, 400, "json UnrecognizedClientException", ""),
        (Signed { key: "AKIABROKEN", ..sqs }, 500, "json InternalFailure", ""),
        (Signed { service: "dynamodb", ..iam }, 404, "xml UnknownOperationException", "dynamodb"),
    ];
    for (signed, status, expected, text) in cases {
        let answer = if signed.service == "sqs" {
            world.signed(&signed, "/", json_request, "{}").await
        } else {
            world.signed(&signed, "/", &[FORM], users).await
        };
        assert_eq!(answer.status, status, "{answer:?}");
        if status != 200 {
            assert_eq!(code(&answer), expected);
        }
        assert!(answer.body.contains(text) && !answer.body.contains(SECRET), "{answer:?}");
    }
}

#[tokio::test]
async fn signed_for_another_service_or_not_at_all() {
    let world = World::new(false).await;
    let list = target("ListQueues");
    let json_request: &[(&str, &str)] = &[JSON, (list.0, list.1.as_str())];
    let users = "Action=ListUsers&Version=2010-05-08";
    let iam = Signed::for_service("iam");
    // A target of one service in a request that was signed for another.
    let answer = world.signed(&iam, "/", json_request, "{}").await;
    assert_eq!((answer.status, code(&answer).as_str()), (400, "json InvalidSignatureException"));
    assert!(answer.body.contains("correct service: 'sqs'"), "{answer:?}");

    let answer = world.send("POST", "/", json_request, "{}").await;
    assert_eq!(code(&answer), "json MissingAuthenticationTokenException");
    let answer = world.send("POST", "/", &[FORM], users).await;
    assert_eq!((answer.status, code(&answer).as_str()), (403, "xml MissingAuthenticationToken"));
    for authorization in [
        "",
        "AWS4-HMAC-SHA256",
        "AWS4-HMAC-SHA256 Credential=",
        "Bearer x",
        "AWS4-HMAC-SHA256 Credential=a/b/c/sqs/aws4_request, SignedHeaders=, Signature=é",
    ] {
        let headers = [json_request[0], json_request[1], ("Authorization", authorization)];
        let answer = world.send("POST", "/", &headers, "{}").await;
        assert!((400..404).contains(&answer.status), "{authorization}: {answer:?}");
        code(&answer);
    }
}

#[tokio::test]
async fn presigned_queries() {
    let world = World::new(false).await;
    let mut parts = wire::HttpRequestParts {
        method: "GET".to_owned(),
        path: "/".to_owned(),
        query: "Action=GetCallerIdentity&Version=2011-06-15".to_owned(),
        ..wire::HttpRequestParts::default()
    };
    parts.headers.set("Host", world.address.as_str());
    let credentials = client::Credentials {
        access_key_id: KEY.to_owned(),
        secret_access_key: SECRET.to_owned(),
        session_token: None,
    };
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    let now_ms = now.as_millis() as i64;
    wire::sigv4::presign(&mut parts, &credentials, "us-east-1", "sts", now_ms, 60).unwrap();
    let answer = world.send("GET", &parts.path_and_query(), &[], "").await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let forged = parts.path_and_query().replace("X-Amz-Expires=60", "X-Amz-Expires=61");
    let answer = world.send("GET", &forged, &[], "").await;
    assert_eq!(answer.status, 403, "{answer:?}");
}

#[tokio::test]
async fn too_large() {
    let world = World::new(false).await;
    let list = target("ListQueues");
    let body = "x".repeat(1024 * 1024 + 1);
    let answer = world.send("POST", "/", &[JSON, (list.0, &list.1)], &body).await;
    // The client may still be writing when the answer comes.
    if answer.status != 0 {
        assert_eq!(
            (answer.status, code(&answer).as_str()),
            (413, "json RequestEntityTooLargeException")
        );
    }
}

#[tokio::test]
async fn other_methods_and_paths() {
    let world = World::new(true).await;
    for (method, path, status) in [
        ("OPTIONS", "/", 200),
        ("HEAD", "/bucket", 200),
        ("GET", "/_refit/health", 200),
        ("GET", "/_refit/", 404),
        ("GET", "/_refit//_refit/health", 404),
        ("GET", "/_refit/../../etc/passwd", 404),
        ("PATCH", "/2015-03-31/functions", 404),
        ("BREW", "/", 200),
        ("GET", "/panic", 500),
        ("GET", "/after", 200),
    ] {
        let answer = world.send(method, path, &[], "").await;
        assert_eq!(answer.status, status, "{method} {path}: {answer:?}");
    }
}

#[tokio::test]
async fn real_calls() {
    let world = World::new(false).await;
    let client = world.client();
    let created =
        client.call(sqs::model(), "CreateQueue", json!({"QueueName": "q"})).await.unwrap();
    let sent = json!({"QueueUrl": created["QueueUrl"], "MessageBody": "é\u{1f600}"});
    client.call(sqs::model(), "SendMessage", sent).await.unwrap();
    let received = json!({"QueueUrl": created["QueueUrl"]});
    let received = client.call(sqs::model(), "ReceiveMessage", received).await.unwrap();
    assert_eq!(received["Messages"][0]["Body"], "é\u{1f600}");
    // Query requests have a body of lists and maps.
    let tags = json!([{"Key": "a b&c=", "Value": "é"}]);
    let topic = json!({"Name": "t", "Tags": tags, "Attributes": {"DisplayName": "x y"}});
    let topic = client.call(sns::model(), "CreateTopic", topic).await.unwrap();
    let arn = topic["TopicArn"].as_str().unwrap();
    assert!(arn.starts_with("arn:aws:sns:eu-west-1:"), "{arn}");
    let entry = json!({"Id": "1", "Message": "m", "MessageAttributes": {"n": {"DataType": "Number", "StringValue": "1"}}});
    let batch =
        json!({"TopicArn": arn, "PublishBatchRequestEntries": [entry, {"Id": "2", "Message": ""}]});
    let batch = client.call(sns::model(), "PublishBatch", batch).await.unwrap();
    assert_eq!(
        (&batch["Successful"][0]["Id"], &batch["Failed"][0]["Id"]),
        (&json!("1"), &json!("2"))
    );
    let listed =
        client.call(sns::model(), "ListTagsForResource", json!({"ResourceArn": arn})).await;
    assert_eq!(listed.unwrap()["Tags"], tags);
    let attributes =
        client.call(sns::model(), "GetTopicAttributes", json!({"TopicArn": arn})).await;
    assert_eq!(attributes.unwrap()["Attributes"]["DisplayName"], "x y");
    let error = client
        .call(sns::model(), "Publish", json!({"TopicArn": format!("{arn}x"), "Message": "m"}))
        .await;
    assert_eq!(error.unwrap_err().code(), Some("NotFound"));
}
