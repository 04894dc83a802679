//! What goes wrong half-way: failures, kills, stops, secrets, locks.

use crate::support::{Place, faults};
use serde_json::json;
use stack::{Error, Operation};

const HEAD: &str = "name: p\nruntime: yaml\n";
const THREE: &str = "resources:\n  b: { type: aws:s3:Bucket }\n  o: { type: aws:s3:BucketObjectv2, properties: { bucket: \"${b.id}\", key: k, content: x } }\n  t: { type: aws:sns:Topic }\n";

#[tokio::test]
async fn a_failure_leaves_what_was_done() {
    let place = Place::new(&format!("{HEAD}{THREE}"));
    place.aws.refuse("CreateBucket", "TooManyBuckets", "you have enough");
    let (result, recorder) = place.up().await;
    let Err(Error::Failed { diagnostics, summary }) = result else { panic!("it must fail") };
    assert_eq!(
        faults(&diagnostics),
        ["4:3 creating aws:s3:Bucket `b`: CreateBucket: you have enough (TooManyBuckets)"]
    );
    assert_eq!(summary.resources, 1);
    assert_eq!(summary.changes.get(&Operation::Skip), Some(&1));
    assert!(recorder.lines.contains(&"create t".to_owned()));
    place.aws.allow("CreateBucket");
    place.aws.take_calls();
    let (again, _) = place.up().await;
    assert_eq!(again.expect("deployable").resources, 3);
    assert_eq!(place.aws.take_calls(), ["CreateBucket", "PutObject"]);
}

#[tokio::test]
async fn nothing_is_deleted_after_a_failure() {
    let place = Place::new(&format!("{HEAD}{THREE}"));
    place.up().await.0.expect("deployable");
    place.write("Pulumi.yaml", &format!("{HEAD}resources:\n  n: {{ type: aws:s3:Bucket }}\n"));
    place.aws.refuse("CreateBucket", "TooManyBuckets", "you have enough");
    assert!(matches!(place.up().await.0, Err(Error::Failed { .. })));
    assert_eq!(place.aws.names().len(), 3);
    place.aws.allow("CreateBucket");
    place.up().await.0.expect("deployable");
    assert_eq!(place.aws.names().len(), 1);
}

#[tokio::test]
async fn a_deletion_that_fails_is_tried_again() {
    let place = Place::new(&format!("{HEAD}{THREE}"));
    place.up().await.0.expect("deployable");
    place.aws.refuse("DeleteObject", "AccessDenied", "no");
    let (result, _) = place.destroy().await;
    let Err(Error::Failed { diagnostics, summary }) = result else { panic!("it must fail") };
    assert_eq!(
        faults(&diagnostics),
        [
            "- deleting aws:s3:BucketObjectv2 `o`: DeleteObject: no (AccessDenied) [the calls are made as arn:aws:iam::123456789012:user/admin]"
        ]
    );
    // The bucket of an object that is still there stays too.
    assert_eq!(summary.resources, 2);
    place.aws.allow("DeleteObject");
    assert_eq!(place.destroy().await.0.expect("deletable").resources, 0);
    assert_eq!(place.aws.names(), Vec::<String>::new());
}

/// A state as a killed run leaves it: the step was recorded, nothing else is known.
fn kill_while_creating(place: &Place, name: &str) {
    place.edit_state(|state| {
        let latest = &mut state["checkpoint"]["latest"];
        let resources = latest["resources"].as_array_mut().expect("a list");
        let at =
            resources.iter().position(|r| r["urn"].as_str().is_some_and(|urn| urn.ends_with(name)));
        let mut resource = resources.remove(at.expect("it is there"));
        let fields = resource.as_object_mut().expect("an object");
        fields.remove("id");
        fields.remove("outputs");
        latest["pending_operations"] = json!([{ "resource": resource, "type": "creating" }]);
    });
}

/// The server died between doing and answering: what it did must be taken over, not done twice under another name.
#[tokio::test]
async fn a_lost_answer_makes_nothing_twice() {
    let place = Place::new(&format!("{HEAD}resources:\n  t: {{ type: aws:sns:Topic }}\n"));
    place.aws.lose_answer("CreateTopic");
    assert!(matches!(place.up().await.0, Err(Error::Failed { .. })));
    let made = place.aws.names();
    assert_eq!(made.len(), 1);
    assert_eq!(place.up().await.0.expect("deployable").resources, 1);
    assert_eq!(place.aws.names(), made);
    place.destroy().await.0.expect("deletable");
    assert_eq!(place.aws.names(), Vec::<String>::new());
}

#[tokio::test]
async fn a_kill_while_creating_is_found_out() {
    let program = "resources:\n  r:\n    type: aws:iam:Role\n    properties: { assumeRolePolicy: {}, inlinePolicies: [{ name: a, policy: {} }] }\n";
    // It was made before the kill: it is taken over, and completed.
    let place = Place::new(&format!("{HEAD}{program}"));
    place.up().await.0.expect("deployable");
    kill_while_creating(&place, "::r");
    place.aws.take_calls();
    let (result, _) = place.up().await;
    assert_eq!(result.expect("deployable").changes.get(&Operation::Update), Some(&1));
    let calls = place.aws.take_calls();
    assert!(
        !calls.contains(&"CreateRole".to_owned()) && calls.contains(&"PutRolePolicy".to_owned()),
        "{calls:?}"
    );
    assert!(place.up().await.0.expect("deployable").is_unchanged());
    // It was not: it is made, under the name it was to have.
    let name = place.aws.names();
    kill_while_creating(&place, "::r");
    place.aws.things().clear();
    place.up().await.0.expect("deployable");
    assert_eq!(place.aws.names()[0], name[0]);
    assert!(place.state()["checkpoint"]["latest"].get("pending_operations").is_none());
    // And a deletion of everything finds it too.
    kill_while_creating(&place, "::r");
    place.destroy().await.0.expect("deletable");
    assert!(!place.aws.names().iter().any(|name| name.starts_with("role ")));
}

#[tokio::test]
async fn a_create_that_stops_half_way_is_completed() {
    let program = "resources:\n  r:\n    type: aws:iam:Role\n    properties: { assumeRolePolicy: {}, managedPolicyArns: [a] }\n";
    let place = Place::new(&format!("{HEAD}{program}"));
    place.aws.refuse("AttachRolePolicy", "NoSuchEntity", "no policy a");
    assert!(matches!(place.up().await.0, Err(Error::Failed { .. })));
    assert_eq!(place.aws.names().len(), 1);
    place.aws.allow("AttachRolePolicy");
    place.aws.take_calls();
    place.up().await.0.expect("deployable");
    let calls = place.aws.take_calls();
    assert!(
        calls.contains(&"AttachRolePolicy".to_owned()) && !calls.contains(&"CreateRole".to_owned())
    );
    assert!(place.up().await.0.expect("deployable").is_unchanged());
}

#[tokio::test]
async fn a_stop_is_in_good_order() {
    let place = Place::new(&format!("{HEAD}{THREE}"));
    place.options.cancel.cancel();
    let (result, _) = place.up().await;
    assert!(matches!(result, Err(Error::Cancelled { .. } | Error::Invalid { .. })), "{result:?}");
    assert_eq!(place.aws.names(), Vec::<String>::new());
}

#[tokio::test]
async fn secrets_are_never_in_clear() {
    let program = "config:\n  word: { secret: true }\nresources:\n  t: { type: aws:sns:Topic, properties: { displayName: \"x-${word}\" } }\n  u: { type: aws:sns:Topic, properties: { displayName: \"${t.displayName}\" } }\noutputs: { shown: \"${t.displayName}\", arn: \"${t.arn}\" }\n";
    let mut place = Place::new(&format!("{HEAD}{program}"));
    place.options.config.push(("word".to_owned(), "hunter2".to_owned()));
    let (refused, _) = place.up().await;
    assert!(matches!(refused, Err(Error::Secret(_))), "{refused:?}");
    assert_eq!(place.aws.names(), Vec::<String>::new());
    place.options.passphrase = Some("horse".to_owned());
    let (up, recorder) = place.up().await;
    assert_eq!(up.expect("deployable").outputs["shown"], "[secret]");
    assert!(!format!("{:?}{:?}", recorder.planned, recorder.lines).contains("hunter2"));
    assert!(!place.state().to_string().contains("hunter2"));
    assert_eq!(place.aws.input("CreateTopic")["Attributes"]["DisplayName"], "x-hunter2");
    let outputs = |shown| place.project().outputs(&place.options, shown).expect("deployed");
    assert_eq!(outputs(false)["shown"], "[secret]");
    assert_eq!(outputs(true)["shown"], "x-hunter2");
    assert!(place.up().await.0.expect("deployable").is_unchanged());
}

#[tokio::test]
async fn two_runs_do_not_meet() {
    let place = Place::new(&format!("{HEAD}{THREE}"));
    place.up().await.0.expect("deployable");
    let note = place.folder.join("state/.pulumi/locks/organization/p/dev/x.json");
    let text =
        json!({ "pid": 1, "username": "someone", "hostname": "elsewhere", "timestamp": "now" });
    std::fs::write(&note, text.to_string()).expect("writable");
    let error = place.up().await.0.expect_err("locked");
    assert_eq!(
        error.to_string(),
        "the stack is locked by someone@elsewhere (process 1, since now)"
    );
}

#[tokio::test]
async fn a_stack_that_never_was() {
    let mut place = Place::new(&format!("{HEAD}{THREE}"));
    assert!(matches!(place.destroy().await.0, Err(Error::NoStack { .. })));
    assert!(matches!(place.project().outputs(&place.options, false), Err(Error::NoStack { .. })));
    place.options.stack = "../../etc".to_owned();
    assert!(matches!(place.up().await.0, Err(Error::Invalid { .. })));
}

#[tokio::test]
async fn a_broken_program_can_still_go_down() {
    let place = Place::new(&format!("{HEAD}{THREE}"));
    place.up().await.0.expect("deployable");
    place.write(
        "Pulumi.yaml",
        &format!("{HEAD}resources:\n  x: {{ type: nonsense }}\nbad: [\"${{nothing}}\"]\n"),
    );
    assert!(matches!(place.up().await.0, Err(Error::Invalid { .. })));
    assert_eq!(place.destroy().await.0.expect("deletable").resources, 0);
}

#[tokio::test]
async fn groups_of_models_are_emptied_only_when_asked() {
    let program = "resources:\n  g: { type: aws:sagemaker:ModelPackageGroup, properties: { modelPackageGroupName: g } }\n";
    let listed = json!({ "ModelPackageSummaryList": [{ "ModelPackageArn": "arn:p/1" }] });
    for (tags, goes, empties) in [
        ("", "down", true),
        ("", "up", false),
        ("\"true\"", "up", true),
        ("\"false\"", "down", false),
    ] {
        let tagged = match tags {
            "" => program.to_owned(),
            tag => program.replace(
                "Name: g }",
                &format!("Name: g, tags: {{ \"refit:force-destroy\": {tag} }} }}"),
            ),
        };
        let place = Place::new(&format!("{HEAD}{tagged}"));
        place.up().await.0.expect("deployable");
        place.aws.answer("ListModelPackages", listed.clone());
        place.aws.take_calls();
        if goes == "down" {
            place.destroy().await.0.expect("deletable");
        } else {
            place.write("Pulumi.yaml", HEAD);
            place.up().await.0.expect("deployable");
        }
        let calls = place.aws.take_calls();
        assert_eq!(
            calls.contains(&"DeleteModelPackage".to_owned()),
            empties,
            "{tags} {goes}: {calls:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_function_that_takes_its_time_is_waited_for() {
    let program = "resources:\n  f: { type: aws:lambda:Function, properties: { role: \"arn:aws:iam::210987654321:role/r\", code: { fn::assetArchive: { a: { fn::stringAsset: x } } } } }\n";
    let place = Place::new(&format!("{HEAD}{program}"));
    let pending = json!({ "FunctionArn": "arn", "State": "Pending" });
    place.aws.answer("CreateFunction", pending);
    let failed = json!({ "State": "Failed", "StateReason": "no room" });
    place.aws.answer("GetFunctionConfiguration", failed);
    let error = place.up().await.0.expect_err("it failed");
    assert!(
        error.diagnostics()[0].message.ends_with("it is Failed: no room"),
        "{:?}",
        error.diagnostics()
    );
}
