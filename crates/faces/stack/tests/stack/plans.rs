//! Plans as data: a deployed program, a changed one, and what has to be done; then what is really called.

use crate::support::{Place, faults};
use stack::{Error, Operation};

const HEAD: &str = "name: p\nruntime: yaml\n";
const ROLE: &str = "assumeRolePolicy: { Version: \"2012-10-17\", Statement: { Effect: Allow, Action: \"sts:AssumeRole\", Principal: { Service: x } } }";

/// Deploys `before`, then tells what `after` would do and which calls it makes.
async fn check(before: &str, after: &str, plan: &[&str], calls: &[&str]) {
    let place = Place::new(&format!("{HEAD}{before}"));
    place
        .up()
        .await
        .0
        .unwrap_or_else(|error| panic!("{before}: {error} {:?}", faults(error.diagnostics())));
    place.write("Pulumi.yaml", &format!("{HEAD}{after}"));
    place.aws.take_calls();
    let (result, recorder) = place.preview().await;
    result.unwrap_or_else(|error| panic!("{after}: {error} {:?}", faults(error.diagnostics())));
    assert_eq!(recorder.plan(), plan, "{after}");
    assert_eq!(place.aws.take_calls(), Vec::<String>::new(), "a preview of {after}");
    let (result, recorder) = place.up().await;
    result.unwrap_or_else(|error| panic!("{after}: {error} {:?}", faults(error.diagnostics())));
    assert_eq!(recorder.plan(), plan, "the plan of {after}");
    assert_eq!(place.aws.take_calls(), calls, "{after}");
    let (again, recorder) = place.up().await;
    assert!(again.expect("deployable").is_unchanged(), "{after}: {:?}", recorder.plan());
    assert_eq!(place.aws.take_calls(), Vec::<String>::new(), "once more {after}");
    place.destroy().await.0.expect("deletable");
    assert_eq!(place.aws.names(), Vec::<String>::new(), "{after}");
}

#[tokio::test]
async fn one_resource() {
    let topic = |properties: &str| {
        format!("resources:\n  t: {{ type: aws:sns:Topic, properties: {{ {properties} }} }}\n")
    };
    let cases: &[(&str, &str, &[&str], &[&str])] = &[
        ("displayName: a", "displayName: a", &[], &[]),
        ("displayName: a", "displayName: b", &["update t"], &["SetTopicAttributes"]),
        ("displayName: a", "", &["update t"], &["SetTopicAttributes"]),
        ("tags: { a: \"1\" }", "tags: { a: \"2\", b: x }", &["update t"], &["TagResource"]),
        ("tags: { a: \"1\" }", "", &["update t"], &["UntagResource"]),
        ("tags: { a: 1 }", "tags: { a: \"1\" }", &[], &[]),
        (
            "name: a",
            "name: b",
            &["replace t"],
            &["DeleteTopic", "CreateTopic", "GetTopicAttributes"],
        ),
        (
            "",
            "fifoTopic: true",
            &["replace t"],
            &["CreateTopic", "GetTopicAttributes", "DeleteTopic"],
        ),
        (
            "policy: '{\"Version\": \"1\", \"Statement\": [{\"Action\": \"a\"}]}'",
            "policy: { Statement: { Action: [a] }, Version: \"1\" }",
            &[],
            &[],
        ),
    ];
    for (before, after, plan, calls) in cases {
        check(&topic(before), &topic(after), plan, calls).await;
    }
}

#[tokio::test]
async fn roles() {
    let role = |rest: &str| {
        format!("resources:\n  r: {{ type: aws:iam:Role, properties: {{ {ROLE}{rest} }} }}\n")
    };
    let cases: &[(&str, &str, &[&str], &[&str])] = &[
        (", description: a", ", description: b", &["update r"], &["UpdateRole"]),
        ("", ", path: /x/", &["replace r"], &["CreateRole", "DeleteRole"]),
        (
            ", managedPolicyArns: [a, b]",
            ", managedPolicyArns: [b, c]",
            &["update r"],
            &["AttachRolePolicy", "DetachRolePolicy"],
        ),
        (
            ", inlinePolicies: [{ name: a, policy: { x: 1 } }, { name: b, policy: {} }]",
            ", inlinePolicies: [{ name: a, policy: { x: 2 } }]",
            &["update r"],
            &["DeleteRolePolicy", "PutRolePolicy"],
        ),
        ("", ", permissionsBoundary: a", &["update r"], &["PutRolePermissionsBoundary"]),
        (", permissionsBoundary: a", "", &["update r"], &["DeleteRolePermissionsBoundary"]),
    ];
    for (before, after, plan, calls) in cases {
        check(&role(before), &role(after), plan, calls).await;
    }
}

#[tokio::test]
async fn several_resources() {
    let two = "resources:\n  b: { type: aws:s3:Bucket }\n  o: { type: aws:s3:BucketObjectv2, properties: { bucket: \"${b.id}\", key: k, content: x } }\n";
    let named = "resources:\n  b: { type: aws:s3:Bucket, properties: { bucket: own-name } }\n  o: { type: aws:s3:BucketObjectv2, properties: { bucket: \"${b.id}\", key: k, content: x } }\n";
    let renamed = "resources:\n  b: { type: aws:s3:Bucket, properties: { bucket: other-name } }\n  o: { type: aws:s3:BucketObjectv2, properties: { bucket: \"${b.id}\", key: k, content: x } }\n";
    // What refers to a bucket that must go first goes before it.
    check(
        named,
        renamed,
        &["replace b", "replace o"],
        &["DeleteObject", "DeleteBucket", "CreateBucket", "PutObject"],
    )
    .await;
    // A new name of its own: both buckets are there for a while.
    check(
        two,
        "resources:\n  o2: { type: aws:sns:Topic }\n",
        &["create o2", "delete b", "delete o"],
        &["CreateTopic", "GetTopicAttributes", "DeleteObject", "DeleteBucket"],
    )
    .await;
    check(two, &two.replace("content: x", "content: y"), &["update o"], &["PutObject"]).await;
    let alias = two.replace("  b: {", "  bb: {").replace("${b.id}", "${bb.id}");
    let alias =
        alias.replace("type: aws:s3:Bucket }", "type: aws:s3:Bucket, options: { aliases: [b] } }");
    check(two, &alias, &[], &[]).await;
}

#[tokio::test]
async fn options() {
    let topic = |properties: &str, options: &str| {
        format!(
            "resources:\n  t: {{ type: aws:sns:Topic, properties: {{ {properties} }}, options: {{ {options} }} }}\n"
        )
    };
    check(
        &topic("displayName: a", ""),
        &topic("displayName: b", "ignoreChanges: [displayName]"),
        &[],
        &[],
    )
    .await;
    check(
        &topic("tags: { a: x, b: y }", ""),
        &topic("tags: { a: z, b: w }", "ignoreChanges: [tags.a]"),
        &["update t"],
        &["TagResource"],
    )
    .await;
    check(
        &topic("displayName: a", ""),
        &topic("displayName: b", "replaceOnChanges: [displayName]"),
        &["replace t"],
        &["CreateTopic", "GetTopicAttributes", "DeleteTopic"],
    )
    .await;
    check(
        &topic("displayName: a", ""),
        &topic("displayName: b", "replaceOnChanges: [\"*\"], deleteBeforeReplace: true"),
        &["replace t"],
        &["DeleteTopic", "CreateTopic", "GetTopicAttributes"],
    )
    .await;
}

#[tokio::test]
async fn protected_resources_stay() {
    let protected = "resources:\n  t: { type: aws:sns:Topic, properties: { name: a }, options: { protect: true } }\n";
    let place = Place::new(&format!("{HEAD}{protected}"));
    place.up().await.0.expect("deployable");
    for program in ["resources: {}\n", &protected.replace("name: a", "name: b")] {
        place.write("Pulumi.yaml", &format!("{HEAD}{program}"));
        let error = place.up().await.0.expect_err("protected");
        assert!(matches!(error, Error::Invalid { .. }), "{error}");
        assert!(error.diagnostics()[0].message.contains("protected"), "{program}");
    }
    assert!(matches!(place.destroy().await.0, Err(Error::Invalid { .. })));
    assert_eq!(place.aws.names(), ["topic a"]);
    let retained = protected.replace("protect: true", "retainOnDelete: true");
    place.write("Pulumi.yaml", &format!("{HEAD}{retained}"));
    place.up().await.0.expect("deployable");
    let (down, recorder) = place.destroy().await;
    assert_eq!(down.expect("deletable").resources, 0);
    assert_eq!(recorder.plan(), ["forget t"]);
    assert_eq!(place.aws.names(), ["topic a"]);
}

#[tokio::test]
async fn existing_resources() {
    let place = Place::new(&format!(
        "{HEAD}resources:\n  r: {{ type: aws:iam:Role, properties: {{ {ROLE}, name: there, description: d }}, options: {{ import: there }} }}\n"
    ));
    let missing = place.up().await.0.expect_err("it is not there");
    assert!(missing.diagnostics()[0].message.contains("does not exist"), "{missing:?}");
    let there = serde_json::json!({ "RoleName": "there", "Description": "e" });
    place.aws.things().insert("role there".to_owned(), there);
    let differs = place.up().await.0.expect_err("the description differs");
    assert_eq!(differs.diagnostics()[0].hint.as_deref(), Some("these differ: description"));
    let there = serde_json::json!({ "RoleName": "there", "Description": "d" });
    place.aws.things().insert("role there".to_owned(), there);
    let (up, recorder) = place.up().await;
    up.expect("importable");
    assert_eq!(recorder.lines, ["import r"]);
    assert!(place.up().await.0.expect("deployable").is_unchanged());
    // What is only read is never deleted.
    let get = "resources:\n  r: { type: aws:iam:Role, get: { id: there } }\noutputs: { name: \"${r.name}\" }\n";
    let other = Place::new(&format!("{HEAD}{get}"));
    other.aws.things().insert("role there".to_owned(), serde_json::json!({ "RoleName": "there" }));
    assert_eq!(other.up().await.0.expect("readable").outputs["name"], "there");
    other.destroy().await.0.expect("deletable");
    assert_eq!(other.aws.names(), ["role there"]);
}

/// Adoption by a command: what is there is kept in the state, and told as YAML that changes nothing.
#[tokio::test]
async fn taken_in() {
    let place = Place::new(&format!(
        "{HEAD}resources:\n  t: {{ type: aws:sns:Topic, properties: {{ name: kept }} }}\n"
    ));
    place.up().await.0.expect("deployable");
    let answer = serde_json::json!({ "Attributes": {
        "QueueArn": "arn:aws:sqs:us-east-1:123456789012:jobs", "VisibilityTimeout": "45",
        "DelaySeconds": "0", "MaximumMessageSize": "262144", "MessageRetentionPeriod": "345600",
        "RedrivePolicy": "{\"maxReceiveCount\":3}", "SqsManagedSseEnabled": "true",
    } });
    place.aws.answer("GetQueueAttributes", answer);
    place
        .aws
        .answer("ListQueueTags", serde_json::json!({ "Tags": { "team": "ml", "aws:x": "y" } }));
    let import = |resource_type: &str, name: &str, id: &str| stack::Import {
        resource_type: resource_type.to_owned(),
        name: name.to_owned(),
        id: id.to_owned(),
        protect: true,
        parent: None,
    };
    let run = async |what: stack::Import| {
        let mut recorder = crate::support::Recorder::default();
        let result = place.project().import(&place.options, &what, &mut recorder).await;
        (result, recorder.lines)
    };
    let url = "http://queue/123456789012/jobs";
    let (imported, lines) = run(import("aws:sqs:Queue", "jobs", url)).await;
    let imported =
        imported.unwrap_or_else(|error| panic!("{error} {:?}", faults(error.diagnostics())));
    assert_eq!(lines, ["import jobs"]);
    let yaml = "  jobs:\n    type: aws:sqs:Queue\n    properties:\n      name: jobs\n      redrivePolicy:\n        fn::toJSON:\n          maxReceiveCount: 3\n      sqsManagedSseEnabled: true\n      tags:\n        team: ml\n      visibilityTimeoutSeconds: 45\n    options:\n      protect: true\n";
    assert_eq!(imported.yaml, yaml);
    // With that the program has what the stack has; without it nothing is deleted that is protected.
    let without = place.up().await.0.expect_err("it is protected");
    assert!(without.diagnostics()[0].message.contains("is protected"), "{without:?}");
    let program = std::fs::read_to_string(place.folder.join("Pulumi.yaml")).expect("there");
    place.write("Pulumi.yaml", &format!("{program}{yaml}"));
    let (up, recorder) = place.up().await;
    assert!(up.expect("deployable").is_unchanged(), "{:?}", recorder.plan());
    for (what, message) in [
        (import("aws:sqs:Queue", "jobs", url), "the stack has aws:sqs:Queue `jobs` already"),
        (import("aws:sqs:Queu", "x", url), "refit has no resources of type `aws:sqs:Queu`"),
        (import("aws:iam:Role", "x", "nobody"), "aws:iam:Role `nobody` does not exist"),
        (import("aws:lambda:Function", "x", "f"), "aws:lambda:Function `f` does not exist"),
        (
            stack::Import { parent: Some("urn:x".to_owned()), ..import("aws:sqs:Queue", "x", url) },
            "the stack has no urn:x",
        ),
    ] {
        let error = run(what).await.0.expect_err(message);
        assert!(error.diagnostics()[0].message.contains(message), "{message}: {error:?}");
    }
    assert!(place.up().await.0.expect("deployable").is_unchanged());
}

#[tokio::test]
async fn what_cannot_be_read() {
    let place = Place::new(&format!(
        "{HEAD}resources:\n  q: {{ type: aws:sqs:Queue, properties: {{ tags: {{ a: b }} }} }}\n"
    ));
    place.up().await.0.expect("deployable");
    let denied = "is not authorized to perform: sqs:ListQueueTags";
    place.aws.refuse("ListQueueTags", "AccessDenied", denied);
    place.aws.answer(
        "GetQueueAttributes",
        serde_json::json!({ "Attributes": { "VisibilityTimeout": "30" } }),
    );
    let mut recorder = crate::support::Recorder::default();
    place.project().refresh(&place.options, &mut recorder).await.expect("readable");
    assert_eq!(recorder.lines, ["same q"]);
    let note = &recorder.notes[0].message;
    assert!(note.starts_with("aws:sqs:Queue `q`: tags: ") && note.contains(denied), "{note}");
    assert!(place.up().await.0.expect("deployable").is_unchanged());
}

#[tokio::test]
async fn gone_elsewhere() {
    let place = Place::new(&format!(
        "{HEAD}resources:\n  r: {{ type: aws:iam:Role, properties: {{ {ROLE}, description: d }} }}\n  q: {{ type: aws:sns:Topic }}\n"
    ));
    place.up().await.0.expect("deployable");
    place.aws.things().retain(|name, _| name.starts_with("role"));
    let mut recorder = crate::support::Recorder::default();
    place.project().refresh(&place.options, &mut recorder).await.expect("readable");
    recorder.lines.sort();
    assert_eq!(recorder.lines, ["forget q", "same r"]);
    let (up, recorder) = place.up().await;
    up.expect("deployable");
    assert_eq!(recorder.plan(), ["create q"]);
    // Changed elsewhere: the next update puts it right.
    for thing in place.aws.things().values_mut() {
        if thing.get("Description").is_some() {
            thing["Description"] = "changed".into();
        }
    }
    place
        .project()
        .refresh(&place.options, &mut crate::support::Recorder::default())
        .await
        .expect("readable");
    assert_eq!(place.up().await.1.plan(), ["update r"]);
    // What is not there any more is as good as deleted.
    place.aws.things().clear();
    place.destroy().await.0.expect("deletable");
}

#[tokio::test]
async fn names_are_automatic_and_kept() {
    let program = "resources:\n  a-bucket: { type: aws:s3:Bucket }\n  UPPER: { type: aws:s3:Bucket }\n  t: { type: aws:sns:Topic, properties: { fifoTopic: true } }\n  p: { type: aws:sns:Topic, properties: { namePrefix: pre } }\n  o: { type: aws:s3:BucketObjectv2, properties: { bucket: \"${UPPER}\", content: x } }\n";
    let place = Place::new(&format!("{HEAD}{program}"));
    place.up().await.0.expect("deployable");
    let first = place.resources();
    let name = |resource: &str, property: &str| {
        first[resource][property].as_str().expect("text").to_owned()
    };
    let suffix = |text: &str| text.len() == 7 && text.chars().all(|c| c.is_ascii_hexdigit());
    assert!(name("a-bucket", "bucket").strip_prefix("a-bucket-").is_some_and(suffix));
    assert!(name("UPPER", "bucket").strip_prefix("upper-").is_some_and(suffix));
    assert!(
        name("t", "name")
            .strip_prefix("t-")
            .and_then(|n| n.strip_suffix(".fifo"))
            .is_some_and(suffix)
    );
    assert!(name("p", "name").strip_prefix("pre").is_some_and(suffix));
    assert_eq!(name("o", "key"), "o");
    place.up().await.0.expect("deployable");
    assert_eq!(place.resources(), first);
}

#[tokio::test]
async fn what_aws_is_told() {
    let place = Place::new(&format!(
        "{HEAD}resources:\n  q: {{ type: aws:sqs:Queue, properties: {{ delaySeconds: 5, tags: {{ a: b }} }} }}\n  \
         f:\n    type: aws:lambda:Function\n    properties:\n      role: arn:aws:iam::123456789012:role/r\n      code: {{ fn::assetArchive: {{ a.py: {{ fn::stringAsset: x }} }} }}\n      environment: {{ variables: {{ lower_case: 1 }} }}\n      deadLetterConfig: {{ targetArn: arn }}\n  \
         o: {{ type: aws:s3:BucketObjectv2, properties: {{ bucket: b, key: k.csv, content: hi, tags: {{ \"a b\": \"c&d\" }} }} }}\n"
    ));
    place.aws.things().insert("role r".to_owned(), serde_json::json!({ "RoleName": "r" }));
    place.up().await.0.expect("deployable");
    let queue = place.aws.input("CreateQueue");
    assert_eq!(queue["Attributes"]["DelaySeconds"], "5");
    assert_eq!(queue["Attributes"]["VisibilityTimeout"], "30");
    assert_eq!(queue["tags"]["a"], "b");
    let function = place.aws.input("CreateFunction");
    assert_eq!(function["Environment"]["Variables"]["lower_case"], "1");
    assert_eq!(function["DeadLetterConfig"]["TargetArn"], "arn");
    assert_eq!((&function["MemorySize"], &function["Timeout"]), (&128.into(), &3.into()));
    assert!(function["Code"]["ZipFile"].as_str().expect("bytes").starts_with("UEsDB"));
    assert!(function.get("VpcConfig").is_none());
    let object = place.aws.input("PutObject");
    assert_eq!(object["Body"], "aGk=");
    assert_eq!(object["ContentType"], "text/csv; charset=utf-8");
    assert_eq!(object["Tagging"], "a%20b=c%26d");
    let counts = place.up().await.0.expect("deployable").changes;
    assert_eq!(counts.get(&Operation::Same), Some(&3));
}
