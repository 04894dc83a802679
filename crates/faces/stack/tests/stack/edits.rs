//! Every property of the six types of a retraining, as data: what an edit of it does on AWS.
//!
//! Sources of the expectations: the schemas of Terraform's AWS provider, on which Pulumi's stands (`ForceNew` replaces; `Computed`
//! beside `Optional` keeps what AWS has when the program leaves it out; sets have no order; documents are compared by meaning).

use crate::support::{Place, faults};

const HEAD: &str = "name: p\nruntime: yaml\n";
const ARN: &str = "arn:aws:iam::123456789012:role/r";
const OTHER: &str = "arn:aws:iam::123456789012:role/s";

/// What an edit does.
#[derive(Clone, Copy)]
enum Edit {
    /// Nothing.
    Same,
    /// These calls, in place.
    Update(&'static [&'static str]),
    /// A new resource, then the old one goes.
    Replace,
    /// The old one goes first.
    DeleteFirst,
}

use Edit::{DeleteFirst, Replace, Same, Update};

async fn check(token: &str, always: &str, [before, after]: [&str; 2], edit: Edit) {
    let program = |properties: &str| {
        let all = [always, properties].into_iter().filter(|part| !part.is_empty());
        let all = all.collect::<Vec<_>>().join(", ");
        format!("{HEAD}resources:\n  x: {{ type: {token}, properties: {{ {all} }} }}\n")
    };
    let case = format!("{token}: {before} -> {after}");
    let place = Place::new(&program(before));
    for role in ["r", "s"] {
        let key = format!("role {role}");
        place.aws.things().insert(key, serde_json::json!({ "RoleName": role }));
    }
    let up = place.up().await.0;
    up.unwrap_or_else(|error| panic!("{case}: {error} {:?}", faults(error.diagnostics())));
    place.write("Pulumi.yaml", &program(after));
    place.aws.take_calls();
    let (result, recorder) = place.up().await;
    result.unwrap_or_else(|error| panic!("{case}: {error} {:?}", faults(error.diagnostics())));
    let calls = place.aws.take_calls();
    let looks = |call: &&String| !call.starts_with("Get") && !call.starts_with("Describe");
    let changing: Vec<&String> = calls.iter().filter(looks).collect();
    match edit {
        Same => {
            assert_eq!(recorder.plan(), Vec::<String>::new(), "{case}");
            assert_eq!(changing, Vec::<&String>::new(), "{case}");
        }
        Update(expected) => {
            assert_eq!(recorder.plan(), ["update x"], "{case}");
            assert_eq!(changing, expected, "{case}");
        }
        Replace | DeleteFirst => {
            assert_eq!(recorder.plan(), ["replace x"], "{case}");
            let deletes =
                |call: &&&String| call.starts_with("Delete") || call.starts_with("Remove");
            let is_first = changing.first().is_some_and(|first| deletes(&first));
            assert_eq!(is_first, matches!(edit, DeleteFirst), "{case}: {changing:?}");
            assert!(changing.iter().any(|call| deletes(&call)), "{case}: {changing:?}");
        }
    }
    let (again, recorder) = place.up().await;
    assert!(again.expect("deployable").is_unchanged(), "{case}: {:?}", recorder.plan());
}

async fn check_all(token: &str, always: &str, cases: &[(&str, &str, Edit)]) {
    for (before, after, edit) in cases {
        check(token, always, [before, after], *edit).await;
    }
}

#[tokio::test]
async fn role() {
    let always = "";
    let trust = "assumeRolePolicy: { Statement: { Action: a } }";
    let with = |rest: &str| format!("{trust}, {rest}");
    let cases: Vec<(String, String, Edit)> = vec![
        (
            trust.to_owned(),
            "assumeRolePolicy: { Statement: { Action: b } }".to_owned(),
            Update(&["UpdateAssumeRolePolicy"]),
        ),
        // The same policy, written in other ways.
        (
            trust.to_owned(),
            "assumeRolePolicy: '{\"Statement\": [{\"Action\": [\"a\"]}]}'".to_owned(),
            Same,
        ),
        (with("description: a"), with("description: b"), Update(&["UpdateRole"])),
        (with("description: a"), trust.to_owned(), Update(&["UpdateRole"])),
        (trust.to_owned(), with("maxSessionDuration: 3600"), Same),
        (trust.to_owned(), with("maxSessionDuration: 7200"), Update(&["UpdateRole"])),
        (trust.to_owned(), with("path: /"), Same),
        (trust.to_owned(), with("path: /a/"), Replace),
        (with("name: a"), with("name: b"), DeleteFirst),
        (with("namePrefix: a"), with("namePrefix: b"), Replace),
        (trust.to_owned(), with("forceDetachPolicies: true"), Update(&[])),
        (with("managedPolicyArns: [a, b]"), with("managedPolicyArns: [b, a]"), Same),
        // Left out, it is no longer looked at; an empty list takes everything away.
        (with("managedPolicyArns: [a]"), trust.to_owned(), Same),
        (
            with("managedPolicyArns: [a]"),
            with("managedPolicyArns: []"),
            Update(&["DetachRolePolicy"]),
        ),
        (
            with("managedPolicyArns: [a, b]"),
            with("managedPolicyArns: [b, c]"),
            Update(&["AttachRolePolicy", "DetachRolePolicy"]),
        ),
        (with("inlinePolicies: [{ name: a, policy: {} }]"), trust.to_owned(), Same),
        (
            with("inlinePolicies: [{ name: a, policy: { x: 1 } }]"),
            with("inlinePolicies: [{ name: a, policy: { x: 2 } }]"),
            Update(&["PutRolePolicy"]),
        ),
        (
            with("permissionsBoundary: a"),
            trust.to_owned(),
            Update(&["DeleteRolePermissionsBoundary"]),
        ),
        (
            with("permissionsBoundary: a"),
            with("permissionsBoundary: b"),
            Update(&["PutRolePermissionsBoundary"]),
        ),
        (with("tags: { a: b }"), with("tags: { a: c }"), Update(&["TagRole"])),
        (with("tags: { a: b }"), trust.to_owned(), Update(&["UntagRole"])),
    ];
    for (before, after, edit) in &cases {
        check("aws:iam:Role", always, [before, after], *edit).await;
    }
}

#[tokio::test]
async fn role_policy() {
    let cases: &[(&str, &str, Edit)] = &[
        ("role: r, policy: { Statement: [] }", "role: r, policy: '{ \"Statement\": [] }'", Same),
        (
            "role: r, policy: { Version: a }",
            "role: r, policy: { Version: b }",
            Update(&["PutRolePolicy"]),
        ),
        ("role: r, policy: {}", "role: s, policy: {}", Replace),
        ("role: r, name: a, policy: {}", "role: r, name: b, policy: {}", DeleteFirst),
        ("role: r, namePrefix: a, policy: {}", "role: r, namePrefix: b, policy: {}", Replace),
    ];
    check_all("aws:iam:RolePolicy", "", cases).await;
}

#[tokio::test]
async fn state_machine() {
    const ONE: &str = "definition: { StartAt: A, States: { A: { Type: Succeed } } }";
    let text = "definition: '{ \"States\": {\"A\": {\"Type\": \"Succeed\"}}, \"StartAt\": \"A\" }'";
    let two = "definition: { StartAt: B, States: { B: { Type: Succeed } } }";
    let role = format!("roleArn: {ARN}");
    let moved = format!("roleArn: {OTHER}, {ONE}");
    let with = |rest: &str| format!("{role}, {ONE}, {rest}");
    let plain = format!("{role}, {ONE}");
    let on = with("loggingConfiguration: { level: ALL, logDestination: x }");
    let errors = with("loggingConfiguration: { level: ERROR, logDestination: x }");
    let cases: Vec<(String, String, Edit)> = vec![
        (plain.clone(), format!("{role}, {text}"), Same),
        (plain.clone(), format!("{role}, {two}"), Update(&["UpdateStateMachine"])),
        (plain.clone(), moved, Update(&["UpdateStateMachine"])),
        (plain.clone(), with("type: STANDARD"), Same),
        (plain.clone(), with("type: EXPRESS"), Replace),
        (with("name: a"), with("name: b"), DeleteFirst),
        (on.clone(), errors, Update(&["UpdateStateMachine"])),
        (plain.clone(), on.clone(), Update(&["UpdateStateMachine"])),
        // AWS keeps its logging when the program no longer speaks of it.
        (on, plain.clone(), Same),
        (with("tracingConfiguration: { enabled: true }"), plain.clone(), Same),
        (
            with("tracingConfiguration: { enabled: true }"),
            with("tracingConfiguration: { enabled: false }"),
            Update(&["UpdateStateMachine"]),
        ),
        (plain.clone(), with("publish: true"), Update(&["UpdateStateMachine"])),
        (plain.clone(), with("tags: { a: b }"), Update(&["TagResource"])),
    ];
    for (before, after, edit) in &cases {
        check("aws:sfn:StateMachine", "", [before, after], *edit).await;
    }
}

#[tokio::test]
async fn event_rule() {
    let cases: &[(&str, &str, Edit)] = &[
        (
            "scheduleExpression: rate(1 hour)",
            "scheduleExpression: rate(2 hours)",
            Update(&["PutRule"]),
        ),
        ("scheduleExpression: rate(1 hour)", "eventPattern: { source: [a] }", Update(&["PutRule"])),
        ("eventPattern: { source: [a] }", "eventPattern: '{ \"source\": [ \"a\" ] }'", Same),
        ("eventPattern: { source: [a] }", "eventPattern: { source: [b] }", Update(&["PutRule"])),
        (
            "scheduleExpression: rate(1 hour), state: DISABLED",
            "scheduleExpression: rate(1 hour)",
            Same,
        ),
        (
            "scheduleExpression: rate(1 hour), state: DISABLED",
            "scheduleExpression: rate(1 hour), state: ENABLED",
            Update(&["PutRule"]),
        ),
        (
            "scheduleExpression: rate(1 hour), isEnabled: false",
            "scheduleExpression: rate(1 hour)",
            Same,
        ),
        (
            "scheduleExpression: rate(1 hour), description: a",
            "scheduleExpression: rate(1 hour)",
            Update(&["PutRule"]),
        ),
        (
            "scheduleExpression: rate(1 hour)",
            "scheduleExpression: rate(1 hour), eventBusName: default",
            Same,
        ),
        (
            "eventPattern: { source: [a] }",
            "eventPattern: { source: [a] }, eventBusName: other",
            Replace,
        ),
        (
            "scheduleExpression: rate(1 hour), name: a",
            "scheduleExpression: rate(1 hour), name: b",
            DeleteFirst,
        ),
        (
            "scheduleExpression: rate(1 hour)",
            "scheduleExpression: rate(1 hour), forceDestroy: true",
            Update(&[]),
        ),
        (
            "scheduleExpression: rate(1 hour), tags: { a: b }",
            "scheduleExpression: rate(1 hour)",
            Update(&["UntagResource"]),
        ),
    ];
    check_all("aws:cloudwatch:EventRule", "", cases).await;
}

#[tokio::test]
async fn bucket() {
    let cases: &[(&str, &str, Edit)] = &[
        ("bucket: aaa", "bucket: bbb", DeleteFirst),
        ("bucketPrefix: aaa", "bucketPrefix: bbb", Replace),
        ("", "objectLockEnabled: true", Replace),
        ("", "forceDestroy: true", Update(&[])),
        ("tags: { a: b }", "tags: { a: c }", Update(&["PutBucketTagging"])),
        ("tags: { a: b }", "", Update(&["DeleteBucketTagging"])),
        ("", "versioning: { enabled: true }", Update(&["PutBucketVersioning"])),
        ("versioning: { enabled: true }", "", Same),
        (
            "versioning: { enabled: true }",
            "versioning: { enabled: false }",
            Update(&["PutBucketVersioning"]),
        ),
        ("policy: { Statement: [] }", "policy: '{\"Statement\":[]}'", Same),
        ("policy: { Statement: [] }", "policy: { Version: a }", Update(&["PutBucketPolicy"])),
        ("policy: { Statement: [] }", "", Same),
        (
            "",
            "serverSideEncryptionConfiguration: { rule: { applyServerSideEncryptionByDefault: { sseAlgorithm: AES256 } } }",
            Update(&["PutBucketEncryption"]),
        ),
    ];
    check_all("aws:s3:Bucket", "", cases).await;
}

#[tokio::test]
async fn function() {
    const CODE: &str = "code: { fn::assetArchive: { a.py: { fn::stringAsset: x } } }";
    let always = format!("role: {ARN}, handler: a.b, runtime: python3.12");
    let moved = CODE.replace(": x }", ": y }");
    let with = |rest: &str| format!("{CODE}, {rest}");
    let configured: Edit = Update(&["UpdateFunctionConfiguration"]);
    let cases: Vec<(String, String, Edit)> = vec![
        (CODE.to_owned(), moved, Update(&["UpdateFunctionCode"])),
        (CODE.to_owned(), with("timeout: 3"), Same),
        (CODE.to_owned(), with("timeout: 30"), configured),
        (CODE.to_owned(), with("memorySize: 128"), Same),
        (CODE.to_owned(), with("memorySize: \"256\""), configured),
        (with("description: a"), CODE.to_owned(), configured),
        (with("environment: { variables: { A: b } }"), CODE.to_owned(), configured),
        (
            with("environment: { variables: { A: b } }"),
            with("environment: { variables: { A: c } }"),
            configured,
        ),
        (with("layers: [a, b]"), with("layers: [b, a]"), configured),
        (CODE.to_owned(), with("packageType: Zip"), Same),
        (with("name: a"), with("name: b"), DeleteFirst),
        // AWS keeps these.
        (with("ephemeralStorage: { size: 1024 }"), CODE.to_owned(), Same),
        (with("architectures: [arm64]"), CODE.to_owned(), Same),
        (
            with("architectures: [arm64]"),
            with("architectures: [x86_64]"),
            Update(&["UpdateFunctionCode"]),
        ),
        (with("loggingConfig: { logFormat: JSON }"), CODE.to_owned(), Same),
        (with("tracingConfig: { mode: Active }"), CODE.to_owned(), Same),
        (CODE.to_owned(), with("reservedConcurrentExecutions: -1"), Same),
        (
            CODE.to_owned(),
            with("reservedConcurrentExecutions: 2"),
            Update(&["PutFunctionConcurrency"]),
        ),
        (
            with("reservedConcurrentExecutions: 2"),
            CODE.to_owned(),
            Update(&["DeleteFunctionConcurrency"]),
        ),
        (
            with("vpcConfig: { securityGroupIds: [a, b], subnetIds: [c, d] }"),
            with("vpcConfig: { securityGroupIds: [b, a], subnetIds: [d, c] }"),
            Same,
        ),
        (CODE.to_owned(), with("skipDestroy: true"), Update(&[])),
        (with("tags: { a: b }"), with("tags: { a: c }"), Update(&["TagResource"])),
    ];
    for (before, after, edit) in &cases {
        check("aws:lambda:Function", &always, [before, after], *edit).await;
    }
}

#[tokio::test]
async fn event_target() {
    let always = "rule: r";
    let put = Update(&["PutTargets"]);
    let cases: &[(&str, &str, Edit)] = &[
        ("arn: a", "arn: b", put),
        ("arn: a, input: '{\"x\": 1}'", "arn: a, input: '{ \"x\" : 1 }'", Same),
        ("arn: a, input: x", "arn: a", put),
        ("arn: a, inputPath: $.x", "arn: a, inputPath: $.y", put),
        ("arn: a, targetId: x", "arn: a, targetId: y", DeleteFirst),
        ("arn: a", "arn: a, eventBusName: default", Same),
        ("arn: a", "arn: a, retryPolicy: { maximumRetryAttempts: 1 }", put),
        ("arn: a", "arn: a, forceDestroy: true", Update(&[])),
    ];
    check_all("aws:cloudwatch:EventTarget", always, cases).await;
    check("aws:cloudwatch:EventTarget", "arn: a", ["rule: r", "rule: s"], Replace).await;
}
