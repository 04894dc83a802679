//! The repository's example, against a scripted AWS.

use crate::support::{Fake, Recorder, faults, weather};
use stack::{Options, Project};
use std::sync::Arc;

#[tokio::test]
async fn its_definition_is_found_and_sound() {
    let found = stack::find_definitions(&weather().join("Pulumi.yaml")).expect("a project");
    let names: Vec<&str> = found.iter().map(|definition| definition.resource.as_str()).collect();
    assert_eq!(names, ["retrain"]);
    assert_eq!(faults(&found[0].diagnostics), Vec::<String>::new());
    assert!(found[0].text.contains("arn:aws:iam::123456789012:role/jobRole-"));
}

#[tokio::test]
async fn it_goes_up_stays_and_goes_down() {
    let aws = Arc::new(Fake::default());
    let root = std::env::temp_dir().join(format!("stack-weather-{}", std::process::id()));
    let options = Options::new("dev", root.clone(), aws.clone());
    let project = Project::load(&weather()).expect("a project");

    let mut recorder = Recorder::default();
    let preview = project.preview(&options, &mut recorder).await.expect("sound");
    assert_eq!(preview.changes.get(&stack::Operation::Create), Some(&(recorder.planned.len())));
    assert!(aws.names().is_empty());

    let up = project.up(&options, &mut Recorder::default()).await.expect("deployable");
    assert_eq!(up.resources, recorder.planned.len());
    let outputs = serde_json::Value::Object(up.outputs.clone());
    assert!(outputs["stateMachineArn"].as_str().expect("text").contains(":stateMachine:retrain-"));
    assert_eq!(
        project.scheduled_state_machines(&options).expect("deployed"),
        [outputs["stateMachineArn"].as_str().expect("text")]
    );

    aws.take_calls();
    let again = project.up(&options, &mut Recorder::default()).await.expect("deployable");
    assert!(again.is_unchanged(), "{:?}", again.changes);
    assert_eq!(again.outputs, up.outputs);
    assert_eq!(aws.take_calls(), Vec::<String>::new());

    let down = project.destroy(&options, &mut Recorder::default()).await.expect("deletable");
    assert_eq!(down.resources, 0);
    assert_eq!(aws.names(), Vec::<String>::new());
    std::fs::remove_dir_all(root).expect("removable");
}
