//! Signatures: vectors computed with botocore, what breaks them, and, where it is at hand, AWS's own suite.

#![allow(clippy::unwrap_used)] // Helpers of tests may stop the test.

use serde_json::Value;
use wire::sigv4::{
    Credentials, Payload, SignatureError, parse_authorization, presign, sign, verify,
};
use wire::{Headers, HttpRequestParts, Model};

const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

fn vectors() -> Value {
    serde_json::from_str(include_str!("sigv4_vectors.json")).unwrap()
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap()
}

fn parts_of(case: &Value) -> HttpRequestParts {
    let headers = case["headers"].as_array().unwrap().iter();
    HttpRequestParts {
        method: text(case, "method").to_owned(),
        path: text(case, "path").to_owned(),
        query: text(case, "query").to_owned(),
        headers: headers
            .map(|pair| {
                (pair[0].as_str().unwrap().to_owned(), pair[1].as_str().unwrap().to_owned())
            })
            .collect(),
        body: text(case, "body").as_bytes().to_vec(),
    }
}

#[test]
fn botocore_vectors_verify() {
    let vectors = vectors();
    let now_ms = vectors["now_ms"].as_i64().unwrap();
    for case in vectors["cases"].as_array().unwrap() {
        let name = text(case, "name");
        let parts = parts_of(case);
        let claim = parse_authorization(&parts).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(claim.access_key_id, "AKIDEXAMPLE", "{name}");
        assert_eq!(claim.service, text(case, "service"), "{name}");
        assert_eq!(claim.region, text(case, "region"), "{name}");
        assert_eq!(claim.session_token.as_deref(), case["session_token"].as_str(), "{name}");
        assert_eq!(verify(&claim, &parts, SECRET, now_ms), Ok(()), "{name}");
        assert_eq!(
            verify(&claim, &parts, "other", now_ms),
            Err(SignatureError::Mismatch),
            "{name}"
        );
        let changed = HttpRequestParts { method: "PATCH".to_owned(), ..parts.clone() };
        assert_eq!(
            verify(&claim, &changed, SECRET, now_ms),
            Err(SignatureError::Mismatch),
            "{name}"
        );
    }
}

#[test]
fn signing_gives_what_botocore_gives() {
    let vectors = vectors();
    let now_ms = vectors["now_ms"].as_i64().unwrap();
    for case in vectors["cases"].as_array().unwrap() {
        let name = text(case, "name");
        let expected = parts_of(case);
        let credentials = Credentials {
            access_key_id: "AKIDEXAMPLE".to_owned(),
            secret_access_key: SECRET.to_owned(),
            session_token: case["session_token"].as_str().map(str::to_owned),
        };
        let (region, service) = (text(case, "region"), text(case, "service"));
        let mut parts = expected.clone();
        if case["presigned"] == true {
            let query = &expected.query;
            let start = query.find("X-Amz-Algorithm").unwrap();
            parts.query = query[..start].trim_end_matches('&').to_owned();
            let expires = u32::try_from(case["expires_seconds"].as_u64().unwrap()).unwrap();
            presign(&mut parts, &credentials, region, service, now_ms, expires).unwrap();
            let claim = parse_authorization(&parts).unwrap();
            assert_eq!(
                claim.signature,
                parse_authorization(&expected).unwrap().signature,
                "{name}"
            );
        } else {
            for added in
                ["authorization", "x-amz-date", "x-amz-security-token", "x-amz-content-sha256"]
            {
                parts.headers.remove(added);
            }
            sign(&mut parts, &credentials, region, service, now_ms).unwrap();
            assert_eq!(
                parts.headers.get("authorization"),
                expected.headers.get("authorization"),
                "{name}"
            );
        }
    }
}

fn signed(service: &str, body: &str) -> HttpRequestParts {
    let mut parts = HttpRequestParts {
        method: "POST".to_owned(),
        path: "/".to_owned(),
        headers: Headers::from_iter([("Host", "localhost")]),
        body: body.as_bytes().to_vec(),
        ..HttpRequestParts::default()
    };
    sign(&mut parts, &credentials(), "us-east-1", service, NOW_MS).unwrap();
    parts
}

fn credentials() -> Credentials {
    Credentials {
        access_key_id: "AKID".to_owned(),
        secret_access_key: SECRET.to_owned(),
        session_token: None,
    }
}

const NOW_MS: i64 = 1_709_210_096_000;
const MINUTE_MS: i64 = 60_000;

fn verdict(parts: &HttpRequestParts, now_ms: i64) -> Result<(), SignatureError> {
    verify(&parse_authorization(parts)?, parts, SECRET, now_ms)
}

#[test]
fn clocks_may_differ_a_little() {
    let parts = signed("states", "{}");
    assert_eq!(verdict(&parts, NOW_MS + 5 * MINUTE_MS), Ok(()));
    assert_eq!(verdict(&parts, NOW_MS - 5 * MINUTE_MS), Ok(()));
    let expired = verdict(&parts, NOW_MS + 6 * MINUTE_MS).unwrap_err();
    assert_eq!(
        expired.to_string(),
        "Signature expired: 20240229T123456Z is now earlier than 20240229T123556Z (20240229T124056Z - 5 min.)"
    );
    let early = verdict(&parts, NOW_MS - 6 * MINUTE_MS).unwrap_err();
    assert_eq!(
        early.to_string(),
        "Signature not yet current: 20240229T123456Z is still later than 20240229T123356Z (20240229T122856Z + 5 min.)"
    );
    assert_eq!(verdict(&signed("s3", ""), NOW_MS + 14 * MINUTE_MS), Ok(()));
    assert!(verdict(&parts, i64::MAX).is_err() && verdict(&parts, i64::MIN).is_err());
}

#[test]
fn presigned_requests_live_as_long_as_they_say() {
    let mut parts = HttpRequestParts {
        method: "GET".to_owned(),
        path: "/bucket/key".to_owned(),
        headers: Headers::from_iter([("Host", "localhost")]),
        ..HttpRequestParts::default()
    };
    presign(&mut parts, &credentials(), "us-east-1", "s3", NOW_MS, 60).unwrap();
    assert_eq!(verdict(&parts, NOW_MS + MINUTE_MS), Ok(()));
    assert_eq!(verdict(&parts, NOW_MS + MINUTE_MS + 1), Err(SignatureError::PresignedExpired));
    let longer =
        HttpRequestParts { query: parts.query.replace("Expires=60", "Expires=600"), ..parts };
    assert_eq!(verdict(&longer, NOW_MS), Err(SignatureError::Mismatch));
}

#[test]
fn bodies_are_checked() {
    let mut parts = signed("states", "{}");
    parts.body = b"{ }".to_vec();
    assert_eq!(verdict(&parts, NOW_MS), Err(SignatureError::Mismatch));
    // Leaving the body unsigned is for S3 alone.
    let mut parts = signed("states", "{}");
    parts.headers.push("x-amz-content-sha256", "UNSIGNED-PAYLOAD");
    assert_eq!(parse_authorization(&parts).unwrap().payload, Payload::Body);
    let mut parts = signed("s3", "one");
    parts.body = b"two".to_vec();
    assert_eq!(verdict(&parts, NOW_MS), Err(SignatureError::PayloadMismatch));
    let mut parts = signed("s3", "");
    parts.headers.set("x-amz-content-sha256", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD");
    sign(&mut parts, &credentials(), "us-east-1", "s3", NOW_MS).unwrap();
    parts.body = b"chunks".to_vec();
    let streaming = Payload::Streaming("STREAMING-AWS4-HMAC-SHA256-PAYLOAD".to_owned());
    assert_eq!(parse_authorization(&parts).unwrap().payload, streaming);
    assert_eq!(verdict(&parts, NOW_MS), Ok(()));
}

#[test]
fn what_is_not_a_signature_is_refused() {
    let with = |authorization: &str, date: &str| {
        let mut parts = signed("states", "{}");
        parts.headers.set("authorization", authorization);
        parts.headers.set("x-amz-date", date);
        parse_authorization(&parts).unwrap_err()
    };
    let date = "20240229T123456Z";
    assert_eq!(
        parse_authorization(&HttpRequestParts::default()),
        Err(SignatureError::MissingToken)
    );
    for (authorization, date, expected) in [
        ("", date, "Unsupported AWS 'algorithm': ''"),
        ("AWS AKID:sig", date, "Unsupported AWS 'algorithm': 'AWS'"),
        (
            "AWS4-HMAC-SHA256 Credential=a",
            date,
            "Authorization header requires 'Signature' parameter. Authorization header requires 'SignedHeaders' parameter. Authorization=AWS4-HMAC-SHA256",
        ),
        (
            "AWS4-HMAC-SHA256 Credential=a, Signature=b, SignedHeaders=host",
            date,
            "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got 'a'",
        ),
        (
            "AWS4-HMAC-SHA256 Credential=a/20240228/r/s/aws4_request, Signature=b, SignedHeaders=host",
            date,
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '20240228' != '20240229', from '20240229T123456Z'.",
        ),
        (
            "AWS4-HMAC-SHA256 Credential=a/20240229/r/s/aws4_request, Signature=b, SignedHeaders=x",
            date,
            "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.",
        ),
        (
            "AWS4-HMAC-SHA256 Credential=a/é/r/s/aws4_request, Signature=b, SignedHeaders=host",
            "éééé",
            "Date must be in ISO-8601 'basic format'. Got 'éééé'. See http://en.wikipedia.org/wiki/ISO_8601",
        ),
    ] {
        assert_eq!(with(authorization, date).to_string(), expected);
    }
}

#[test]
fn failures_get_the_services_codes() {
    let model = |text: &str| Model::parse(text).unwrap();
    let states = model(include_str!("../../../services/states/model.json"));
    let sts = model(include_str!("../../../services/iam/model_sts.json"));
    for (failure, json, query) in [
        (
            SignatureError::MissingToken,
            "MissingAuthenticationTokenException",
            "MissingAuthenticationToken",
        ),
        (SignatureError::Mismatch, "InvalidSignatureException", "SignatureDoesNotMatch"),
        (SignatureError::UnknownKey, "UnrecognizedClientException", "InvalidClientTokenId"),
        (SignatureError::TokenExpired, "ExpiredTokenException", "ExpiredToken"),
    ] {
        assert_eq!(failure.to_aws_error(&states).code, json);
        assert_eq!(failure.to_aws_error(&sts).code, query);
    }
}

/// A request as the suite writes it; lines that begin with a blank go on with the header before.
fn parse_request(text: &str) -> HttpRequestParts {
    let (head, body) = text.split_once("\n\n").unwrap_or((text, ""));
    let mut lines = head.lines();
    let first = lines.next().unwrap();
    let (method, rest) = first.split_once(' ').unwrap();
    let target = rest.strip_suffix(" HTTP/1.1").unwrap();
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let mut pairs: Vec<(String, String)> = Vec::new();
    for line in lines {
        match line.split_once(':') {
            Some((name, value)) if !line.starts_with(' ') => {
                pairs.push((name.into(), value.into()));
            }
            _ => pairs.last_mut().unwrap().1.push_str(line),
        }
    }
    HttpRequestParts {
        method: method.to_owned(),
        path: path.to_owned(),
        query: query.to_owned(),
        headers: pairs.into_iter().collect(),
        body: body.as_bytes().to_vec(),
    }
}

/// Runs over the suite in the folder `REFIT_SIGV4_SUITE` (the `v4` folder that the aws-sigv4 crate packs); without it, does nothing.
#[test]
fn aws_suite_verifies() {
    let Some(folder) = std::env::var_os("REFIT_SIGV4_SUITE") else { return };
    let (mut passed, mut missed) = (0, Vec::new());
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if !path.join("context.json").exists() {
            continue;
        }
        let read = |file: &str| std::fs::read_to_string(path.join(file)).unwrap_or_default();
        let context: Value = serde_json::from_str(&read("context.json")).unwrap();
        let secret = context["credentials"]["secret_access_key"].as_str().unwrap().to_owned();
        for form in ["header", "query"] {
            let request = read(&format!("{form}-signed-request.txt"));
            if request.is_empty() {
                continue;
            }
            let parts = parse_request(&request.replace("\r\n", "\n"));
            let outcome = parse_authorization(&parts)
                .and_then(|claim| verify(&claim, &parts, &secret, claim.signed_at_ms));
            match outcome {
                Ok(()) => passed += 1,
                Err(error) => missed.push(format!("{name}/{form}: {error}")),
            }
        }
    }
    println!("{passed} passed, missed: {missed:#?}");
    // Unnormalised paths and single encoding are settings that our services have not; a token added after signing neither.
    let expected = |miss: &String| {
        miss.contains("unnormalized")
            || miss.contains("double")
            || miss.contains("sts-header-after")
    };
    let unexpected: Vec<_> = missed.iter().filter(|miss| !expected(miss)).collect();
    assert!(unexpected.is_empty(), "{unexpected:#?}");
}
