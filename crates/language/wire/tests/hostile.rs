//! No input makes a reader panic or run away: random bytes, mutated messages, deep nesting.

#![allow(clippy::unwrap_used)] // Helpers of tests may stop the test.

use serde_json::json;
use wire::{AwsError, Headers, HttpRequestParts, HttpResponseParts, Model};

const MODELS: &[&str] = &[
    include_str!("../../../services/states/model.json"),
    include_str!("../../../services/lambda/model.json"),
    include_str!("../../../services/iam/model.json"),
    include_str!("../../../services/sns/model.json"),
    include_str!("../../../services/sqs/model.json"),
    include_str!("../../../services/s3/model.json"),
];

/// A small generator with a fixed seed: failures repeat.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % bound.max(1) as u64).unwrap()
    }

    /// Bytes that are often near to something meaningful.
    fn bytes(&mut self) -> Vec<u8> {
        const PIECES: &[&str] = &[
            "{",
            "}",
            "[",
            "]",
            "\"",
            ":",
            ",",
            "null",
            "1e999",
            "-0",
            "\\u",
            "\\ud800",
            "<",
            ">",
            "</",
            "/>",
            "<a>",
            "</a>",
            "&",
            "&amp;",
            "&#0;",
            "&#x110000;",
            "<![CDATA[",
            "]]>",
            "<!DOCTYPE a>",
            "<?xml",
            "Action=",
            "Tags.member.",
            ".1",
            ".18446744073709551616",
            "=",
            "%",
            "%F",
            "%FF",
            "é",
            "\u{10FFFF}",
            "\0",
            "\n",
            " ",
            "/",
            "?",
            "a",
            "Name",
            "2024-01-01T00:00:00Z",
            "AWS4-HMAC-SHA256 ",
            "Credential=",
        ];
        let mut bytes = Vec::new();
        for _ in 0..self.below(30) {
            if self.below(4) == 0 {
                bytes.push(self.next() as u8);
            } else {
                bytes.extend_from_slice(PIECES[self.below(PIECES.len())].as_bytes());
            }
        }
        bytes
    }

    fn text(&mut self) -> String {
        String::from_utf8_lossy(&self.bytes()).into_owned()
    }
}

#[test]
fn random_messages_never_panic() {
    let models: Vec<Model> = MODELS.iter().map(|text| Model::parse(text).unwrap()).collect();
    let mut random = Random(20_240_229);
    for round in 0..6000 {
        let model = &models[round % models.len()];
        let operations: Vec<_> = model.operations().collect();
        let operation = operations[random.below(operations.len())];
        let headers: Headers = [
            "x-amz-target",
            "authorization",
            "x-amz-date",
            "host",
            "x-amz-meta-a",
            "x-amzn-errortype",
        ]
        .into_iter()
        .map(|name| (name, random.text()))
        .collect();
        let parts = HttpRequestParts {
            method: "POST".to_owned(),
            path: format!("/{}", random.text()),
            query: random.text(),
            headers,
            body: random.bytes(),
        };
        let _ = wire::route(model, &parts);
        if let Ok(input) = wire::decode_request(model, operation, &parts) {
            let _ = wire::validate(model, operation, &input);
            let _ = wire::encode_request(model, operation, &input);
        }
        if let Ok(claim) = wire::sigv4::parse_authorization(&parts) {
            let _ = wire::sigv4::verify(&claim, &parts, "secret", 0);
        }
        let answer = HttpResponseParts { status: 200, headers: parts.headers, body: parts.body };
        let _ = wire::decode_response(model, operation, &answer);
        let error = wire::decode_error(model, &answer);
        let _ = wire::encode_error(model, &error, "id");
        let _ =
            wire::encode_error(model, &AwsError::new(random.text(), random.text()), &random.text());
        let _ = wire::Arn::parse(&random.text());
        let _ = Model::parse(&random.text());
    }
}

#[test]
fn changed_messages_never_panic() {
    let model = Model::parse(MODELS[2]).unwrap();
    let operation = model.operation("CreateRole").unwrap();
    let input = json!({"RoleName": "r", "AssumeRolePolicyDocument": "{}", "Tags": [{"Key": "k", "Value": "v"}]});
    let request = wire::encode_request(&model, operation, &input).unwrap();
    let output =
        json!({"Role": {"Path": "/", "RoleName": "r", "CreateDate": 1, "Tags": [{"Key": "k"}]}});
    let answer = wire::encode_response(&model, operation, &output, "id").unwrap();
    let mut random = Random(1);
    for _ in 0..4000 {
        let mut changed = request.clone();
        let mut changed_answer = answer.clone();
        for body in [&mut changed.body, &mut changed_answer.body] {
            for _ in 0..=random.below(4) {
                let at = random.below(body.len());
                body[at] = random.next() as u8;
            }
        }
        let _ = wire::decode_request(&model, operation, &changed);
        let _ = wire::decode_response(&model, operation, &changed_answer);
    }
}

#[test]
fn depth_is_limited() {
    let states = Model::parse(MODELS[0]).unwrap();
    let operation = states.operation("StartExecution").unwrap();
    let body = |text: String| HttpRequestParts { body: text.into_bytes(), ..Default::default() };
    let deep = body(format!("{}{}", "[".repeat(200_000), "]".repeat(200_000)));
    assert!(wire::decode_request(&states, operation, &deep).is_err());
    let iam = Model::parse(MODELS[2]).unwrap();
    let operation = iam.operation("CreateRole").unwrap();
    let deep = body(format!("Action=CreateRole&{}=1", "a.".repeat(200_000)));
    assert!(wire::decode_request(&iam, operation, &deep).is_err());
    let answer = |text: String| HttpResponseParts {
        status: 200,
        body: text.into_bytes(),
        ..Default::default()
    };
    let deep = answer(format!("{}{}", "<a>".repeat(200_000), "</a>".repeat(200_000)));
    assert!(wire::decode_response(&iam, operation, &deep).is_err());
    // A position is never used as a size.
    let far = body("Action=CreateRole&Tags.member.4294967295.Key=k".to_owned());
    let input = wire::decode_request(&iam, operation, &far).unwrap();
    assert_eq!(input, json!({"Tags": [{"Key": "k"}]}));
}

#[test]
fn entities_do_not_expand() {
    let iam = Model::parse(MODELS[2]).unwrap();
    let operation = iam.operation("GetRole").unwrap();
    let text =
        "<!DOCTYPE a [<!ENTITY b \"bbbb\">]><GetRoleResponse><GetRoleResult/>&b;</GetRoleResponse>";
    let answer =
        HttpResponseParts { status: 200, body: text.as_bytes().to_vec(), ..Default::default() };
    assert!(wire::decode_response(&iam, operation, &answer).is_err());
}
