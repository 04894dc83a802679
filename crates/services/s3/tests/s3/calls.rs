//! The operations as other services call them.

use crate::world::World;
use serde_json::{Value, json};
use service::{Objects as _, Principal, Service as _};
use std::sync::Arc;
use store::memory::Crash::{AfterWriting, BeforeWriting};

/// What a step must answer: members of the output, or an error's code.
enum Expect {
    Has(Value),
    Fails(&'static str),
}
use Expect::{Fails, Has};

fn holds(value: &Value, expected: &Value) -> bool {
    match (value, expected) {
        (Value::Object(value), Value::Object(expected)) => expected
            .iter()
            .all(|(key, member)| value.get(key).is_some_and(|found| holds(found, member))),
        (Value::Array(value), Value::Array(expected)) => {
            value.len() == expected.len() && value.iter().zip(expected).all(|(v, e)| holds(v, e))
        }
        _ => value == expected,
    }
}

async fn check(steps: Vec<(&str, Value, Expect)>) {
    let world = World::new();
    for (operation, input, expect) in steps {
        let answer = world.call(operation, input.clone()).await;
        let step = format!("{operation} {input}");
        match (answer, expect) {
            (Ok(output), Has(expected)) => {
                assert!(holds(&output, &expected), "{step}\nhas    {output}\nwanted {expected}");
            }
            (Err(error), Fails(code)) => assert_eq!(error.code, code, "{step}: {error}"),
            (Ok(output), Fails(code)) => panic!("{step}\nhas {output}, wanted {code}"),
            (Err(error), Has(_)) => panic!("{step}\nfails with {error}"),
        }
    }
}

#[tokio::test]
async fn objects() {
    let at = |key: &str| json!({"Bucket": "models", "Key": key});
    let with = |key: &str, more: Value| {
        let mut input = at(key);
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        input
    };
    let etag = "\"5d41402abc4b2a76b9719d911017c592\"";
    check(vec![
        ("PutObject", with("a", json!({"Body": "hello"})), Fails("NoSuchBucket")),
        ("CreateBucket", json!({"Bucket": "models"}), Has(json!({"Location": "/models"}))),
        ("CreateBucket", json!({"Bucket": "models"}), Has(json!({"Location": "/models"}))),
        ("CreateBucket", json!({"Bucket": "Bad_Name"}), Fails("InvalidBucketName")),
        ("HeadBucket", json!({"Bucket": "models"}), Has(json!({"BucketRegion": "us-east-1"}))),
        ("HeadBucket", json!({"Bucket": "nothing"}), Fails("NoSuchBucket")),
        ("GetObject", at("a"), Fails("NoSuchKey")),
        ("PutObject", with("a", json!({"Body": "hello", "ContentType": "text/plain", "Metadata": {"who": "me"}})), Has(json!({"ETag": etag}))),
        ("GetObject", at("a"), Has(json!({"Body": "hello", "ETag": etag, "ContentType": "text/plain", "ContentLength": 5, "Metadata": {"who": "me"}}))),
        ("GetObject", with("a", json!({"Range": "bytes=1-3"})), Has(json!({"Body": "ell", "ContentRange": "bytes 1-3/5"}))),
        ("GetObject", with("a", json!({"Range": "bytes=9-"})), Fails("InvalidRange")),
        ("GetObject", with("a", json!({"IfMatch": "\"other\""})), Fails("PreconditionFailed")),
        ("GetObject", with("a", json!({"IfNoneMatch": etag})), Fails("NotModified")),
        ("PutObject", with("a", json!({"Body": "x", "IfNoneMatch": "*"})), Fails("PreconditionFailed")),
        ("PutObject", with("a", json!({"Body": "x", "IfMatch": "\"other\""})), Fails("PreconditionFailed")),
        ("PutObject", with("n", json!({"Body": "x", "IfMatch": etag})), Fails("NoSuchKey")),
        ("PutObject", with("j", json!({"Body": {"score": 0.5}})), Has(json!({}))),
        ("GetObject", at("j"), Has(json!({"Body": "{\"score\":0.5}"}))),
        ("HeadObject", at("a"), Has(json!({"ContentLength": 5, "ETag": etag}))),
        ("CopyObject", with("b/c", json!({"CopySource": "models/a"})), Has(json!({"CopyObjectResult": {"ETag": etag}}))),
        ("CopyObject", with("b/c", json!({"CopySource": "/models/nothing"})), Fails("NoSuchKey")),
        ("CopyObject", with("a", json!({"CopySource": "models/a"})), Fails("InvalidRequest")),
        ("CopyObject", with("x", json!({"CopySource": "models"})), Fails("ValidationException")),
        ("GetObject", at("b/c"), Has(json!({"Body": "hello", "ContentType": "text/plain", "Metadata": {"who": "me"}}))),
        ("ListObjectsV2", json!({"Bucket": "models", "Delimiter": "/"}), Has(json!({"KeyCount": 3, "Contents": [{"Key": "a"}, {"Key": "j"}], "CommonPrefixes": [{"Prefix": "b/"}]}))),
        ("PutObjectTagging", with("a", json!({"Tagging": {"TagSet": [{"Key": "k", "Value": "v"}]}})), Has(json!({}))),
        ("GetObjectTagging", at("a"), Has(json!({"TagSet": [{"Key": "k", "Value": "v"}]}))),
        ("DeleteObjectTagging", at("a"), Has(json!({}))),
        ("GetObjectTagging", at("a"), Has(json!({"TagSet": []}))),
        ("DeleteBucket", json!({"Bucket": "models"}), Fails("BucketNotEmpty")),
        ("DeleteObject", at("a"), Has(json!({}))),
        ("DeleteObject", at("a"), Has(json!({}))),
        ("DeleteObjects", json!({"Bucket": "models", "Delete": {"Objects": [{"Key": "b/c"}, {"Key": "j"}]}}), Has(json!({"Deleted": [{"Key": "b/c"}, {"Key": "j"}]}))),
        ("DeleteBucket", json!({"Bucket": "models"}), Has(json!({}))),
        ("ListBuckets", json!({}), Has(json!({"Buckets": []}))),
    ])
    .await;
}

#[tokio::test]
async fn settings() {
    let bucket = || json!({"Bucket": "data"});
    let with = |more: Value| {
        let mut input = bucket();
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        input
    };
    let policy = r#"{"Statement":{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::data/*"}}"#;
    check(vec![
        ("CreateBucket", bucket(), Has(json!({}))),
        ("GetBucketPolicy", bucket(), Fails("NoSuchBucketPolicy")),
        ("PutBucketPolicy", with(json!({"Policy": policy})), Has(json!({}))),
        ("PutBucketPolicy", with(json!({"Policy": "{}"})), Fails("MalformedPolicy")),
        ("GetBucketPolicy", bucket(), Has(json!({"Policy": policy}))),
        ("DeleteBucketPolicy", bucket(), Has(json!({}))),
        ("GetBucketTagging", bucket(), Fails("NoSuchTagSet")),
        ("PutBucketTagging", with(json!({"Tagging": {"TagSet": [{"Key": "a", "Value": "1"}]}})), Has(json!({}))),
        ("GetBucketTagging", bucket(), Has(json!({"TagSet": [{"Key": "a", "Value": "1"}]}))),
        ("GetBucketVersioning", bucket(), Has(json!({}))),
        ("PutBucketVersioning", with(json!({"VersioningConfiguration": {"Status": "Enabled"}})), Has(json!({}))),
        ("GetBucketVersioning", bucket(), Has(json!({"Status": "Enabled"}))),
        ("GetPublicAccessBlock", bucket(), Has(json!({"PublicAccessBlockConfiguration": {"BlockPublicAcls": true}}))),
        ("DeletePublicAccessBlock", bucket(), Has(json!({}))),
        ("GetPublicAccessBlock", bucket(), Fails("NoSuchPublicAccessBlockConfiguration")),
        ("GetBucketOwnershipControls", bucket(), Has(json!({"OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}}))),
        ("GetBucketEncryption", bucket(), Has(json!({"ServerSideEncryptionConfiguration": {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]}}))),
        ("GetBucketLocation", bucket(), Has(json!({}))),
        ("PutBucketNotificationConfiguration", with(json!({"NotificationConfiguration": {}})), Has(json!({}))),
        ("PutBucketNotificationConfiguration", with(json!({"NotificationConfiguration": {"EventBridgeConfiguration": {}}})), Fails("NotImplemented")),
        ("GetBucketNotificationConfiguration", bucket(), Has(json!({}))),
    ])
    .await;
}

#[tokio::test]
async fn files() {
    let world = World::new();
    world.bucket("models", &["m/1", "m/2", "n"]).await;
    let root = Principal::root(crate::world::ACCOUNT);
    let listed = world.s3.list(&root, "models", "m/").await.unwrap();
    let listed: Vec<_> = listed.iter().map(|it| (it.key.as_str(), it.size_bytes)).collect();
    assert_eq!(listed, [("m/1", 3), ("m/2", 3)]);
    let file = world.s3.file(&root, "models", "m/2").await.unwrap();
    assert_eq!(std::fs::read(&file).unwrap(), b"m/2");
    let etag = world.s3.put_file(&root, "models", "copy", &file).await.unwrap();
    assert_eq!(etag, world.s3.list(&root, "models", "m/2").await.unwrap()[0].etag);
    let missing = world.s3.file(&root, "models", "nothing").await.unwrap_err();
    assert_eq!((missing.code.as_str(), missing.status), ("NoSuchKey", 404));
}

#[tokio::test]
async fn contents_go_with_their_records_and_a_restart_sweeps_the_rest() {
    let world = World::new();
    world.bucket("data", &["a", "b"]).await;
    assert_eq!(world.contents(), 2);
    world.send("PUT /data/a", &[], "new").await;
    assert_eq!(world.contents(), 2);
    world.send("DELETE /data/b", &[], "").await;
    assert_eq!(world.contents(), 1);
    let refused = world.send("PUT /data/a", &[("if-none-match", "*")], "newer").await;
    assert_eq!((refused.status.as_u16(), world.contents()), (412, 1));

    world.blobs.create().await.unwrap().finish().await.unwrap();
    let restarted =
        World::over(world.store.snapshot(), world.blobs.clone(), Arc::new(service::OpenDoor));
    restarted.s3.start(&restarted.kit.platform_ctx("us-east-1")).await.unwrap();
    assert_eq!(restarted.contents(), 1);
    assert_eq!(restarted.send("GET /data/a", &[], "").await.text(), "new");
}

#[tokio::test]
async fn many_writers_of_one_key_leave_one_content() {
    let world = Arc::new(World::new());
    world.bucket("data", &[]).await;
    let writers = (0..20).map(|number| {
        let world = world.clone();
        tokio::spawn(async move { world.send("PUT /data/k", &[], number.to_string()).await.status })
    });
    for writer in writers.collect::<Vec<_>>() {
        assert_eq!(writer.await.unwrap(), 200);
    }
    assert_eq!(world.contents(), 1);
}

#[tokio::test]
async fn a_refused_commit_leaves_nothing_and_a_cut_one_loses_nothing() {
    let world = World::new();
    world.bucket("data", &["k"]).await;
    let full = store::Error::Full { path: "/".into() };
    world.store.fail_commit(1, full);
    assert_eq!(world.send("PUT /data/k", &[], "new").await.status, 500);
    assert_eq!(
        (world.contents(), world.send("GET /data/k", &[], "").await.text().as_str()),
        (1, "k")
    );

    for (crash, expected) in [(BeforeWriting, "k"), (AfterWriting, "new")] {
        let door = || Arc::new(service::OpenDoor);
        let crashing = Arc::new(World::over(world.store.snapshot(), world.blobs.clone(), door()));
        crashing.store.crash_at_commit(1, crash);
        let client = tokio::spawn({
            let crashing = crashing.clone();
            async move { crashing.send("PUT /data/k", &[], "new").await }
        });
        while !crashing.store.has_crashed() {
            tokio::task::yield_now().await;
        }
        client.abort();
        let after = World::over(crashing.store.snapshot(), world.blobs.clone(), door());
        after.s3.start(&after.kit.platform_ctx("us-east-1")).await.unwrap();
        assert_eq!(after.send("GET /data/k", &[], "").await.text(), expected);
        assert_eq!(after.contents(), 1);
    }
}
