//! What IAM is asked, and the policies of queues.

use crate::world::{ACCOUNT, arn, check, does, refuses, url};
use serde_json::{Value, json};
use service::{
    Access, Authoriser, AwsError, Call, Kit, Principal, SeededEntropy, SystemClock, WorkItem,
    WorkQueue,
};
use std::sync::{Arc, Mutex};
use store::MemoryStore;

/// Writes down what it is asked, and admits all.
#[derive(Default)]
struct Scribe(Mutex<Vec<(String, String, Option<String>)>>);

#[async_trait::async_trait]
impl Authoriser for Scribe {
    async fn authorise(&self, access: &Access<'_>) -> Result<(), AwsError> {
        let asked =
            (access.action.to_owned(), access.resource.to_owned(), access.resource_policy.clone());
        self.0.lock().unwrap().push(asked);
        Ok(())
    }

    async fn assume(
        &self,
        _: &str,
        _: &str,
        _: &str,
        _: Option<&str>,
    ) -> Result<Principal, AwsError> {
        Err(AwsError::new("AccessDenied", ""))
    }

    async fn credentials(&self, _: &Principal, _: i64) -> Result<Vec<(String, String)>, AwsError> {
        Ok(Vec::new())
    }
}

struct NoQueue;

impl WorkQueue for NoQueue {
    fn scheduled(&self, _: Vec<WorkItem>) {}
    fn cancelled(&self, _: Vec<(String, String)>) {}
}

#[tokio::test(start_paused = true)]
async fn iam_is_asked_about_the_queue() {
    let clock = Arc::new(SystemClock::starting_at(0));
    let kit =
        Kit::new(ACCOUNT, Arc::new(MemoryStore::new()), clock, Arc::new(SeededEntropy::new(1)));
    let scribe = Arc::new(Scribe::default());
    kit.join(scribe.clone(), Arc::new(NoQueue), vec![Arc::new(sqs::Sqs::new(&kit, "http://h"))]);
    let policy = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "sqs:*", "Resource": "*"}]}).to_string();
    let entries =
        json!([{"Id": "1", "MessageBody": "b", "ReceiptHandle": "x", "VisibilityTimeout": 1}]);
    let of_queue = |mut input: Value| {
        input["QueueUrl"] = "/123456789012/q".into();
        input
    };
    let cases = [
        ("CreateQueue", json!({"QueueName": "q"}), "sqs:CreateQueue", arn("q"), false),
        (
            "SetQueueAttributes",
            of_queue(json!({"Attributes": {"Policy": policy}})),
            "sqs:SetQueueAttributes",
            arn("q"),
            false,
        ),
        ("SendMessage", of_queue(json!({"MessageBody": "b"})), "sqs:SendMessage", arn("q"), true),
        (
            "SendMessage",
            json!({"QueueUrl": "q", "MessageBody": "b"}),
            "sqs:SendMessage",
            arn("q"),
            true,
        ),
        (
            "SendMessageBatch",
            of_queue(json!({"Entries": entries})),
            "sqs:SendMessage",
            arn("q"),
            true,
        ),
        (
            "DeleteMessageBatch",
            of_queue(json!({"Entries": entries})),
            "sqs:DeleteMessage",
            arn("q"),
            true,
        ),
        (
            "ChangeMessageVisibilityBatch",
            of_queue(json!({"Entries": entries})),
            "sqs:ChangeMessageVisibility",
            arn("q"),
            true,
        ),
        (
            "ReceiveMessage",
            json!({"QueueUrl": "http://h/210987654321/q"}),
            "sqs:ReceiveMessage",
            "arn:aws:sqs:us-east-1:210987654321:q".to_owned(),
            false,
        ),
        ("GetQueueUrl", json!({"QueueName": "q"}), "sqs:GetQueueUrl", arn("q"), true),
        ("ListQueues", json!({}), "sqs:ListQueues", "*".to_owned(), false),
        ("ReceiveMessage", json!({}), "sqs:ReceiveMessage", "*".to_owned(), false),
    ];
    for (operation, input, action, resource, has_policy) in cases {
        let call = Call {
            service: "sqs".to_owned(),
            operation: operation.to_owned(),
            input,
            principal: Principal::user(ACCOUNT, "/", "eve"),
            region: "us-east-1".to_owned(),
            effect_key: None,
        };
        let _may_fail = kit.caller().call(call).await;
        let asked = scribe.0.lock().unwrap().pop().unwrap();
        let policy = has_policy.then(|| policy.clone());
        assert_eq!(asked, (action.to_owned(), resource, policy), "{operation}");
    }
}

#[tokio::test(start_paused = true)]
async fn permissions_make_a_policy() {
    let add = |label: &str, accounts: &[&str], actions: &[&str]| json!({"Label": label, "AWSAccountIds": accounts, "Actions": actions});
    let statement = |label: &str, principal: Value, action: Value| json!({"Sid": label, "Effect": "Allow", "Principal": {"AWS": principal}, "Action": action, "Resource": arn("q")});
    // AWS: recorded: the policy's form.
    let policy = |statements: Value| json!({"Attributes": {"Policy": json!({"Version": "2008-10-17", "Id": format!("{}/SQSDefaultPolicy", arn("q")), "Statement": statements}).to_string()}});
    let root = |account: &str| json!(format!("arn:aws:iam::{account}:root"));
    let one = statement("one", root("668614515564"), json!("SQS:ReceiveMessage"));
    let two = statement(
        "two",
        json!([root("668614515564"), root(ACCOUNT)]),
        json!(["SQS:SendMessage", "SQS:*"]),
    );
    let get = json!({"AttributeNames": ["Policy"]});
    let invalid = "InvalidParameterValue";
    check(json!({}), vec![
        does("AddPermission", add("one", &["668614515564"], &["ReceiveMessage"]), json!({})),
        does("GetQueueAttributes", get.clone(), policy(json!([one]))),
        refuses("AddPermission", add("one", &["668614515564"], &["ReceiveMessage"]), invalid, "Value one for parameter Label is invalid. Reason: Already exists."),
        does("AddPermission", add("two", &["668614515564", ACCOUNT], &["SendMessage", "*"]), json!({})),
        does("GetQueueAttributes", get.clone(), policy(json!([one, two]))),
        does("RemovePermission", json!({"Label": "one"}), json!({})),
        does("GetQueueAttributes", get.clone(), policy(json!([two]))),
        refuses("RemovePermission", json!({"Label": "one"}), invalid, "Value one for parameter Label is invalid. Reason: can't find label."),
        does("RemovePermission", json!({"Label": "two"}), json!({})),
        does("GetQueueAttributes", get.clone(), json!({"Attributes": null})),
        refuses("AddPermission", add("x", &[ACCOUNT], &["CreateQueue"]), invalid, "Value SQS:CreateQueue for parameter ActionName is invalid. Reason: Only the queue owner is allowed to invoke this action."),
        refuses("AddPermission", add("x", &[ACCOUNT], &["Nonsense"]), invalid, "Value SQS:Nonsense for parameter ActionName is invalid. Reason: Please refer to the appropriate WSDL for a list of valid actions."),
        refuses("AddPermission", add("x", &["nobody"], &["*"]), invalid, "Value [nobody] for parameter PrincipalId is invalid. Reason: Unable to verify."),
        refuses("AddPermission", add("", &[ACCOUNT], &["*"]), "MissingParameter", "The request must contain the parameter Label."),
        refuses("AddPermission", add("x", &[ACCOUNT], &["*"; 8]), "OverLimit", "8 Actions were found, maximum allowed is 7."),
        does("SetQueueAttributes", json!({"QueueUrl": url("q"), "Attributes": {"Policy": json!({"Version": "2012-10-17", "Statement": one}).to_string()}}), json!({})),
        does("AddPermission", add("two", &["668614515564", ACCOUNT], &["SendMessage", "*"]), json!({})),
        does("GetQueueAttributes", get.clone(), json!({"Attributes": {"Policy": json!({"Version": "2012-10-17", "Statement": [one, two]}).to_string()}})),
        does("SetQueueAttributes", json!({"QueueUrl": url("q"), "Attributes": {"Policy": ""}}), json!({})),
        does("GetQueueAttributes", get, json!({"Attributes": null})),
    ]).await;
}
