//! What IAM is asked about each operation.

use crate::world::{ACCOUNT, World};
use serde_json::{Value, json};
use service::{Access, Authoriser, AwsError, OpenDoor, Principal};
use std::sync::{Arc, Mutex};

/// Writes down what it is asked and admits nobody.
#[derive(Default)]
struct Clerk(Mutex<Vec<(String, String)>>);

#[async_trait::async_trait]
impl Authoriser for Clerk {
    async fn authorise(&self, access: &Access<'_>) -> Result<(), AwsError> {
        let asked = (access.action.to_owned(), access.resource.to_owned());
        self.0.lock().unwrap().push(asked);
        Err(AwsError::new("AccessDeniedException", "no"))
    }

    async fn assume(
        &self,
        role: &str,
        service: &str,
        name: &str,
        source_arn: Option<&str>,
    ) -> Result<Principal, AwsError> {
        OpenDoor.assume(role, service, name, source_arn).await
    }

    async fn credentials(
        &self,
        session: &Principal,
        duration_seconds: i64,
    ) -> Result<Vec<(String, String)>, AwsError> {
        OpenDoor.credentials(session, duration_seconds).await
    }
}

#[tokio::test]
async fn resources() {
    let group = json!({"logGroupName": "/g"});
    let stream = json!({"logGroupName": "/g", "logStreamName": "s/1"});
    let with = |input: &Value, member: &str, value: Value| {
        let mut input = input.clone();
        input[member] = value;
        input
    };
    let arn = "arn:aws:logs:us-east-1:123456789012:log-group:/g";
    let tags = json!({"a": "b"});
    let events = json!([{"timestamp": 0, "message": "x"}]);
    let by_arn = json!({"resourceArn": arn});
    let (of_group, of_stream) = (format!("{arn}:log-stream:"), format!("{arn}:log-stream:s/1"));
    let of_all = "arn:aws:logs:us-east-1:123456789012:log-group::log-stream:";
    let by_name = json!({"logGroupIdentifier": "/g", "logStreamName": "s/1"});
    let identified = json!({"logGroupIdentifier": arn, "logStreamName": "s/1"});
    let cases: Vec<(&str, Value, &str)> = vec![
        ("CreateLogGroup", group.clone(), &of_group),
        ("CreateLogStream", stream.clone(), &of_stream),
        ("DeleteLogGroup", group.clone(), &of_group),
        ("DeleteLogStream", stream.clone(), &of_stream),
        ("DeleteRetentionPolicy", group.clone(), &of_group),
        ("DescribeLogGroups", json!({"logGroupNamePrefix": "/g"}), of_all),
        ("DescribeLogStreams", group.clone(), &of_group),
        ("DescribeLogStreams", json!({"logGroupIdentifier": arn}), &of_group),
        ("FilterLogEvents", group.clone(), &of_group),
        ("GetLogEvents", stream.clone(), &of_stream),
        ("GetLogEvents", by_name, &of_stream),
        ("GetLogEvents", identified, &of_stream),
        ("FilterLogEvents", json!({"logGroupIdentifier": "/g"}), &of_group),
        ("ListTagsForResource", by_arn.clone(), arn),
        ("ListTagsLogGroup", group.clone(), &of_group),
        ("PutLogEvents", with(&stream, "logEvents", events), &of_stream),
        ("PutRetentionPolicy", with(&group, "retentionInDays", json!(1)), &of_group),
        ("TagLogGroup", with(&group, "tags", tags.clone()), &of_group),
        ("TagResource", with(&by_arn, "tags", tags), arn),
        ("UntagLogGroup", with(&group, "tags", json!(["a"])), &of_group),
        ("UntagResource", with(&by_arn, "tagKeys", json!(["a"])), arn),
    ];
    let clerk = Arc::new(Clerk::default());
    let world = World::guarded_by(clerk.clone());
    for operation in logs::model().operations() {
        let has_case = cases.iter().any(|(name, ..)| *name == operation.name);
        assert!(has_case, "{}", operation.name);
    }
    for (operation, input, resource) in cases {
        let principal = Principal::user(ACCOUNT, "/", "ann");
        let error = world.call_as(principal, operation, input).await.unwrap_err();
        assert_eq!(error.code, "AccessDeniedException", "{operation}: {error}");
        let asked = clerk.0.lock().unwrap().pop().unwrap();
        assert_eq!(asked, (format!("logs:{operation}"), resource.to_owned()));
    }
}
