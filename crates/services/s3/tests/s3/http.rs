//! S3's HTTP: statuses, headers, encodings, signatures.

use crate::world::World;
use bytes::Bytes;
use http::Request;
use wire::HttpRequestParts;
use wire::sigv4;

/// `METHOD path`, headers, body; status, then what the answer's body or headers must contain.
type Step<'a> = (&'a str, &'a [(&'a str, &'a str)], &'a str, u16, &'a str);

async fn check(world: &World, steps: &[Step<'_>]) {
    for (line, headers, body, status, contains) in steps {
        let answer = world.send(line, headers, body.to_string()).await;
        let seen = format!("{:?}\n{}", answer.headers, answer.text());
        assert_eq!(answer.status.as_u16(), *status, "{line} {headers:?}\n{seen}");
        assert!(seen.contains(contains), "{line} {headers:?}\nwanted {contains}\n{seen}");
    }
}

#[tokio::test]
async fn one_object() {
    let world = World::new();
    check(
        &world,
        &[
            ("PUT /data", &[], "", 200, "\"location\": \"/data\""),
            (
                "PUT /data/k",
                &[
                    ("content-type", "text/plain"),
                    ("x-amz-meta-who", "me"),
                    ("x-amz-tagging", "a=1&b=2"),
                ],
                "hello",
                200,
                "5d41402abc4b2a76b9719d911017c592",
            ),
            ("GET /data/k", &[], "", 200, "hello"),
            ("GET /data/k", &[], "", 200, "\"x-amz-meta-who\": \"me\""),
            ("GET /data/k", &[], "", 200, "\"x-amz-tagging-count\": \"2\""),
            ("GET /data/k?response-content-type=a/b", &[], "", 200, "\"content-type\": \"a/b\""),
            ("GET /data/k", &[("range", "bytes=1-2")], "", 206, "el"),
            ("GET /data/k", &[("range", "bytes=1-2")], "", 206, "bytes 1-2/5"),
            ("GET /data/k", &[("range", "bytes=7-")], "", 416, "InvalidRange"),
            (
                "GET /data/k",
                &[("if-none-match", "\"5d41402abc4b2a76b9719d911017c592\"")],
                "",
                304,
                "",
            ),
            ("GET /data/k", &[("if-match", "\"x\"")], "", 412, "PreconditionFailed"),
            ("HEAD /data/k", &[], "", 200, "\"content-length\": \"5\""),
            ("HEAD /data/none", &[], "", 404, ""),
            (
                "GET /data/none",
                &[],
                "",
                404,
                "<Code>NoSuchKey</Code><Message>The specified key does not exist.</Message>",
            ),
            ("GET /nothing", &[], "", 404, "<Code>NoSuchBucket</Code>"),
            ("PUT /data/k", &[("if-none-match", "*")], "x", 412, "PreconditionFailed"),
            ("PUT /data/k", &[("content-md5", "XUFAKrxLKna5cZ2REBfFkg==")], "hello", 200, ""),
            (
                "PUT /data/k",
                &[("content-md5", "XUFAKrxLKna5cZ2REBfFkg==")],
                "hellx",
                400,
                "BadDigest",
            ),
            ("PUT /data/k", &[("content-md5", "x")], "hello", 400, "InvalidDigest"),
            (
                "PUT /data/k",
                &[("x-amz-checksum-crc32", "NhCmhg==")],
                "hello",
                200,
                "\"x-amz-checksum-crc32\": \"NhCmhg==\"",
            ),
            (
                "GET /data/k",
                &[("x-amz-checksum-mode", "ENABLED")],
                "",
                200,
                "\"x-amz-checksum-crc32\": \"NhCmhg==\"",
            ),
            ("PUT /data/k", &[("x-amz-checksum-crc32", "NhCmhw==")], "hello", 400, "BadDigest"),
            (
                "PUT /data/k",
                &[("x-amz-acl", "public-read")],
                "hello",
                400,
                "AccessControlListNotSupported",
            ),
            ("PUT /data/c", &[("x-amz-copy-source", "/data/k")], "", 200, "CopyObjectResult"),
            ("GET /data/c?tagging", &[], "", 200, "<TagSet"),
            ("GET /data/c?acl", &[], "", 200, "FULL_CONTROL"),
            ("DELETE /data/k", &[], "", 204, ""),
            ("DELETE /data", &[], "", 409, "BucketNotEmpty"),
            (
                "POST /data?delete",
                &[],
                "<Delete><Object><Key>c</Key></Object></Delete>",
                200,
                "<Key>c</Key>",
            ),
            ("DELETE /data", &[], "", 204, ""),
        ],
    )
    .await;
}

#[tokio::test]
async fn settings() {
    let world = World::new();
    check(
        &world,
        &[
            ("PUT /data", &[], "", 200, ""),
            ("GET /data?location", &[], "", 200, "LocationConstraint"),
            ("GET /data?lifecycle", &[], "", 404, "NoSuchLifecycleConfiguration"),
            ("GET /data?cors", &[], "", 404, "NoSuchCORSConfiguration"),
            ("GET /data?website", &[], "", 404, "NoSuchWebsiteConfiguration"),
            ("GET /data?replication", &[], "", 404, "ReplicationConfigurationNotFoundError"),
            ("GET /data?object-lock", &[], "", 404, "ObjectLockConfigurationNotFoundError"),
            ("GET /data?policy", &[], "", 404, "NoSuchBucketPolicy"),
            ("GET /data?tagging", &[], "", 404, "NoSuchTagSet"),
            ("GET /data?logging", &[], "", 200, "BucketLoggingStatus"),
            ("GET /data?requestPayment", &[], "", 200, "BucketOwner"),
            ("GET /data?accelerate", &[], "", 200, "AccelerateConfiguration"),
            ("GET /data?acl", &[], "", 200, "FULL_CONTROL"),
            ("GET /data?versioning", &[], "", 200, "VersioningConfiguration"),
            ("GET /data?encryption", &[], "", 200, "AES256"),
            ("GET /data?ownershipControls", &[], "", 200, "BucketOwnerEnforced"),
            ("GET /data?publicAccessBlock", &[], "", 200, "<BlockPublicAcls>true</BlockPublicAcls>"),
            ("GET /data?notification", &[], "", 200, "NotificationConfiguration"),
            ("PUT /data?acl", &[("x-amz-acl", "private")], "", 200, ""),
            ("PUT /data?acl", &[("x-amz-acl", "public-read")], "", 400, "AccessControlListNotSupported"),
            ("PUT /data?tagging", &[], "<Tagging><TagSet><Tag><Key>a</Key><Value>1</Value></Tag></TagSet></Tagging>", 200, ""),
            ("GET /data?tagging", &[], "", 200, "<Key>a</Key>"),
            ("PUT /data?versioning", &[], "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>", 200, ""),
            ("GET /data?versioning", &[], "", 200, "<Status>Enabled</Status>"),
            ("PUT /data?lifecycle", &[], "<LifecycleConfiguration><Rule><ID>x</ID><Filter><Prefix>a</Prefix></Filter><Status>Enabled</Status><Expiration><Days>1</Days></Expiration></Rule></LifecycleConfiguration>", 501, "NotImplemented"),
            ("GET /data?nonsense", &[], "", 200, "ListBucketResult"),
        ],
    )
    .await;
}

#[tokio::test]
async fn buckets_in_host_names_and_bodies_in_chunks() {
    let world = World::new();
    let chunked: &[(&str, &str)] = &[
        ("x-amz-content-sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER"),
        ("x-amz-decoded-content-length", "5"),
        ("content-encoding", "aws-chunked"),
        ("x-amz-trailer", "x-amz-checksum-crc32"),
    ];
    let good = "5\r\nhello\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n";
    let bad = "5\r\nhello\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n";
    check(
        &world,
        &[
            ("PUT /data", &[], "", 200, ""),
            ("PUT /data/k", chunked, good, 200, "NhCmhg=="),
            ("PUT /data/k2", chunked, bad, 400, "BadDigest"),
            ("GET /data/k2", &[], "", 404, ""),
            ("GET /data/k", &[], "", 200, "hello"),
        ],
    )
    .await;
    for host in ["data.localhost:4566", "data.s3.localhost", "data.s3.us-east-1.amazonaws.com"] {
        let request = Request::get("/k").header("host", host).body(Bytes::new()).unwrap();
        assert_eq!(world.answer(true, request).await.text(), "hello", "{host}");
    }
}

/// A request as `wire` signs it, sent after `change`.
async fn signed(
    world: &World,
    id: &str,
    token: Option<&str>,
    body: &str,
    change: impl FnOnce(&mut HttpRequestParts),
) -> (u16, String) {
    let mut parts = HttpRequestParts {
        method: "PUT".to_owned(),
        path: "/data/a%20b%2Bc".to_owned(),
        headers: [("host", "localhost")].into_iter().collect(),
        body: body.as_bytes().to_vec(),
        ..HttpRequestParts::default()
    };
    let credentials = sigv4::Credentials {
        access_key_id: id.to_owned(),
        secret_access_key: "secret".to_owned(),
        session_token: token.map(str::to_owned),
    };
    let now_ms = world.kit.clock.now_ms();
    sigv4::sign(&mut parts, &credentials, "us-east-1", "s3", now_ms).unwrap();
    change(&mut parts);
    let mut request = Request::builder().method(parts.method.as_str()).uri(&parts.path);
    for (name, value) in parts.headers.iter() {
        request = request.header(name, value);
    }
    request = request.header("content-length", parts.body.len());
    let answer = world.answer(false, request.body(Bytes::from(parts.body)).unwrap()).await;
    (answer.status.as_u16(), answer.text())
}

#[tokio::test]
async fn signatures() {
    let world = World::new();
    world.bucket("data", &[]).await;
    let none = |_: &mut HttpRequestParts| {};
    assert_eq!(signed(&world, "AKIAROOT", None, "hi", none).await.0, 200);
    assert_eq!(world.send("GET /data/a%20b%2Bc", &[], "").await.text(), "hi");
    assert_eq!(signed(&world, "ASIAUSER", Some("token"), "hi", none).await.0, 200);
    for (id, token, expected) in [
        ("AKIANONE", None, "InvalidAccessKeyId"),
        ("ASIAUSER", Some("other"), "InvalidAccessKeyId"),
        ("ASIAUSER", None, "InvalidAccessKeyId"),
    ] {
        let (status, text) = signed(&world, id, token, "hi", none).await;
        assert!(status == 403 && text.contains(expected), "{id} {token:?} {status} {text}");
    }
    let (status, text) =
        signed(&world, "AKIAROOT", None, "hi", |parts| parts.path = "/data/other".to_owned()).await;
    assert!(status == 403 && text.contains("SignatureDoesNotMatch"), "{status} {text}");
    let (status, text) =
        signed(&world, "AKIAROOT", None, "hi", |parts| parts.body = b"ho".to_vec()).await;
    assert!(status == 400 && text.contains("XAmzContentSHA256Mismatch"), "{status} {text}");
    assert_eq!(world.send("GET /data/a%20b%2Bc", &[], "").await.text(), "hi");
}
