//! Every property of the six types of a retraining, as data: what an edit of it does on AWS.
//!
//! Sources of the expectations: the schemas of Terraform's AWS provider, on which Pulumi's stands (`ForceNew` replaces; `Computed`
//! beside `Optional` keeps what AWS has when the program leaves it out; sets have no order; documents are compared by meaning).

#[path = "edits/functions.rs"]
mod functions;

use crate::support::{Place, faults};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

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
    /// refit has no call for it, and says so.
    Refused,
}

use Edit::{DeleteFirst, Refused, Replace, Same, Update};

/// A type, properties that stay, the others before and after, what the edit does.
struct Row {
    token: &'static str,
    always: String,
    before: String,
    after: String,
    edit: Edit,
}

fn rows<T: AsRef<str>>(token: &'static str, always: &str, cases: &[(T, T, Edit)]) -> Vec<Row> {
    let row = |(before, after, edit): &(T, T, Edit)| Row {
        token,
        always: always.to_owned(),
        before: before.as_ref().to_owned(),
        after: after.as_ref().to_owned(),
        edit: *edit,
    };
    cases.iter().map(row).collect()
}

async fn check(Row { token, always, before, after, edit }: &Row) {
    let program = |properties: &str| {
        let all = [always.as_str(), properties].into_iter().filter(|part| !part.is_empty());
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
    if let Refused = edit {
        let error = result.expect_err(&case);
        assert_eq!(error.diagnostics().len(), 1, "{case}");
        assert_eq!(place.aws.take_calls(), Vec::<String>::new(), "{case}");
        return;
    }
    result.unwrap_or_else(|error| panic!("{case}: {error} {:?}", faults(error.diagnostics())));
    let calls = place.aws.take_calls();
    let looks = |call: &&String| {
        !["Get", "Describe", "List"].iter().any(|looking| call.starts_with(looking))
    };
    let changing: Vec<&String> = calls.iter().filter(looks).collect();
    match edit {
        Same => {
            assert_eq!(recorder.plan(), Vec::<String>::new(), "{case}");
            assert_eq!(changing, Vec::<&String>::new(), "{case}");
        }
        Update(expected) => {
            assert_eq!(recorder.plan(), ["update x"], "{case}");
            assert_eq!(changing, *expected, "{case}");
        }
        Replace | DeleteFirst => {
            assert_eq!(recorder.plan(), ["replace x"], "{case}");
            let deletes = |call: &&&String| {
                ["Delete", "Remove", "Detach"].iter().any(|word| call.starts_with(word))
            };
            let is_first = changing.first().is_some_and(|first| deletes(&first));
            assert_eq!(is_first, matches!(edit, DeleteFirst), "{case}: {changing:?}");
            assert!(changing.iter().any(|call| deletes(&call)), "{case}: {changing:?}");
        }
        Refused => {}
    }
    let (again, recorder) = place.up().await;
    assert!(again.expect("deployable").is_unchanged(), "{case}: {:?}", recorder.plan());
}

/// The tables of the types, for which properties there are.
const TABLES: [&str; 5] = [
    include_str!("../../src/types/iam.json"),
    include_str!("../../src/types/sfn.json"),
    include_str!("../../src/types/cloudwatch.json"),
    include_str!("../../src/types/lambda.json"),
    include_str!("../../src/types/s3.json"),
];

/// Keys with their values, of the outermost level of a flow mapping without its braces.
fn fields(text: &str) -> BTreeMap<String, String> {
    let (mut depth, mut quote, mut start) = (0, None, 0);
    let mut parts = Vec::new();
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (Some(open), _) if c == open => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"') => quote = Some(c),
            (None, '{' | '[') => depth += 1,
            (None, '}' | ']') => depth -= 1,
            (None, ',') if depth == 0 => {
                parts.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    let field = |part: &str| {
        let (key, value) = part.split_once(':')?;
        Some((key.trim().to_owned(), value.trim().to_owned()))
    };
    parts.into_iter().filter_map(field).collect()
}

/// Properties of a type that a program may set, and refit deploys.
fn properties(short: &str) -> BTreeSet<String> {
    let [_, module, name] = short.split(':').collect::<Vec<_>>()[..] else { panic!("{short}") };
    let lower = format!("{}{}", name[..1].to_lowercase(), &name[1..]);
    let token = format!("aws:{module}/{lower}:{name}");
    let tables = TABLES.map(|table| serde_json::from_str::<Value>(table).expect("a table"));
    let entry = tables.iter().find_map(|table| table.get(&token)).expect("a type");
    let flags = |property: &Value| {
        let flags = property.as_str().or_else(|| property["flags"].as_str());
        flags.unwrap_or_default().to_owned()
    };
    let is_own =
        |flags: &str| !flags.split(' ').any(|word| ["computed", "unsupported"].contains(&word));
    let all = entry["properties"].as_object().expect("properties");
    let own = all.iter().filter(|(_, property)| is_own(&flags(property)));
    own.map(|(name, _)| name.clone()).collect()
}

#[test]
fn every_property_is_edited() {
    let mut edited: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for row in all_rows() {
        let (before, after) = (fields(&row.before), fields(&row.after));
        let names = before.keys().chain(after.keys());
        let names = names.filter(|name| before.get(*name) != after.get(*name)).cloned();
        edited.entry(row.token).or_default().extend(names);
    }
    let missing: Vec<(&str, Vec<String>)> = edited
        .iter()
        .map(|(token, edited)| (*token, properties(token).difference(edited).cloned().collect()))
        .filter(|(_, missing): &(_, Vec<_>)| !missing.is_empty())
        .collect();
    assert!(missing.is_empty(), "without an edit: {missing:#?}");
}

#[tokio::test]
async fn every_edit_does_what_the_provider_does() {
    for row in all_rows() {
        check(&row).await;
    }
}

fn all_rows() -> Vec<Row> {
    let tables = [
        role(),
        policy(),
        role_policy(),
        role_policy_attachment(),
        state_machine(),
        event_rule(),
        event_target(),
        functions::function(),
        permission(),
        bucket(),
    ];
    tables.into_iter().flatten().collect()
}

fn role() -> Vec<Row> {
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
    rows("aws:iam:Role", "", &cases)
}

fn role_policy() -> Vec<Row> {
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
    rows("aws:iam:RolePolicy", "", cases)
}

fn state_machine() -> Vec<Row> {
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
        (with("tags: { a: b }"), plain.clone(), Update(&["UntagResource"])),
        (with("namePrefix: a"), with("namePrefix: b"), Replace),
        (
            plain.clone(),
            with("encryptionConfiguration: { type: CUSTOMER_MANAGED_KMS_KEY, kmsKeyId: k }"),
            Update(&["UpdateStateMachine"]),
        ),
        (
            with("encryptionConfiguration: { type: CUSTOMER_MANAGED_KMS_KEY, kmsKeyId: k }"),
            plain.clone(),
            Same,
        ),
    ];
    rows("aws:sfn:StateMachine", "", &cases)
}

fn event_rule() -> Vec<Row> {
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
        (
            "scheduleExpression: rate(1 hour), namePrefix: a",
            "scheduleExpression: rate(1 hour), namePrefix: b",
            Replace,
        ),
        (
            "scheduleExpression: rate(1 hour), roleArn: \"arn:aws:iam::123456789012:role/r\"",
            "scheduleExpression: rate(1 hour), roleArn: \"arn:aws:iam::123456789012:role/s\"",
            Update(&["PutRule"]),
        ),
    ];
    rows("aws:cloudwatch:EventRule", "", cases)
}

fn bucket() -> Vec<Row> {
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
        ("", "acl: private", Refused),
    ];
    rows("aws:s3:Bucket", "", cases)
}

fn event_target() -> Vec<Row> {
    let put = Update(&["PutTargets"]);
    let cases: &[(&str, &str, Edit)] = &[
        ("rule: r, arn: a", "rule: s, arn: a", Replace),
        ("rule: r, arn: a", "rule: r, arn: b", put),
        ("rule: r, arn: a, input: '{\"x\": 1}'", "rule: r, arn: a, input: '{ \"x\" : 1 }'", Same),
        ("rule: r, arn: a, input: x", "rule: r, arn: a", put),
        ("rule: r, arn: a, inputPath: $.x", "rule: r, arn: a, inputPath: $.y", put),
        ("rule: r, arn: a, targetId: x", "rule: r, arn: a, targetId: y", DeleteFirst),
        ("rule: r, arn: a", "rule: r, arn: a, eventBusName: default", Same),
        ("rule: r, arn: a", "rule: r, arn: a, eventBusName: other", Replace),
        ("rule: r, arn: a", "rule: r, arn: a, retryPolicy: { maximumRetryAttempts: 1 }", put),
        ("rule: r, arn: a", "rule: r, arn: a, forceDestroy: true", Update(&[])),
        ("rule: r, arn: a, deadLetterConfig: { arn: q }", "rule: r, arn: a", put),
        ("rule: r, arn: a", "rule: r, arn: a, sqsTarget: { messageGroupId: g }", put),
        (
            "rule: r, arn: a, inputTransformer: { inputTemplate: '\"x\"' }",
            "rule: r, arn: a, inputTransformer: { inputPaths: { x: $.x }, inputTemplate: '\"<x>\"' }",
            put,
        ),
        (
            "rule: r, arn: a, roleArn: \"arn:aws:iam::123456789012:role/r\"",
            "rule: r, arn: a, roleArn: \"arn:aws:iam::123456789012:role/s\"",
            put,
        ),
    ];
    rows("aws:cloudwatch:EventTarget", "", cases)
}

fn policy() -> Vec<Row> {
    let cases: &[(&str, &str, Edit)] = &[
        ("policy: { Version: a }", "policy: '{ \"Version\": \"a\" }'", Same),
        ("policy: { Version: a }", "policy: { Version: b }", Update(&["CreatePolicyVersion"])),
        ("policy: {}, description: a", "policy: {}, description: b", Replace),
        ("policy: {}, name: a", "policy: {}, name: b", DeleteFirst),
        ("policy: {}, namePrefix: a", "policy: {}, namePrefix: b", Replace),
        ("policy: {}, path: /a/", "policy: {}, path: /b/", Replace),
        ("policy: {}", "policy: {}, path: /", Same),
        ("policy: {}, tags: { a: b }", "policy: {}, tags: { a: c }", Update(&["TagPolicy"])),
        ("policy: {}, tags: { a: b }", "policy: {}", Update(&["UntagPolicy"])),
        ("policy: {}", "policy: {}, delayAfterPolicyCreationInMs: 5", Update(&[])),
    ];
    rows("aws:iam:Policy", "", cases)
}

fn role_policy_attachment() -> Vec<Row> {
    // AWS keeps one attachment of a policy to a role: a new one is made when the old one is gone.
    let cases: &[(&str, &str, Edit)] = &[
        ("role: r, policyArn: a", "role: s, policyArn: a", DeleteFirst),
        ("role: r, policyArn: a", "role: r, policyArn: b", DeleteFirst),
    ];
    rows("aws:iam:RolePolicyAttachment", "", cases)
}

/// Nothing of a permission can be changed.
fn permission() -> Vec<Row> {
    let plain = "function: f, action: lambda:InvokeFunction, principal: events.amazonaws.com";
    let with = |rest: &str| format!("{plain}, {rest}");
    let plain = || plain.to_owned();
    let cases: Vec<(String, String, Edit)> = vec![
        (plain(), plain().replace("function: f", "function: g"), Replace),
        (plain(), plain().replace("InvokeFunction", "GetFunction"), Replace),
        (plain(), plain().replace("events", "s3"), Replace),
        (plain(), with("eventSourceToken: t"), Replace),
        (plain(), with("functionUrlAuthType: NONE"), Replace),
        (plain(), with("invokedViaFunctionUrl: true"), Replace),
        (plain(), with("principalOrgId: o-1"), Replace),
        (plain(), with("qualifier: one"), Replace),
        (plain(), with("sourceAccount: \"123456789012\""), Replace),
        (with("sourceArn: a"), with("sourceArn: b"), Replace),
        (with("statementId: a"), with("statementId: b"), DeleteFirst),
        (with("statementIdPrefix: a"), with("statementIdPrefix: b"), Replace),
    ];
    rows("aws:lambda:Permission", "", &cases)
}
