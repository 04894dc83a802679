//! Requests of every protocol, signatures, projects, files of items.

use std::sync::LazyLock;
use wire::sigv4;
use wire::{HttpRequestParts, Model};

pub(crate) const REQUESTS: &[&str] = &[
    "POST / \nx-amz-target: AWSStepFunctions.StartExecution\ncontent-type: application/x-amz-json-1.0\n\n{\"stateMachineArn\":\"arn\",\"input\":\"{}\"}",
    "POST / \ncontent-type: application/x-www-form-urlencoded\n\nAction=CreateRole&Version=2010-05-08&RoleName=r&AssumeRolePolicyDocument=%7B%7D&Tags.member.1.Key=a&Tags.member.1.Value=b",
    "PUT /bucket?lifecycle=&x=%41 \n\n<LifecycleConfiguration xmlns=\"u\"><Rule><ID>a</ID><Status>Enabled</Status><Expiration><Days>5</Days></Expiration></Rule></LifecycleConfiguration>",
    "POST /2015-03-31/functions/f/invocations?Qualifier=1 \nx-amz-invocation-type: Event\n\n{\"a\":1}",
    "POST /bucket?delete= \n\n<Delete><Object><Key>a&amp;b</Key></Object><Quiet>true</Quiet></Delete>",
];
pub(crate) const SIGNATURES: &[&str] = &[
    "GET /a%20b?x=1&y \nhost: localhost\nx-amz-date: 20260101T000000Z\nauthorization: AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260101/us-east-1/s3/aws4_request, SignedHeaders=host;x-amz-date, Signature=0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\n\nbody",
    "GET /b/k?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=A%2F20260101%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Date=20260101T000000Z&X-Amz-Expires=60&X-Amz-SignedHeaders=host&X-Amz-Signature=ab \nhost: h\n\n",
];
pub(crate) const PROJECTS: &[&str] = &[
    "name: p\nruntime: yaml\nconfig:\n  n:\n    type: string\n    default: x\nvariables:\n  v: ${n}-1\nresources:\n  role:\n    type: aws:iam:Role\n    properties:\n      assumeRolePolicy:\n        fn::toJSON: {Version: '2012-10-17'}\n  machine:\n    type: aws:sfn:StateMachine\n    properties:\n      roleArn: ${role.arn}\n      definition: |\n        {\"StartAt\": \"P\", \"States\": {\"P\": {\"Type\": \"Pass\", \"End\": true}}}\noutputs:\n  o: ${machine.arn}\n",
    "a: &x [1, {b: *x}]\n? |\n  k\n: >-\n  v\n",
];
pub(crate) const ITEMS: &[&str] = &[
    "a,b\n1,\"x\"\"y\"\n2,\n",
    "[1, {\"a\": [2]}, \"x\"]",
    "{\"a\":1}\n{\"a\":2}\r\n",
    "{\"k\": {\"l\": [1, 2]}}",
];

static MODELS: LazyLock<Vec<Model>> = LazyLock::new(|| {
    [
        include_str!("../../../crates/services/states/model.json"),
        include_str!("../../../crates/services/sqs/model.json"),
        include_str!("../../../crates/services/iam/model.json"),
        include_str!("../../../crates/services/s3/model.json"),
        include_str!("../../../crates/services/lambda/model.json"),
    ]
    .iter()
    .map(|text| Model::parse(text).expect("the models of the repository can be read"))
    .collect()
});

/// A request out of text: request line, header lines, an empty line, the body.
fn parts(bytes: &[u8]) -> HttpRequestParts {
    let end = bytes.windows(2).position(|pair| pair == b"\n\n");
    let (head, body) = end.map_or((bytes, &[][..]), |end| (&bytes[..end], &bytes[end + 2..]));
    let head = String::from_utf8_lossy(head);
    let mut lines = head.lines();
    let mut words = lines.next().unwrap_or_default().split(' ');
    let method = words.next().unwrap_or_default().to_owned();
    let target = words.next().unwrap_or_default();
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let headers = lines.filter_map(|line| line.split_once(": ")).collect();
    HttpRequestParts {
        method,
        path: path.to_owned(),
        query: query.to_owned(),
        headers,
        body: body.to_vec(),
    }
}

/// A request is routed, decoded and validated, for a service of each protocol.
pub fn request(bytes: &[u8]) {
    let parts = parts(bytes);
    for model in MODELS.iter() {
        let Ok(operation) = wire::route(model, &parts) else { continue };
        let Ok(input) = wire::decode_request(model, operation, &parts) else { continue };
        drop(wire::validate(model, operation, &input));
    }
}

/// A signature is read and verified.
pub fn signature(bytes: &[u8]) {
    let parts = parts(bytes);
    if let Ok(claim) = sigv4::parse_authorization(&parts) {
        drop(sigv4::verify(&claim, &parts, "secret", 1_767_225_600_000));
    }
}

/// A project is read, its definitions found.
pub fn project(bytes: &[u8]) {
    let folder = std::env::temp_dir().join(format!("refit-fuzzing-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder can be made");
    let file = folder.join("Pulumi.yaml");
    std::fs::write(&file, bytes).expect("a file can be written");
    drop(stack::Project::load(&folder));
    drop(stack::find_definitions(&file));
    drop(std::fs::remove_dir_all(&folder));
}

/// Items of a file are read as CSV, JSON and JSON Lines, whole and in pieces.
pub fn items(bytes: &[u8]) {
    for piece in [7, bytes.len().max(1)] {
        states::read_items(bytes, piece);
    }
}
