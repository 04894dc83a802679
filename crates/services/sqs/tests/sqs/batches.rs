//! Batches: each entry by itself right or wrong.

use crate::world::{check, does, refuses};
use serde_json::{Value, json};

#[tokio::test(start_paused = true)]
async fn entries_are_answered_one_by_one() {
    check(json!({"MaximumMessageSize": "1024"}), vec![
        does("SendMessageBatch", json!({"Entries": [
            {"Id": "a", "MessageBody": "some message"},
            {"Id": "b", "MessageBody": "x".repeat(1025)},
            {"Id": "c"},
            {"Id": "d", "MessageBody": "2", "MessageAttributes": {"data1": {"DataType": "Number", "StringValue": "1"}}},
        ]}), json!({
            "Successful": [
                {"Id": "a", "MD5OfMessageBody": "df49b60423903e095b80d9b4a92eb065", "MD5OfMessageAttributes": null},
                {"Id": "d", "MD5OfMessageAttributes": "cc7f712733e0ad2cc9f1fefbd28bab9c"}],
            "Failed": [
                {"Id": "b", "SenderFault": true, "Code": "InvalidParameterValue", "Message": "One or more parameters are invalid. Reason: Message must be shorter than 1024 bytes."},
                {"Id": "c", "SenderFault": true, "Code": "MissingParameter", "Message": "The request must contain the parameter MessageBody."}]})),
        does("ReceiveMessage", json!({"MaxNumberOfMessages": 10}), json!({"Messages": [{"Body": "some message", "ReceiptHandle": "=one"}, {"Body": "2", "ReceiptHandle": "=two"}]})),
        does("ChangeMessageVisibilityBatch", json!({"Entries": [
            {"Id": "1", "ReceiptHandle": "$one", "VisibilityTimeout": 0},
            {"Id": "2", "ReceiptHandle": "$two", "VisibilityTimeout": 50_000},
            {"Id": "3", "ReceiptHandle": "nonsense", "VisibilityTimeout": 1},
        ]}), json!({"Successful": [{"Id": "1"}], "Failed": [{"Id": "2", "Code": "InvalidParameterValue"}, {"Id": "3", "Code": "ReceiptHandleIsInvalid"}]})),
        does("ReceiveMessage", json!({"MaxNumberOfMessages": 10}), json!({"Messages": [{"Body": "some message", "ReceiptHandle": "=one"}]})),
        does("DeleteMessageBatch", json!({"Entries": [
            {"Id": "1", "ReceiptHandle": "$one"}, {"Id": "2", "ReceiptHandle": "$two"}, {"Id": "again", "ReceiptHandle": "$two"},
            {"Id": "3", "ReceiptHandle": " "}, {"Id": "4", "ReceiptHandle": "dummy"},
        ]}), json!({"Successful": [{"Id": "1"}, {"Id": "2"}, {"Id": "again"}], "Failed": [
            {"Id": "3", "SenderFault": true, "Code": "MissingParameter", "Message": "The request must contain the parameter ReceiptHandle."},
            {"Id": "4", "SenderFault": true, "Code": "ReceiptHandleIsInvalid", "Message": "The input receipt handle \"dummy\" is not valid."}]})),
        does("GetQueueAttributes", json!({"AttributeNames": ["All"]}), json!({"Attributes": {"ApproximateNumberOfMessages": "0", "ApproximateNumberOfMessagesNotVisible": "0"}})),
    ]).await;
}

#[tokio::test(start_paused = true)]
async fn what_makes_no_batch_is_refused() {
    let entry = |id: &str| json!({"Id": id, "MessageBody": "b"});
    let many: Vec<Value> = (0..20).map(|n| entry(&n.to_string())).collect();
    let long = "testLongId".repeat(10);
    let id = "A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at most 80 letters long.";
    let half = "x".repeat(524_288);
    let too_long = json!({"Entries": [{"Id": "1", "MessageBody": half}, {"Id": "2", "MessageBody": half}, {"Id": "3", "MessageBody": "x"}]});
    check(
        json!({}),
        vec![
            refuses(
                "SendMessageBatch",
                json!({"Entries": []}),
                "AWS.SimpleQueueService.EmptyBatchRequest",
                "There should be at least one SendMessageBatchRequestEntry in the request.",
            ),
            refuses(
                "DeleteMessageBatch",
                json!({}),
                "AWS.SimpleQueueService.EmptyBatchRequest",
                "There should be at least one DeleteMessageBatchRequestEntry in the request.",
            ),
            refuses(
                "SendMessageBatch",
                json!({"Entries": many}),
                "AWS.SimpleQueueService.TooManyEntriesInBatchRequest",
                "Maximum number of entries per request are 10. You have sent 20.",
            ),
            refuses(
                "SendMessageBatch",
                json!({"Entries": [entry("")]}),
                "AWS.SimpleQueueService.InvalidBatchEntryId",
                id,
            ),
            refuses(
                "SendMessageBatch",
                json!({"Entries": [entry("invalid:id")]}),
                "AWS.SimpleQueueService.InvalidBatchEntryId",
                id,
            ),
            refuses(
                "SendMessageBatch",
                json!({"Entries": [entry(&long)]}),
                "AWS.SimpleQueueService.InvalidBatchEntryId",
                id,
            ),
            refuses(
                "SendMessageBatch",
                json!({"Entries": [entry("a"), entry("a")]}),
                "AWS.SimpleQueueService.BatchEntryIdsNotDistinct",
                "Id a repeated.",
            ),
            refuses(
                "SendMessageBatch",
                json!({"Entries": [entry("a"), {"MessageBody": "b"}]}),
                "MissingParameter",
                "The request must contain the parameter SendMessageBatchRequestEntry.2.Id.",
            ),
            refuses(
                "SendMessageBatch",
                too_long,
                "AWS.SimpleQueueService.BatchRequestTooLong",
                "Batch requests cannot be longer than 1048576 bytes. You have sent 1048577 bytes.",
            ),
            does("ReceiveMessage", json!({}), json!({"Messages": null})),
        ],
    )
    .await;
}
