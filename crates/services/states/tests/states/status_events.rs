//! Changes of status become events on the default bus.

use crate::fakes::Fake;
use crate::world::{World, holds};
use serde_json::{Value, json};

#[tokio::test(start_paused = true)]
async fn each_change_is_announced_once() {
    let events = Fake::new("events", |_, _| Ok(json!({"FailedEntryCount": 0, "Entries": []})));
    let world = World::new(vec![events.clone()]).await;
    let definition = json!({"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 5, "Next": "F"}, "F": {"Type": "Fail", "Error": "E"}}});
    let machine = world.machine("m", &definition).await;
    let execution = world.start(&machine, &json!({"a": 1})).await;
    world.ended(&execution).await;
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    let got = events.got();
    assert_eq!(got.len(), 2, "{got:?}");
    for (call, expected) in got.iter().zip([
        json!({"status": "RUNNING", "stopDate": null, "input": "{\"a\":1}", "output": null}),
        json!({"status": "FAILED", "error": "E", "startDate": 1_767_225_600_000_i64, "stopDate": 1_767_225_605_000_i64}),
    ]) {
        let entry = &call.input["Entries"][0];
        assert_eq!(entry["Source"], "aws.states");
        assert_eq!(entry["DetailType"], "Step Functions Execution Status Change");
        assert_eq!(entry["Resources"], json!([execution]));
        let detail: Value = serde_json::from_str(entry["Detail"].as_str().unwrap()).unwrap();
        assert!(holds(&detail, &expected), "{detail}");
        assert_eq!(call.principal, "refit.internal");
    }
}
