//! Queues, their attributes, tags and permissions.

use crate::world::Step::Wait;
use crate::world::{START_MS, URL, World, arn, check, does, refuses, run, url};
use serde_json::json;

#[tokio::test(start_paused = true)]
async fn queues_are_made_once() {
    let different = "A queue already exists with the same name and a different value for attribute DelaySeconds";
    check(json!({"DelaySeconds": "1"}), vec![
        does("CreateQueue", json!({"QueueName": "q"}), json!({"QueueUrl": url("q")})),
        does("CreateQueue", json!({"QueueName": "q", "Attributes": {"DelaySeconds": "1", "VisibilityTimeout": "30"}}), json!({"QueueUrl": url("q")})),
        refuses("CreateQueue", json!({"QueueName": "q", "Attributes": {"DelaySeconds": "2"}}), "QueueAlreadyExists", different),
        does("SetQueueAttributes", json!({"Attributes": {"DelaySeconds": "2"}}), json!({})),
        does("CreateQueue", json!({"QueueName": "q", "Attributes": {"DelaySeconds": "2"}}), json!({})),
        does("GetQueueUrl", json!({"QueueName": "q"}), json!({"QueueUrl": url("q")})),
        does("GetQueueUrl", json!({"QueueName": "q", "QueueOwnerAWSAccountId": "123456789012"}), json!({"QueueUrl": url("q")})),
        refuses("GetQueueUrl", json!({"QueueName": "q", "QueueOwnerAWSAccountId": "210987654321"}), "AWS.SimpleQueueService.NonExistentQueue", "The specified queue does not exist."),
        does("DeleteQueue", json!({}), json!({})),
        refuses("DeleteQueue", json!({}), "AWS.SimpleQueueService.NonExistentQueue", "The specified queue does not exist."),
        refuses("GetQueueUrl", json!({"QueueName": "q"}), "AWS.SimpleQueueService.NonExistentQueue", "The specified queue does not exist."),
        refuses("GetQueueUrl", json!({"QueueName": ""}), "InvalidParameterValue", "Value for parameter QueueName is invalid. Reason: Must specify a queue name."),
        does("CreateQueue", json!({"QueueName": "q", "Attributes": {"DelaySeconds": "3"}}), json!({})),
    ]).await;
}

#[tokio::test(start_paused = true)]
async fn names_and_attributes_are_checked() {
    let name =
        "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length";
    let fifo_name = "The name of a FIFO queue can only include alphanumeric characters, hyphens, or underscores, must end with .fifo suffix and be 1 to 80 in length.";
    let long = "x".repeat(81);
    let redrive = |policy: &str| json!({"RedrivePolicy": policy});
    let dummy = r#"{"deadLetterTargetArn": "dummy", "maxReceiveCount": 42}"#;
    let no_such = r#"{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:123456789012:none","maxReceiveCount":"5"}"#;
    let topic =
        r#"{"deadLetterTargetArn":"arn:aws:sns:us-east-1:123456789012:t","maxReceiveCount":5}"#;
    let fifo = r#"{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:123456789012:d.fifo","maxReceiveCount":5}"#;
    let many =
        r#"{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:123456789012:q","maxReceiveCount":1001}"#;
    let more = r#"{"deadLetterTargetArn":"a","maxReceiveCount":5,"x":1}"#;
    let reason = |policy: &str, reason: &str| {
        format!("Value {policy} for parameter RedrivePolicy is invalid. Reason: {reason}")
    };
    let (parameter, value, attribute) =
        ("InvalidParameterValue", "InvalidAttributeValue", "InvalidAttributeName");
    let cases = [
        ("", json!({}), parameter, "Queue name cannot be empty".to_owned()),
        ("a.b", json!({}), parameter, name.to_owned()),
        ("a.fifo", json!({}), parameter, name.to_owned()),
        ("ü", json!({}), parameter, name.to_owned()),
        (&long, json!({}), parameter, name.to_owned()),
        ("a", json!({"FifoQueue": "true"}), parameter, fifo_name.to_owned()),
        (".fifo", json!({"FifoQueue": "true"}), parameter, fifo_name.to_owned()),
        ("a", json!({"FifoQueue": "false"}), attribute, "Unknown Attribute FifoQueue.".to_owned()),
        ("a", json!({"QueueArn": "x"}), attribute, "Unknown Attribute QueueArn.".to_owned()),
        ("a", json!({"Nonsense": "x"}), attribute, "Unknown Attribute Nonsense.".to_owned()),
        ("a", json!({"ContentBasedDeduplication": "true"}), attribute, "Unknown Attribute ContentBasedDeduplication.".to_owned()),
        ("a", json!({"DeduplicationScope": "queue"}), value, "You can specify the DeduplicationScope only when FifoQueue is set to true.".to_owned()),
        ("a", json!({"DelaySeconds": "901"}), value, "Invalid value for the parameter DelaySeconds.".to_owned()),
        ("a", json!({"DelaySeconds": " 6"}), value, "Invalid value for the parameter DelaySeconds.".to_owned()),
        ("a", json!({"DelaySeconds": "+6"}), value, "Invalid value for the parameter DelaySeconds.".to_owned()),
        ("a", json!({"DelaySeconds": "99999999999999999999"}), value, "Invalid value for the parameter DelaySeconds.".to_owned()),
        ("a", json!({"MaximumMessageSize": "1023"}), value, "Invalid value for the parameter MaximumMessageSize.".to_owned()),
        ("a", json!({"MessageRetentionPeriod": "59"}), value, "Invalid value for the parameter MessageRetentionPeriod.".to_owned()),
        ("a", json!({"ReceiveMessageWaitTimeSeconds": "21"}), value, "Invalid value for the parameter ReceiveMessageWaitTimeSeconds.".to_owned()),
        ("a", json!({"VisibilityTimeout": "43201"}), value, "Invalid value for the parameter VisibilityTimeout.".to_owned()),
        ("a", json!({"Policy": "{}"}), value, "Invalid value for the parameter Policy.".to_owned()),
        ("a", json!({"SqsManagedSseEnabled": "true", "KmsMasterKeyId": "k"}), attribute, "You can use one type of server-side encryption (SSE) at one time. You can either enable KMS SSE or SQS SSE.".to_owned()),
        ("a.fifo", json!({"FifoQueue": "true", "FifoThroughputLimit": "perMessageGroupId"}), value, "The perMessageGroupId value is allowed only when the value for DeduplicationScope is messageGroup".to_owned()),
        ("a", redrive("[]"), value, "Invalid value for the parameter RedrivePolicy. Reason: Redrive policy is not a valid JSON map.".to_owned()),
        ("a", redrive("{}"), parameter, reason("{}", "Redrive policy does not contain mandatory attribute: maxReceiveCount.")),
        ("a", redrive(dummy), parameter, reason(dummy, "Invalid value for deadLetterTargetArn.")),
        ("a", redrive(no_such), parameter, reason(no_such, "Dead letter target does not exist.")),
        ("a", redrive(topic), parameter, reason(topic, "Only SQS queues are valid resources for deadLetterTargetArn.")),
        ("a", redrive(fifo), parameter, reason(fifo, "Dead-letter queue must be same type of queue as the source.")),
        ("a", redrive(many), parameter, reason(many, "Invalid value for maxReceiveCount: 1001, valid values are from 1 to 1000 both inclusive.")),
        ("a", redrive(more), parameter, reason(more, "Only following attributes are supported: [maxReceiveCount, deadLetterTargetArn].")),
        ("a", json!({"RedriveAllowPolicy": r#"{"redrivePermission":"byQueue"}"#}), parameter, "Value {\"redrivePermission\":\"byQueue\"} for parameter RedriveAllowPolicy is invalid. Reason: Amazon SQS can't create the redrive allow policy. When you specify the byQueue permission type, you must also specify one or more sourceQueueArns values.".to_owned()),
    ];
    let steps = cases.into_iter().map(|(name, attributes, code, message)| {
        refuses("CreateQueue", json!({"QueueName": name, "Attributes": attributes}), code, &message)
    });
    check(json!({}), steps.collect()).await;
}

#[tokio::test(start_paused = true)]
async fn attributes_are_shown() {
    let created = (START_MS / 1000).to_string();
    let changed = (START_MS / 1000 + 5).to_string();
    check(json!({"VisibilityTimeout": "20"}), vec![
        does("GetQueueAttributes", json!({}), json!({"Attributes": null})),
        does("GetQueueAttributes", json!({"AttributeNames": ["Policy"]}), json!({"Attributes": null})),
        refuses("GetQueueAttributes", json!({"AttributeNames": ["Nonsense"]}), "InvalidAttributeName", "Unknown Attribute Nonsense."),
        does("GetQueueAttributes", json!({"AttributeNames": ["All"]}), json!({"Attributes": {
            "QueueArn": arn("q"), "ApproximateNumberOfMessages": "0", "ApproximateNumberOfMessagesNotVisible": "0",
            "ApproximateNumberOfMessagesDelayed": "0", "CreatedTimestamp": created, "LastModifiedTimestamp": created,
            "VisibilityTimeout": "20", "MaximumMessageSize": "1048576", "MessageRetentionPeriod": "345600",
            "DelaySeconds": "0", "ReceiveMessageWaitTimeSeconds": "0", "SqsManagedSseEnabled": "true",
            "FifoQueue": null, "Policy": null, "KmsDataKeyReusePeriodSeconds": null}})),
        Wait(5),
        does("SetQueueAttributes", json!({"Attributes": {"KmsMasterKeyId": "k"}}), json!({})),
        does("GetQueueAttributes", json!({"AttributeNames": ["All"]}), json!({"Attributes": {
            "CreatedTimestamp": created, "LastModifiedTimestamp": changed,
            "SqsManagedSseEnabled": "false", "KmsMasterKeyId": "k", "KmsDataKeyReusePeriodSeconds": "300"}})),
        does("SetQueueAttributes", json!({"Attributes": {"SqsManagedSseEnabled": "true"}}), json!({})),
        does("GetQueueAttributes", json!({"AttributeNames": ["KmsMasterKeyId", "SqsManagedSseEnabled"]}), json!({"Attributes": {"SqsManagedSseEnabled": "true", "KmsMasterKeyId": null}})),
        refuses("SetQueueAttributes", json!({"Attributes": {}}), "MissingParameter", "The request must contain the parameter Attribute.Name."),
        refuses("SetQueueAttributes", json!({"Attributes": {"FifoQueue": "true"}}), "InvalidAttributeName", "Unknown Attribute FifoQueue."),
    ]).await;
    check(json!({"FifoQueue": "true", "ContentBasedDeduplication": "true"}), vec![
        does("GetQueueAttributes", json!({"AttributeNames": ["All"]}), json!({"Attributes": {
            "QueueArn": arn("q.fifo"), "FifoQueue": "true", "ContentBasedDeduplication": "true",
            "DeduplicationScope": "queue", "FifoThroughputLimit": "perQueue"}})),
        refuses("SetQueueAttributes", json!({"Attributes": {"FifoQueue": "false"}}), "InvalidAttributeValue", "Invalid value for the parameter FifoQueue. Reason: Modifying queue type is not supported."),
    ]).await;
}

#[tokio::test(start_paused = true)]
async fn queues_are_listed_by_name() {
    let world = World::new();
    for name in ["b-2", "a", "b-1", "b"] {
        world.ok("CreateQueue", json!({"QueueName": name})).await;
    }
    let all = json!([url("a"), url("b"), url("b-1"), url("b-2")]);
    run(&world, "a", vec![
        does("ListQueues", json!({}), json!({"QueueUrls": all, "NextToken": null})),
        does("ListQueues", json!({"QueueNamePrefix": "c"}), json!({"QueueUrls": null})),
        does("ListQueues", json!({"QueueNamePrefix": "b", "MaxResults": 2}), json!({"QueueUrls": [url("b"), url("b-1")], "NextToken": "=token"})),
        does("ListQueues", json!({"QueueNamePrefix": "b", "MaxResults": 2, "NextToken": "$token"}), json!({"QueueUrls": [url("b-2")], "NextToken": null})),
        refuses("ListQueues", json!({"QueueNamePrefix": "a", "NextToken": "$token"}), "InvalidParameterValue", "Invalid or expired next token."),
        refuses("ListQueues", json!({"MaxResults": 1001}), "InvalidParameterValue", "Value for parameter MaxResults is invalid. Reason: MaxResults must be an integer between 1 and 1000."),
    ]).await;
}

#[tokio::test(start_paused = true)]
async fn queues_are_found_by_any_url() {
    check(
        json!({}),
        vec![
            does("ListQueueTags", json!({"QueueUrl": "q"}), json!({})),
            does("ListQueueTags", json!({"QueueUrl": "/123456789012/q"}), json!({})),
            does(
                "ListQueueTags",
                json!({"QueueUrl": "https://sqs.us-east-1.amazonaws.com/123456789012/q"}),
                json!({}),
            ),
            refuses(
                "ListQueueTags",
                json!({"QueueUrl": "/210987654321/q"}),
                "AWS.SimpleQueueService.NonExistentQueue",
                "The specified queue does not exist.",
            ),
            refuses(
                "ListQueueTags",
                json!({"QueueUrl": URL}),
                "AWS.SimpleQueueService.NonExistentQueue",
                "The specified queue does not exist.",
            ),
            refuses(
                "ListQueueTags",
                json!({"QueueUrl": ""}),
                "MissingParameter",
                "The request must contain the parameter QueueUrl.",
            ),
        ],
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn tags_come_and_go() {
    let many: serde_json::Map<_, _> = (0..51).map(|n| (format!("k{n}"), json!("v"))).collect();
    check(
        json!({}),
        vec![
            does("ListQueueTags", json!({}), json!({"Tags": {}})),
            does("TagQueue", json!({"Tags": {"a": "1", "b": "2", "c": ""}}), json!({})),
            does("TagQueue", json!({"Tags": {"a": "3"}}), json!({})),
            does("ListQueueTags", json!({}), json!({"Tags": {"a": "3", "b": "2", "c": ""}})),
            does("UntagQueue", json!({"TagKeys": ["a", "c", "x"]}), json!({})),
            does("ListQueueTags", json!({}), json!({"Tags": {"a": null, "b": "2", "c": null}})),
            refuses(
                "TagQueue",
                json!({"Tags": many}),
                "InvalidParameterValue",
                "Too many tags added for queue q.",
            ),
            refuses(
                "TagQueue",
                json!({"Tags": {"aws:x": ""}}),
                "InvalidParameterValue",
                "Tag aws:x is not valid.",
            ),
            refuses(
                "UntagQueue",
                json!({}),
                "MissingParameter",
                "The request must contain the parameter TagKeys.",
            ),
        ],
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn purging_removes_everything_once_a_minute() {
    let empty = json!({"Attributes": {"ApproximateNumberOfMessages": "0", "ApproximateNumberOfMessagesNotVisible": "0", "ApproximateNumberOfMessagesDelayed": "0"}});
    check(json!({}), vec![
        does("SendMessage", json!({"MessageBody": "1"}), json!({})),
        does("ReceiveMessage", json!({}), json!({"Messages": [{"Body": "1", "ReceiptHandle": "=handle"}]})),
        does("SendMessage", json!({"MessageBody": "2"}), json!({})),
        does("SendMessage", json!({"MessageBody": "3", "DelaySeconds": 5}), json!({})),
        does("GetQueueAttributes", json!({"AttributeNames": ["All"]}), json!({"Attributes": {"ApproximateNumberOfMessages": "1", "ApproximateNumberOfMessagesNotVisible": "1", "ApproximateNumberOfMessagesDelayed": "1"}})),
        does("PurgeQueue", json!({}), json!({})),
        does("GetQueueAttributes", json!({"AttributeNames": ["All"]}), empty),
        does("DeleteMessage", json!({"ReceiptHandle": "$handle"}), json!({})),
        refuses("PurgeQueue", json!({}), "AWS.SimpleQueueService.PurgeQueueInProgress", "Only one PurgeQueue operation on q is allowed every 60 seconds."),
        does("SendMessage", json!({"MessageBody": "4"}), json!({})),
        Wait(60),
        does("ReceiveMessage", json!({}), json!({"Messages": [{"Body": "4"}]})),
        does("PurgeQueue", json!({}), json!({})),
    ]).await;
}

#[tokio::test(start_paused = true)]
async fn a_queue_made_anew_is_empty() {
    check(
        json!({}),
        vec![
            does("SendMessage", json!({"MessageBody": "1"}), json!({})),
            does("ReceiveMessage", json!({}), json!({"Messages": [{"ReceiptHandle": "=handle"}]})),
            does("DeleteQueue", json!({}), json!({})),
            does("CreateQueue", json!({"QueueName": "q"}), json!({})),
            Wait(60),
            does("ReceiveMessage", json!({}), json!({"Messages": null})),
            refuses(
                "DeleteMessage",
                json!({"ReceiptHandle": "$handle"}),
                "ReceiptHandleIsInvalid",
                "The input receipt handle \"$handle\" is not valid.",
            ),
        ],
    )
    .await;
}
