//! Edits of Lambda functions.

use super::Edit::{DeleteFirst, Refused, Replace, Same, Update};
use super::{ARN, Edit, HEAD, OTHER, Row, rows};
use crate::support::Place;

const CODE: &str = "code: { fn::assetArchive: { a.py: { fn::stringAsset: x } } }";
const CODE_SENT: Edit = Update(&["UpdateFunctionCode"]);
const CONFIGURED: Edit = Update(&["UpdateFunctionConfiguration"]);
/// What was taken out of the program is taken away by a call of its own.
const TWICE: Edit = Update(&["UpdateFunctionConfiguration", "UpdateFunctionConfiguration"]);

/// Beside the code, role, handler and runtime.
const SETTINGS: &[(&str, &str, Edit)] = &[
    ("", "timeout: 3", Same),
    ("", "timeout: 30", CONFIGURED),
    ("", "memorySize: 128", Same),
    ("", "memorySize: \"256\"", CONFIGURED),
    ("description: a", "", CONFIGURED),
    ("environment: { variables: { A: b } }", "", CONFIGURED),
    ("environment: { variables: { A: b } }", "environment: { variables: { A: c } }", CONFIGURED),
    ("layers: [a, b]", "layers: [b, a]", CONFIGURED),
    ("", "packageType: Zip", Same),
    ("name: a", "name: b", DeleteFirst),
    // AWS keeps these.
    ("ephemeralStorage: { size: 1024 }", "", Same),
    ("architectures: [arm64]", "", Same),
    ("loggingConfig: { logFormat: JSON }", "", Same),
    ("tracingConfig: { mode: Active }", "", Same),
    ("architectures: [arm64]", "architectures: [x86_64]", CODE_SENT),
    ("ephemeralStorage: { size: 1024 }", "ephemeralStorage: { size: 2048 }", CONFIGURED),
    ("loggingConfig: { logFormat: JSON }", "loggingConfig: { logFormat: Text }", CONFIGURED),
    ("", "tracingConfig: { mode: Active }", CONFIGURED),
    ("", "reservedConcurrentExecutions: -1", Same),
    ("", "reservedConcurrentExecutions: 2", Update(&["PutFunctionConcurrency"])),
    ("reservedConcurrentExecutions: 2", "", Update(&["DeleteFunctionConcurrency"])),
    (
        "vpcConfig: { securityGroupIds: [a, b], subnetIds: [c, d] }",
        "vpcConfig: { securityGroupIds: [b, a], subnetIds: [d, c] }",
        Same,
    ),
    ("", "skipDestroy: true", Update(&[])),
    ("tags: { a: b }", "tags: { a: c }", Update(&["TagResource"])),
    ("tags: { a: b }", "", Update(&["UntagResource"])),
    ("", "deadLetterConfig: { targetArn: q }", CONFIGURED),
    ("deadLetterConfig: { targetArn: q }", "", TWICE),
    ("", "fileSystemConfig: { arn: a, localMountPath: /mnt/a }", CONFIGURED),
    ("fileSystemConfig: { arn: a, localMountPath: /mnt/a }", "", TWICE),
    ("kmsKeyArn: a", "kmsKeyArn: b", CONFIGURED),
    ("snapStart: { applyOn: None }", "snapStart: { applyOn: PublishedVersions }", CONFIGURED),
    ("", "publish: true", Update(&["PublishVersion"])),
    ("", "codeSigningConfigArn: c", Refused),
    ("", "useResourceTimeoutForPropagation: true", Update(&[])),
    ("", "codeSha256: c2hh", Update(&[])),
    ("", "sourceCodeHash: c2hh", CODE_SENT),
];

pub(super) fn function() -> Vec<Row> {
    let main = format!("role: {ARN}, handler: a.b, runtime: python3.12");
    let image = |rest: &str| format!("role: {ARN}, packageType: Image, imageUri: u/a:1{rest}");
    let from_s3 = |rest: &str| format!("{main}, s3Bucket: a, s3Key: k{rest}");
    let of = |role: &str, handler: &str, runtime: &str| {
        format!("{CODE}, role: {role}, handler: {handler}, runtime: {runtime}")
    };
    let plain = || of(ARN, "a.b", "python3.12");
    let whole: Vec<(String, String, Edit)> = vec![
        (plain(), plain().replace(": x }", ": y }"), CODE_SENT),
        (plain(), of(OTHER, "a.b", "python3.12"), CONFIGURED),
        (plain(), of(ARN, "a.c", "python3.12"), CONFIGURED),
        (plain(), of(ARN, "a.b", "python3.13"), CONFIGURED),
        (image(""), image("").replace("a:1", "a:2"), CODE_SENT),
        (image(""), image(", imageConfig: { commands: [x] }"), CONFIGURED),
        (image(", imageConfig: { commands: [x] }"), image(""), TWICE),
        (image(""), plain(), Replace),
        (from_s3(""), from_s3("").replace("s3Bucket: a", "s3Bucket: b"), CODE_SENT),
        (from_s3(""), from_s3("").replace("s3Key: k", "s3Key: l"), CODE_SENT),
        (from_s3(""), from_s3(", s3ObjectVersion: v"), CODE_SENT),
    ];
    let mut all = rows("aws:lambda:Function", &format!("{CODE}, {main}"), SETTINGS);
    all.extend(rows("aws:lambda:Function", "", &whole));
    all
}

/// What is taken out of the program must be sent as nothing: what is not sent, AWS keeps.
#[tokio::test]
async fn what_is_taken_out_is_sent_as_nothing() {
    let image = "role: \"arn:aws:iam::123456789012:role/r\", packageType: Image, imageUri: u/a:1";
    let cases = [
        ("fileSystemConfig: { arn: a, localMountPath: /mnt/a }", "FileSystemConfigs", "[]"),
        ("imageConfig: { commands: [x] }", "ImageConfig", "{}"),
        ("layers: [a]", "Layers", "[]"),
        ("environment: { variables: { A: b } }", "Environment", "{\"Variables\":{}}"),
        ("description: a", "Description", "\"\""),
        ("kmsKeyArn: a", "KMSKeyArn", "\"\""),
        ("deadLetterConfig: { targetArn: q }", "DeadLetterConfig", "{\"TargetArn\":\"\"}"),
    ];
    for (property, member, nothing) in cases {
        let program = |rest: &str| {
            format!(
                "{HEAD}resources:\n  x: {{ type: aws:lambda:Function, properties: {{ {image}{rest} }} }}\n"
            )
        };
        let place = Place::new(&program(&format!(", {property}")));
        place.aws.things().insert("role r".to_owned(), serde_json::json!({ "RoleName": "r" }));
        place.up().await.0.expect("deployable");
        place.write("Pulumi.yaml", &program(""));
        place.up().await.0.expect("deployable");
        let input = place.aws.input("UpdateFunctionConfiguration");
        assert_eq!(input[member].to_string(), nothing, "{property}: {input}");
    }
}
