//! What IAM is asked.

use crate::world::{ACCOUNT, World, bus, machine, role};
use serde_json::{Value, json};
use service::{Access, Authoriser, AwsError, OpenDoor, Principal};
use std::sync::{Arc, Mutex};

/// Writes down what it is asked and admits everybody.
#[derive(Default)]
struct Clerk(Mutex<Vec<String>>);

#[async_trait::async_trait]
impl Authoriser for Clerk {
    async fn authorise(&self, access: &Access<'_>) -> Result<(), AwsError> {
        self.0.lock().unwrap().push(format!("{} {}", access.action, access.resource));
        Ok(())
    }

    async fn assume(
        &self,
        role: &str,
        service: &str,
        name: &str,
        source: Option<&str>,
    ) -> Result<Principal, AwsError> {
        self.0.lock().unwrap().push(format!("{service} {role} for {}", source.unwrap_or("-")));
        OpenDoor.assume(role, service, name, source).await
    }

    async fn credentials(
        &self,
        session: &Principal,
        seconds: i64,
    ) -> Result<Vec<(String, String)>, AwsError> {
        OpenDoor.credentials(session, seconds).await
    }
}

#[tokio::test(start_paused = true)]
async fn resources_and_roles() {
    let clerk = Arc::new(Clerk::default());
    let world = World::guarded_by(clerk.clone()).await;
    world.ok("CreateEventBus", json!({"Name": "b"})).await;
    world
        .rule(
            json!({"Name": "r", "EventBusName": "b", "EventPattern": "{\"source\":[\"s\"]}"}),
            json!([]),
        )
        .await;
    let entry = |bus: Option<String>| json!({"Source": "s", "DetailType": "t", "Detail": "{}", "EventBusName": bus.unwrap_or_else(|| "default".to_owned())});
    let rule = |path: &str| format!("arn:aws:events:us-east-1:{ACCOUNT}:rule/{path}");
    let cases: Vec<(&str, Value, Vec<String>)> = vec![
        (
            "PutRule",
            json!({"Name": "x", "ScheduleExpression": "rate(1 day)"}),
            vec![format!("events:PutRule {}", rule("x"))],
        ),
        (
            "DescribeRule",
            json!({"Name": "r", "EventBusName": bus("b")}),
            vec![format!("events:DescribeRule {}", rule("b/r"))],
        ),
        (
            "PutTargets",
            json!({"Rule": "r", "EventBusName": "b", "Targets": [machine()]}),
            vec![format!("events:PutTargets {}", rule("b/r")), format!("iam:PassRole {}", role())],
        ),
        (
            "DescribeEventBus",
            json!({}),
            vec![format!("events:DescribeEventBus {}", bus("default"))],
        ),
        (
            "PutEvents",
            json!({"Entries": [entry(None)]}),
            vec![format!("events:PutEvents {}", bus("default"))],
        ),
        (
            "PutEvents",
            json!({"Entries": [entry(Some(bus("b"))), entry(None), entry(Some("b".to_owned()))]}),
            vec![
                format!("events:PutEvents {}", bus("b")),
                format!("events:PutEvents {}", bus("default")),
            ],
        ),
    ];
    for (operation, input, mut wanted) in cases {
        clerk.0.lock().unwrap().clear();
        let ctx = world.kit.ctx(Principal::user(ACCOUNT, "/", "ann"), "us-east-1");
        ctx.call("events", operation, input.clone()).await.unwrap();
        let mut asked = std::mem::take(&mut *clerk.0.lock().unwrap());
        asked.truncate(wanted.len());
        asked.sort();
        wanted.sort();
        assert_eq!(asked, wanted, "{operation} {input}");
    }
    world.ok("PutEvents", json!({"Entries": [entry(Some("b".to_owned()))]})).await;
    crate::world::pass(1).await;
    assert!(clerk.0.lock().unwrap().contains(&format!(
        "events.amazonaws.com {} for {}",
        role(),
        rule("b/r")
    )));
}
