//! What IAM is asked, and what its refusals look like.

use crate::world::{ACCOUNT, Allow, World, user};
use bytes::Bytes;
use http::Request;
use serde_json::json;
use service::{Objects as _, Principal};
use std::sync::Arc;

#[tokio::test]
async fn the_questions() {
    let world = World::with(Arc::new(Allow(vec![
        "s3:GetObject arn:aws:s3:::data/a",
        "s3:PutObject arn:aws:s3:::data/b",
        "s3:ListBucket arn:aws:s3:::open",
        "s3:GetObject arn:aws:s3:::open/none",
    ])));
    world.bucket("data", &["a", "c"]).await;
    world.bucket("open", &[]).await;
    let at = |bucket: &str, key: &str| json!({"Bucket": bucket, "Key": key});
    for (operation, input, expected) in [
        ("GetObject", at("data", "a"), "ok"),
        ("GetObject", at("data", "c"), "AccessDenied"),
        // Who may not list learns nothing about what is there.
        ("GetObject", at("data", "none"), "AccessDenied"),
        ("GetObject", at("open", "none"), "NoSuchKey"),
        ("CopyObject", json!({"Bucket": "data", "Key": "b", "CopySource": "data/a"}), "ok"),
        (
            "CopyObject",
            json!({"Bucket": "data", "Key": "b", "CopySource": "data/c"}),
            "AccessDenied",
        ),
        ("ListObjectsV2", json!({"Bucket": "data"}), "AccessDenied"),
        ("ListBuckets", json!({}), "AccessDenied"),
    ] {
        let answer = world.call_as(user(), operation, input.clone()).await;
        let found = answer.map_or_else(|error| error.code, |_| "ok".to_owned());
        assert!(found.starts_with(expected), "{operation} {input}: {found}");
    }
    assert!(world.s3.file(&user(), "data", "a").await.is_ok());
    assert_eq!(world.s3.file(&user(), "data", "c").await.unwrap_err().code, "AccessDenied");
    assert_eq!(world.s3.list(&user(), "data", "").await.unwrap_err().code, "AccessDenied");
    let source = world.s3.file(&user(), "data", "a").await.unwrap();
    assert!(world.s3.put_file(&user(), "data", "b", &source).await.is_ok());
    let denied = world.s3.put_file(&user(), "data", "c", &source).await.unwrap_err();
    assert_eq!((denied.code.as_str(), denied.status), ("AccessDenied", 403));
}

#[tokio::test]
async fn bucket_policies_reach_iam_and_nobody_is_nobody() {
    let world = World::with(Arc::new(Allow(vec![])));
    world.bucket("data", &["a"]).await;
    let get = || Request::get("/data/a").header("host", "localhost").body(Bytes::new()).unwrap();
    let denied = world.answer(false, get()).await;
    assert_eq!(denied.status, 403);
    assert_eq!(denied.element("Code"), "AccessDenied");
    let policy = r#"{"Statement":{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::data/*"}}"#;
    let input = json!({"Bucket": "data", "Policy": policy});
    world.call_as(Principal::root(ACCOUNT), "PutBucketPolicy", input).await.unwrap();
    assert_eq!(world.answer(false, get()).await.text(), "a");
    assert!(
        world.call_as(user(), "GetObject", json!({"Bucket": "data", "Key": "a"})).await.is_ok()
    );
}

#[tokio::test]
async fn many_deletions_are_asked_one_by_one() {
    let world = World::with(Arc::new(Allow(vec!["s3:DeleteObject arn:aws:s3:::data/a"])));
    world.bucket("data", &["a", "b"]).await;
    let body = "<Delete><Object><Key>a</Key></Object><Object><Key>b</Key></Object></Delete>";
    let mut parts = wire::HttpRequestParts {
        method: "POST".to_owned(),
        path: "/data".to_owned(),
        query: "delete=".to_owned(),
        headers: [("host", "localhost")].into_iter().collect(),
        body: body.as_bytes().to_vec(),
    };
    let credentials = wire::sigv4::Credentials {
        access_key_id: "ASIAUSER".to_owned(),
        secret_access_key: "secret".to_owned(),
        session_token: Some("token".to_owned()),
    };
    let now_ms = world.kit.clock.now_ms();
    wire::sigv4::sign(&mut parts, &credentials, "us-east-1", "s3", now_ms).unwrap();
    let mut request = Request::post("/data?delete=").header("content-length", body.len());
    for (name, value) in parts.headers.iter() {
        request = request.header(name, value);
    }
    let answer = world.answer(false, request.body(Bytes::from(parts.body)).unwrap()).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let text = answer.text();
    assert!(text.contains("<Deleted><Key>a</Key>"), "{text}");
    assert!(text.contains("<Error><Code>AccessDenied</Code><Key>b</Key>"), "{text}");
    assert_eq!(world.send("HEAD /data/a", &[], "").await.status, 404);
    assert_eq!(world.send("HEAD /data/b", &[], "").await.status, 200);
}
