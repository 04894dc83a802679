//! Following an execution in the terminal: states, training metrics, notifications, the end.

mod jobs;
mod screen;
mod story;

use crate::report::Failure;
use client::Client;
use serde_json::{Value, json};
use std::time::Duration;

pub(crate) use jobs::LogFollower;
pub(crate) use screen::{Screen, duration_text};
use story::Story;

/// How often the history is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// Follows the execution to its end; answers its final description.
pub(crate) async fn follow(
    client: &Client,
    execution_arn: &str,
    screen: &mut Screen,
) -> Result<Value, Failure> {
    let mut story = Story::default();
    let mut last_id = 0;
    loop {
        let described = client
            .call(states::model(), "DescribeExecution", json!({"executionArn": execution_arn}))
            .await?;
        for event in new_events(client, execution_arn, last_id).await? {
            last_id = event["id"].as_i64().unwrap_or(last_id);
            if story.ends_a_job(&event) {
                // Its log is complete by now, and belongs before the line that says it is done.
                story.jobs().look(client, screen).await?;
                story.jobs().forget();
                screen.settle();
            }
            story.tell(&event, screen);
        }
        story.jobs().look(client, screen).await?;
        if described["status"] != "RUNNING" {
            screen.settle();
            return Ok(described);
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// The events after `last_id`, oldest first.
async fn new_events(
    client: &Client,
    execution_arn: &str,
    last_id: i64,
) -> Result<Vec<Value>, Failure> {
    let mut newest_first = Vec::new();
    let mut token = Value::Null;
    loop {
        let mut input = json!({
            "executionArn": execution_arn, "reverseOrder": true, "maxResults": 200,
        });
        if !token.is_null() {
            input["nextToken"] = token;
        }
        let page = client.call(states::model(), "GetExecutionHistory", input).await?;
        for event in page["events"].as_array().into_iter().flatten() {
            if event["id"].as_i64().is_none_or(|id| id <= last_id) {
                newest_first.reverse();
                return Ok(newest_first);
            }
            newest_first.push(event.clone());
        }
        token = page["nextToken"].clone();
        if token.is_null() {
            newest_first.reverse();
            return Ok(newest_first);
        }
    }
}
