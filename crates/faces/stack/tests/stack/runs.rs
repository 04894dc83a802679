//! Runs that are about more or less than everything: regions, tags of providers, targets, references between stacks, limits of
//! time, stacks as things of their own, settings.

use crate::support::{Place, Recorder, faults};
use serde_json::{Value, json};
use sha2::Digest as _;
use stack::{Error, Operation, list_stacks};

const HEAD: &str = "name: p\nruntime: yaml\n";

#[tokio::test]
async fn regions() {
    let program = "resources:\n  west: { type: pulumi:providers:aws, properties: { region: us-west-2 } }\n  a: { type: aws:sns:Topic, options: { provider: \"${west}\" } }\n  b: { type: aws:sns:Topic, properties: { region: eu-west-1 } }\n  c: { type: aws:sns:Topic }\noutputs: { a: \"${a.arn}\", b: \"${b.arn}\", c: \"${c.arn}\" }\n";
    let place = Place::new(&format!("{HEAD}{program}"));
    place.up().await.0.expect("deployable");
    let regions = place.aws.take_regions();
    let of = |region: &str| {
        regions.iter().filter(|r| r.as_str() == format!("CreateTopic {region}")).count()
    };
    assert_eq!([of("us-west-2"), of("eu-west-1"), of("us-east-1")], [1, 1, 1], "{regions:?}");
    // Another region is another resource; its name can be the same.
    let moved = program.replace("us-west-2", "us-west-1");
    place.write("Pulumi.yaml", &format!("{HEAD}{moved}"));
    assert_eq!(place.up().await.1.plan(), ["replace a"]);
    let regions = place.aws.take_regions();
    assert!(regions.contains(&"CreateTopic us-west-1".to_owned()), "{regions:?}");
    assert!(regions.contains(&"DeleteTopic us-west-2".to_owned()), "{regions:?}");
    place.destroy().await.0.expect("deletable");
    let regions = place.aws.take_regions();
    assert!(regions.contains(&"DeleteTopic us-west-1".to_owned()), "{regions:?}");
    assert!(regions.contains(&"DeleteTopic eu-west-1".to_owned()), "{regions:?}");
}

#[tokio::test]
async fn default_tags() {
    let program = |tags: &str, own: &str| {
        format!(
            "{HEAD}resources:\n  west: {{ type: pulumi:providers:aws, properties: {{ defaultTags: {{ tags: {{ {tags} }} }} }} }}\n  a: {{ type: aws:sns:Topic, properties: {{ tags: {{ {own} }} }}, options: {{ provider: \"${{west}}\" }} }}\n  b: {{ type: aws:sns:Topic }}\n"
        )
    };
    let place = Place::new(&program("team: ml, a: x", "a: y"));
    place.write("Pulumi.dev.yaml", "config:\n  aws:defaultTags:\n    tags: { all: ours }\n");
    place.up().await.0.expect("deployable");
    let resources = place.resources();
    assert_eq!(resources["a"]["tagsAll"], json!({ "team": "ml", "a": "y" }));
    assert_eq!(resources["a"]["tags"], json!({ "a": "y" }));
    assert_eq!(resources["b"]["tagsAll"], json!({ "all": "ours" }));
    assert!(place.up().await.0.expect("deployable").is_unchanged());
    place.write("Pulumi.yaml", &program("team: data", "a: y"));
    place.aws.take_calls();
    assert_eq!(place.up().await.1.plan(), ["update a"]);
    assert_eq!(place.aws.take_calls(), ["TagResource"]);
    assert!(place.up().await.0.expect("deployable").is_unchanged());
}

const CHAIN: &str = "resources:\n  b: { type: aws:s3:Bucket }\n  o: { type: aws:s3:BucketObjectv2, properties: { bucket: \"${b.id}\", key: k, content: x } }\n  t: { type: aws:sns:Topic }\n";

#[tokio::test]
async fn targets() {
    let mut place = Place::new(&format!("{HEAD}{CHAIN}"));
    let urn = |kind: &str, name: &str| format!("urn:pulumi:dev::p::{kind}::{name}");
    let topic = urn("aws:sns/topic:Topic", "t");
    place.options.selection.targets = vec![topic.clone()];
    place.up().await.0.expect("deployable");
    assert_eq!(place.resources().keys().collect::<Vec<_>>(), ["t"]);
    // What a target needs must be there.
    place.options.selection.targets = vec!["**::o".to_owned()];
    let error = place.up().await.0.expect_err("its bucket is not there");
    assert!(
        error.diagnostics()[0].message.contains("`o` depends on"),
        "{:?}",
        faults(error.diagnostics())
    );
    place.options.selection.targets = vec!["**::b".to_owned()];
    place.options.selection.with_dependents = true;
    place.up().await.0.expect("deployable");
    assert_eq!(place.resources().len(), 3);
    // Edits of others are left alone.
    let edited = CHAIN
        .replace("content: x", "content: y")
        .replace("Topic }", "Topic, properties: { displayName: d } }");
    place.write("Pulumi.yaml", &format!("{HEAD}{edited}"));
    place.options.selection.targets = vec![topic.clone()];
    assert_eq!(place.up().await.1.plan(), ["update t"]);
    // A name that names nothing.
    place.options.selection.targets = vec!["**::tt".to_owned()];
    let error = place.preview().await.0.expect_err("there is no tt");
    assert!(error.diagnostics()[0].message.contains("no resource is named"), "{error:?}");
    // Deletions.
    place.options.selection =
        stack::Selection { targets: vec!["**::b".to_owned()], ..Default::default() };
    let error = place.destroy().await.0.expect_err("an object depends on it");
    assert!(error.diagnostics()[0].message.contains("`o` depends on it"), "{error:?}");
    place.options.selection.with_dependents = true;
    place.destroy().await.0.expect("deletable");
    assert_eq!(place.resources().keys().collect::<Vec<_>>(), ["t"]);
    place.options.selection = stack::Selection { replace: vec![topic], ..Default::default() };
    place.write(
        "Pulumi.yaml",
        &format!(
            "{HEAD}resources:\n  t: {{ type: aws:sns:Topic, properties: {{ displayName: d }} }}\n"
        ),
    );
    assert_eq!(place.up().await.1.plan(), ["replace t"]);
}

#[tokio::test]
async fn references_between_stacks() {
    let place = Place::new(&format!("{HEAD}{CHAIN}outputs: {{ bucket: \"${{b.id}}\" }}\n"));
    let first = place.up().await.0.expect("deployable").outputs["bucket"].clone();
    let other = "name: q\nruntime: yaml\nresources:\n  s: { type: pulumi:pulumi:StackReference, properties: { name: organization/p/dev } }\n  t: { type: aws:sns:Topic, properties: { displayName: '${s.outputs[\"bucket\"]}' } }\noutputs: { b: \"${s.outputs.bucket}\" }\n";
    place.write("Pulumi.yaml", other);
    let up = place.up().await.0.unwrap_or_else(|e| panic!("{:?}", faults(e.diagnostics())));
    assert_eq!((up.outputs["b"].clone(), up.resources), (first.clone(), 1));
    assert_eq!(place.aws.input("CreateTopic")["Attributes"]["DisplayName"], first);
    assert!(place.up().await.0.expect("deployable").is_unchanged());
    place.write("Pulumi.yaml", &other.replace("p/dev", "p/prod"));
    let error = place.up().await.0.expect_err("there is no such stack");
    assert!(error.diagnostics()[0].message.contains("has not been deployed"), "{error:?}");
    place.write("Pulumi.yaml", other);
    place.destroy().await.0.expect("deletable");
}

#[tokio::test(start_paused = true)]
async fn limits_of_time() {
    let program = "resources:\n  f:\n    type: aws:lambda:Function\n    properties: { role: arn:aws:iam::123456789012:role/r, handler: a.b, runtime: python3.12, code: { fn::assetArchive: { a: { fn::stringAsset: x } } } }\n    options: { customTimeouts: { create: 7s } }\n";
    let place = Place::new(&format!("{HEAD}{program}"));
    place.aws.things().insert("role r".to_owned(), json!({ "RoleName": "r" }));
    place.aws.answer("CreateFunction", json!({ "State": "Pending", "FunctionArn": "arn" }));
    place.aws.answer("GetFunctionConfiguration", json!({ "State": "Pending" }));
    let began = tokio::time::Instant::now();
    let error = place.up().await.0.expect_err("it never gets ready");
    assert!(error.diagnostics()[0].message.contains("still Pending after 7 seconds"), "{error:?}");
    assert!(began.elapsed().as_secs() <= 8, "{:?}", began.elapsed());
    // What was made is known, and is gone on with.
    assert_eq!(place.resources().len(), 1);
}

#[tokio::test]
async fn stacks_are_things() {
    let mut place = Place::new(&format!("{HEAD}{CHAIN}"));
    place.up().await.0.expect("deployable");
    let project = place.project();
    let names = |place: &Place| -> Vec<String> {
        let stacks = list_stacks(&place.options.state_root, Some("p")).expect("readable");
        stacks.into_iter().map(|stack| format!("{} {}", stack.name, stack.resources)).collect()
    };
    assert_eq!(names(&place), ["dev 5"]);
    // Out and in again: nothing differs.
    let exported = project.export_stack(&place.options, false).expect("exportable");
    assert_eq!(exported["version"], 3);
    let text = exported.to_string();
    assert_eq!(project.import_stack(&place.options, &text, false).expect("importable"), 5);
    assert!(place.up().await.0.expect("deployable").is_unchanged());
    let mut resources = exported["deployment"]["resources"].as_array().expect("a list").clone();
    resources.reverse();
    for (wrong, reason) in [
        (json!(1), "version"),
        (json!({ "version": 4, "deployment": {} }), "its version is 4"),
        (json!({ "version": 3 }), "no `deployment`"),
        (json!({ "version": 3, "deployment": { "resources": resources } }), "comes before"),
        (json!({ "version": 3, "deployment": { "resources": [{ "urn": 3 }] } }), "invalid type"),
        (
            json!({ "version": 3, "deployment": { "resources": [{ "urn": "urn:pulumi:x::p::a::b", "type": "a" }] } }),
            "is not of the stack p/dev",
        ),
    ] {
        let error = project.import_stack(&place.options, &wrong.to_string(), false);
        let error = error.expect_err("it is wrong").to_string();
        assert!(error.contains(reason), "{wrong}: {error}");
    }
    // Another name: the resources are the same.
    project.rename_stack(&place.options, "prod").expect("it can");
    assert_eq!(names(&place), ["prod 5"]);
    place.options.stack = "prod".to_owned();
    assert!(place.up().await.0.expect("deployable").is_unchanged());
    assert!(matches!(
        project.remove_stack(&place.options, false, false),
        Err(Error::StackInUse { resources: 3, .. })
    ));
    place.destroy().await.0.expect("deletable");
    project.remove_stack(&place.options, false, false).expect("it is empty");
    assert_eq!(names(&place), Vec::<String>::new());
    let history = project.history(&place.options).expect("readable");
    assert_eq!(history[0]["kind"], "destroy");
    assert_eq!(history[0]["resourceChanges"]["delete"], 3);
    project.create_stack(&place.options).expect("it can");
    assert!(matches!(project.create_stack(&place.options), Err(Error::StackExists { .. })));
    project.select_stack(&place.options.state_root, "prod").expect("it can");
    assert_eq!(project.selected_stack(&place.options.state_root).as_deref(), Some("prod"));
}

/// A deployment as Pulumi's own command line exports it.
#[test]
fn pulumis_own_deployments_are_taken() {
    let exported = json!({
        "version": 3,
        "deployment": {
            "manifest": { "time": "2026-01-01T00:00:00Z", "magic": "m", "version": "v3.272.0" },
            "secrets_providers": { "type": "passphrase", "state": { "salt": "v1:zC/tEy/3rV4=:v1:B8GvVd3s0trmxH69:6+hSDtyscWcNunUIxY472JXfOXS+6g==" } },
            "resources": [
                { "urn": "urn:pulumi:dev::p::pulumi:pulumi:Stack::p-dev", "custom": false, "type": "pulumi:pulumi:Stack", "created": "2026-01-01T00:00:00Z" },
                { "urn": "urn:pulumi:dev::p::pulumi:providers:aws::default_7_51_1", "custom": true, "id": "1", "type": "pulumi:providers:aws", "inputs": { "__internal": {}, "region": "us-east-1" } },
                { "urn": "urn:pulumi:dev::p::aws:sns/topic:Topic::t", "custom": true, "id": "arn", "type": "aws:sns/topic:Topic", "inputs": { "__defaults": ["name"], "name": "t-1234567" }, "outputs": { "arn": "arn", "name": "t-1234567" },
                  "parent": "urn:pulumi:dev::p::pulumi:pulumi:Stack::p-dev", "provider": "urn:pulumi:dev::p::pulumi:providers:aws::default_7_51_1::1", "propertyDependencies": { "name": null }, "sourcePosition": "project:///Pulumi.yaml#1" }
            ],
            "metadata": {}
        }
    });
    let place = Place::new(&format!("{HEAD}resources:\n  t: {{ type: aws:sns:Topic }}\n"));
    let count = place.project().import_stack(&place.options, &exported.to_string(), false);
    assert_eq!(count.expect("importable"), 3);
    let back = place.project().export_stack(&place.options, false).expect("exportable");
    let topic = &back["deployment"]["resources"][2];
    assert_eq!(topic["sourcePosition"], "project:///Pulumi.yaml#1");
    let manifest = &back["deployment"]["manifest"];
    let version = manifest["version"].as_str().expect("a text");
    assert_eq!(manifest["magic"], hex::encode(sha2::Sha256::digest(version)));
}

#[test]
fn settings() {
    let place = Place::new(&format!("{HEAD}resources: {{}}\n"));
    let project = place.project();
    let file = || std::fs::read_to_string(place.folder.join("Pulumi.dev.yaml")).unwrap_or_default();
    let set = |key: &str, value: &str, path: bool| {
        project.set_setting("dev", key, value, path, None).unwrap_or_else(|e| panic!("{key}: {e}"));
    };
    set("size", "3", false);
    assert_eq!(file(), "config:\n  p:size: \"3\"\n");
    place.write("Pulumi.dev.yaml", "# ours\nconfig:\n  # how big\n  p:size: 3 # now\n  aws:region: us-east-1\n\n# the end\nother: 1\n");
    set("size", "4", false);
    set("p:name", "a: b", false);
    set("data.list[0]", "x", true);
    set("data.list[1]", "7", true);
    set("data[\"a.b\"].on", "true", true);
    assert_eq!(
        file(),
        "# ours\nconfig:\n  # how big\n  p:size: \"4\"\n  aws:region: us-east-1\n  p:name: \"a: b\"\n  p:data:\n    list:\n      - x\n      - 7\n    a.b:\n      \"on\": true\n\n# the end\nother: 1\n"
    );
    let get =
        |key: &str, path: bool| project.setting("dev", key, path, None).map(|found| found.value);
    assert_eq!(get("data.list[1]", true).expect("there"), Some(json!(7)));
    assert_eq!(get("aws:region", false).expect("there"), Some(json!("us-east-1")));
    assert!(matches!(get("nothing", false), Err(Error::NoSetting { .. })));
    assert!(matches!(get("a..b", true), Err(Error::Path { .. })));
    assert!(project.remove_setting("dev", "data.list[0]", true).expect("it can"));
    assert!(project.remove_setting("dev", "size", false).expect("it can"));
    assert!(!project.remove_setting("dev", "size", false).expect("it can"));
    assert!(file().contains("    list:\n      - 7\n") && !file().contains("size"), "{}", file());
    let word = "hush".to_owned();
    project.set_setting("dev", "pw", "s3cret", false, Some(Some(&word))).expect("it can");
    assert!(file().starts_with("encryptionsalt: v1:") && !file().contains("s3cret"), "{}", file());
    let found = project.setting("dev", "pw", false, Some(&word)).expect("there");
    assert_eq!((found.value, found.is_secret), (Some(json!("s3cret")), true));
    assert!(matches!(
        project.setting("dev", "pw", false, Some(&"no".to_owned())),
        Err(Error::Secret(_))
    ));
    let shown = project.settings("dev", None, false).expect("readable");
    let secret = shown.iter().find(|one| one.key == "p:pw").expect("there");
    assert_eq!(secret.value, None);
    // Whatever the file was, it is read back as what was set.
    for text in [
        "",
        "config: {}\n",
        "config: { p:a: 1, p:b: [x] }\n",
        "config:\n  p:a: |\n    two\n    lines\n  p:b: 2\n",
    ] {
        place.write("Pulumi.dev.yaml", text);
        set("new", "~", false);
        set("a", "yes", false);
        assert_eq!(get("new", false).expect("there"), Some(json!("~")), "{text}{}", file());
        assert_eq!(get("a", false).expect("there"), Some(json!("yes")), "{text}{}", file());
        assert!(text.is_empty() || !text.contains("p:b") || get("b", false).is_ok(), "{}", file());
    }
}

#[tokio::test]
async fn data_sources() {
    let program = "variables:\n  r: { fn::invoke: { function: aws:iam:getRole, arguments: { name: there } } }\n  a: { fn::invoke: { function: aws:getArn, arguments: { arn: \"arn:aws:s3:::b/k\" }, return: resource } }\nresources:\n  t: { type: aws:sns:Topic, properties: { displayName: \"${r.description}\" } }\noutputs: { resource: \"${a}\", id: \"${r.id}\" }\n";
    let place = Place::new(&format!("{HEAD}{program}"));
    let error = place.preview().await.0.expect_err("no such role");
    assert_eq!(faults(error.diagnostics())[0], "4:6 aws:iam:getRole: there is none");
    place
        .aws
        .things()
        .insert("role there".to_owned(), json!({ "RoleName": "there", "Description": "d" }));
    let up = place.up().await.0.unwrap_or_else(|e| panic!("{:?}", faults(e.diagnostics())));
    assert_eq!(Value::Object(up.outputs), json!({ "resource": "b/k", "id": "there" }));
    assert_eq!(place.aws.input("CreateTopic")["Attributes"]["DisplayName"], "d");
    for (call, message) in [
        ("aws:iam:getRole, arguments: {}", "needs the property `name`"),
        ("aws:iam:getRole, arguments: { nam: x }", "has no property `nam`"),
        ("aws:getArn, arguments: { arn: x }", "`x` is no ARN"),
    ] {
        place.write(
            "Pulumi.yaml",
            &format!("{HEAD}variables:\n  x: {{ fn::invoke: {{ function: {call} }} }}\n"),
        );
        let error = place.preview().await.0.expect_err("it is wrong");
        assert!(error.diagnostics()[0].message.contains(message), "{call}: {error:?}");
    }
}

#[tokio::test]
async fn secrets_of_aws_need_a_passphrase() {
    let program = "resources:\n  u: { type: aws:iam:User, properties: { name: u } }\n  k: { type: aws:iam:AccessKey, properties: { user: \"${u.name}\" } }\noutputs: { secret: \"${k.secret}\" }\n";
    let mut place = Place::new(&format!("{HEAD}{program}"));
    let key = json!({ "AccessKey": { "AccessKeyId": "AKIA", "SecretAccessKey": "very secret", "CreateDate": 1 } });
    place.aws.answer("CreateAccessKey", key);
    let error = place.up().await.0.expect_err("nothing to seal it with");
    assert!(error.diagnostics()[0].message.contains("`secret` of aws:iam:AccessKey"), "{error:?}");
    assert!(!place.aws.take_calls().contains(&"CreateUser".to_owned()));
    place.options.passphrase = Some("hush".to_owned());
    let up = place.up().await.0.expect("deployable");
    assert_eq!(up.outputs["secret"], "[secret]");
    assert!(!place.state().to_string().contains("very secret"));
}

#[tokio::test]
async fn refreshed_first() {
    let mut place = Place::new(&format!("{HEAD}resources:\n  t: {{ type: aws:sns:Topic }}\n"));
    place.up().await.0.expect("deployable");
    place.aws.things().clear();
    place.options.refresh = true;
    assert_eq!(place.preview().await.1.plan(), ["create t", "forget t"]);
    let mut recorder = Recorder::default();
    let summary = place.project().preview_refresh(&place.options, &mut recorder).await;
    assert_eq!(summary.expect("readable").changes.get(&Operation::Forget), Some(&1));
    assert_eq!(place.resources().len(), 1, "a preview changes nothing");
    let up = place.up().await.0.expect("deployable");
    assert_eq!(up.changes.get(&Operation::Create), Some(&1));
    assert_eq!(place.aws.names().len(), 1);
}
