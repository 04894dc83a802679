//! Redriving executions: what lives again, and what is left when it cannot.

use std::sync::Arc;
use std::time::Duration;

use driver::Error;
use engine::Status;
use serde_json::{Value, json};

use crate::common::{EXECUTION, Life, ORIGIN_MS, machine};

fn definition() -> String {
    machine(
        "W",
        json!({
            "W": { "Type": "Wait", "Seconds": 10, "Next": "T" },
            "T": { "Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": { "after": 1 }, "End": true },
        }),
    )
}

async fn sleep(seconds: u64) {
    tokio::time::sleep(Duration::from_secs(seconds)).await;
}

async fn redrive(life: &Life) -> Result<i64, Error> {
    let (start, redrive_ms) = life.executions.redrive(EXECUTION, json!({ "again": 1 })).await?;
    life.commit(start).await.map_err(Error::Store)?;
    Ok(redrive_ms)
}

#[tokio::test(start_paused = true)]
async fn it_goes_on_also_after_a_crash() {
    let (life, world, store) = Life::fresh().await;
    life.start("x", &definition(), json!({})).await.unwrap();
    assert!(matches!(redrive(&life).await, Err(Error::NotRedrivable(_))));
    sleep(5).await;
    life.executions.stop(EXECUTION, None, None).await.unwrap();
    assert!(life.executions.describe(EXECUTION).await.unwrap().has_remains);
    sleep(1).await;

    assert_eq!(redrive(&life).await.unwrap(), ORIGIN_MS + 6000);
    let running = life.executions.describe(EXECUTION).await.unwrap();
    assert_eq!((running.status, running.redrive_count), (Status::Running, 1));
    assert_eq!(running.redrive_ms, Some(ORIGIN_MS + 6000));
    assert_eq!((running.stop_ms, &*running.attributes), (None, &json!({ "again": 1 })));

    let life = Life::begin(Arc::new(store.clone()), &world, ORIGIN_MS + 7000).await;
    let record = life.executions.wait_finished(EXECUTION).await.unwrap();
    assert_eq!((record.status, record.redrive_count), (Status::Succeeded, 1));
    assert_eq!(record.stop_ms, Some(ORIGIN_MS + 17_000));
    let page = life.executions.history(EXECUTION, 0, 100, false).await.unwrap();
    let types: Vec<String> = page.events.iter().map(engine::HistoryEvent::type_name).collect();
    assert_eq!(
        types,
        [
            "ExecutionStarted",
            "WaitStateEntered",
            "ExecutionAborted",
            "ExecutionRedriven",
            "WaitStateExited",
            "TaskStateEntered",
            "TaskScheduled",
            "TaskStarted",
            "TaskSucceeded",
            "TaskStateExited",
            "ExecutionSucceeded",
        ]
    );
    assert!(page.events.iter().zip(1..).all(|(event, id)| event.id == id));
    assert!(matches!(redrive(&life).await, Err(Error::NotRedrivable(_))));
}

#[tokio::test(start_paused = true)]
async fn two_at_once_are_one() {
    let (life, _world, _store) = Life::fresh().await;
    life.start("x", &definition(), json!({})).await.unwrap();
    life.executions.stop(EXECUTION, None, None).await.unwrap();
    let (one, _) = life.executions.redrive(EXECUTION, Value::Null).await.unwrap();
    let (other, _) = life.executions.redrive(EXECUTION, Value::Null).await.unwrap();
    life.commit(one).await.unwrap();
    assert!(matches!(life.commit(other).await, Err(store::Error::Conflict { .. })));
    let nobody = life.executions.redrive("nobody", Value::Null).await;
    assert!(matches!(nobody, Err(Error::ExecutionDoesNotExist(_))));
}

#[tokio::test(start_paused = true)]
async fn one_that_fails_at_once_again_can_be_redriven_again() {
    let (life, _world, _store) = Life::fresh().await;
    let fails = machine("F", json!({ "F": { "Type": "Fail", "Error": "E" } }));
    life.start("x", &fails, json!({})).await.unwrap();
    for count in 1..=3 {
        redrive(&life).await.unwrap();
        let record = life.executions.wait_finished(EXECUTION).await.unwrap();
        assert_eq!((record.status, record.redrive_count), (Status::Failed, count));
        assert_eq!(record.events, 3 + 2 * u64::from(count));
    }
}
