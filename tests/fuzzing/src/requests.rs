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
    // A byte order mark where none may be.
    "{\"k\": {\"l:\": {\" \"}\u{feff}}}",
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

/// A Parquet file is read. Texts may say it in hexadecimal digits.
pub fn rows(bytes: &[u8]) {
    let digits: Vec<u32> = bytes.iter().filter_map(|byte| char::from(*byte).to_digit(16)).collect();
    let said: Vec<u8> = digits.chunks_exact(2).map(|pair| (pair[0] * 16 + pair[1]) as u8).collect();
    for file in [bytes, &said] {
        drop(parquet::first_rows(file, 10_000));
    }
}

/// Small files as pyarrow writes them.
pub(crate) const ROWS: &[&str] = &[
    "504152311504152015244c15041500120000103c0500000000000000060000000000000015001506150a2c15041510150615061c00000003080103021504192c35001806736368656d6115020015042500180161001604191c191c26001c1504193500061019180161150216041668167026482608292c150415001502001500151015020000001668160426081670002820706172717565742d6370702d6172726f772076657273696f6e2032362e302e31191c1c0000007c00000050415231",
    "504152311504153015344c15041500120000185c80a7b6c50b0a0000738d2500c0bd3f91944e00008b3d25001500151215162c15061510150615061c00000009200200000003050103021504192c35001806736368656d6115020015062502180561745f6d73001606191c191c26001c1506193500061019180561745f6d7315021606168401168c0126582608292c15041500150200150015101502003c29061926020400000016840116062608168c01002820706172717565742d6370702d6172726f772076657273696f6e2032362e302e31191c1c0000009000000050415231",
    "504152311500159a0b15a6032c15c801150c150615061c0000001f8b080000000000020325cc314e04311000c15d41cc4f906eecf1d8f39fcb914848791ecf42509d74562fd775fddcf7f7fdfa7cbbfefafcf87a7f3c1e16366c5adab2b26dc7fa7f41094a50821294a00425284109caa00ccaa00ccaa00ccaa00ccaa00ccaa44ccaa44ccaa44ccaa44ccaa44c4a52929294a424252949494a5292b2288bb2288bb2288bb2288bb2288b5294a214a52845294a518a5294a26ccaa66ccaa66ccaa66ccaa66ccaa61ccaa11ccaa11ccaa11ccaa11ccaa134a5294d694a539ad294a634a5fb17c0879714cd0200001504192c35001806736368656d61150200150c250218017425004c1c00000016c801191c191c26001c150c1925060c19180174150416c80116c60b16d2032608491c1500150c1502003c16f80a1906192600c80100000016c60b16c801260816d203002820706172717565742d6370702d6172726f772076657273696f6e2032362e302e31191c1c0000008b00000050415231",
];
