//! What integrations ask services for, and what they make of the answers.

use crate::fakes::Fake;
use crate::world::{World, holds, output};
use serde_json::{Value, json};
use service::AwsError;

/// Runs a task against a fake that answers `answer`: what the fake was asked, and how the execution ended.
async fn ask(
    service: &'static str,
    task: Value,
    answer: Result<Value, AwsError>,
) -> (Option<Value>, Value) {
    let fake = Fake::new(service, move |_, _| answer.clone());
    let world = World::new(vec![fake.clone()]).await;
    let (found, _) = world.run_task("m", task).await;
    let got = fake.got();
    // The answer is not asked for twice.
    assert!(got.len() <= 1, "{got:?}");
    (got.first().map(|got| got.input.clone()), found)
}

async fn check(
    service: &'static str,
    resource: &str,
    given: Value,
    asked: Value,
    answer: Value,
    result: Value,
) {
    let task = json!({"Resource": format!("arn:aws:states:::{resource}"), "Parameters": given});
    let (got, found) = ask(service, task, Ok(answer)).await;
    assert_eq!(got, Some(asked), "{resource} {found:#}");
    let has = output(&found);
    assert!(holds(&has, &result), "{resource}\nhas    {has}\nwanted {result}");
    if resource.starts_with("aws-sdk") {
        assert_eq!(has, result, "{resource}");
    }
}

#[tokio::test(start_paused = true)]
async fn names_times_and_texts_are_converted() {
    check(
        "sns",
        "sns:publish",
        json!({"TopicArn": "t", "Message": {"a": 1}}),
        json!({"TopicArn": "t", "Message": "{\"a\":1}"}),
        json!({"MessageId": "1"}),
        json!({"MessageId": "1", "SdkHttpMetadata": {"HttpStatusCode": 200, "HttpHeaders": {"Content-Type": "text/xml"}}, "SdkResponseMetadata": {"RequestId": "*"}}),
    )
    .await;
    check(
        "sqs",
        "sqs:sendMessage",
        json!({"QueueUrl": "q", "MessageBody": [1]}),
        json!({"QueueUrl": "q", "MessageBody": "[1]"}),
        json!({"MessageId": "1", "MD5OfMessageBody": "x"}),
        json!({"MessageId": "1", "MD5OfMessageBody": "x"}),
    )
    .await;
    check(
        "sqs",
        "aws-sdk:sqs:sendMessage",
        json!({"QueueUrl": "q", "MessageBody": "b"}),
        json!({"QueueUrl": "q", "MessageBody": "b"}),
        json!({"MD5OfMessageBody": "x"}),
        json!({"Md5OfMessageBody": "x"}),
    )
    .await;
    check(
        "s3",
        "aws-sdk:s3:listObjectsV2",
        json!({"Bucket": "b", "Prefix": "p/"}),
        json!({"Bucket": "b", "Prefix": "p/"}),
        json!({"Contents": [{"Key": "p/a", "LastModified": 1_767_225_600, "ETag": "\"e\"", "Size": 1}], "IsTruncated": false}),
        json!({"Contents": [{"Key": "p/a", "LastModified": "2026-01-01T00:00:00Z", "ETag": "\"e\"", "Size": 1}], "IsTruncated": false}),
    )
    .await;
    check(
        "s3",
        "aws-sdk:s3:putObject",
        json!({"Bucket": "b", "Key": "k", "Body": {"a": 1}, "ContentType": "application/json"}),
        json!({"Bucket": "b", "Key": "k", "Body": "{\"a\":1}", "ContentType": "application/json"}),
        json!({"ETag": "\"e\""}),
        json!({"ETag": "\"e\""}),
    )
    .await;
    check(
        "s3",
        "aws-sdk:s3:getObject",
        json!({"Bucket": "b", "Key": "k"}),
        json!({"Bucket": "b", "Key": "k"}),
        json!({"Body": "text, not base64", "Metadata": {"x-y": "z"}}),
        json!({"Body": "text, not base64", "Metadata": {"x-y": "z"}}),
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn events_get_resources_and_fail_with_their_entries() {
    let given = json!({"Entries": [{"Source": "s", "DetailType": "d", "Detail": {"a": 1}}]});
    let task = json!({"Resource": "arn:aws:states:::events:putEvents", "Parameters": given});
    for (failed, error) in [(0, Value::Null), (1, json!("EventBridge.FailedEntry"))] {
        let fake = Fake::new("events", move |_, _| {
            Ok(json!({"FailedEntryCount": failed, "Entries": [{}]}))
        });
        let world = World::new(vec![fake.clone()]).await;
        let (found, _) = world.run_task("m", task.clone()).await;
        assert_eq!(found.get("error").cloned().unwrap_or_default(), error);
        let entries: Vec<Value> =
            fake.got().iter().map(|got| got.input["Entries"][0].clone()).collect();
        let own = entries.iter().find(|entry| entry["Source"] == "s").unwrap();
        assert_eq!(own["Detail"], "{\"a\":1}");
        assert_eq!(own["Resources"], json!([found["executionArn"], found["stateMachineArn"]]));
    }
}

#[tokio::test(start_paused = true)]
async fn functions_return_or_fail() {
    let payload = |text: &str| service::base64_text(text.as_bytes());
    let optimised = json!({"Resource": "arn:aws:states:::lambda:invoke", "Parameters": {"FunctionName": "f", "Payload": {"a": 1}}});
    let direct = json!({"Resource": "arn:aws:lambda:us-east-1:000000000000:function:f", "Parameters": {"a": 1}});
    let returned =
        json!({"StatusCode": 200, "ExecutedVersion": "$LATEST", "Payload": payload("[1, 2]")});

    let (got, found) = ask("lambda", optimised.clone(), Ok(returned.clone())).await;
    assert_eq!(got, Some(json!({"FunctionName": "f", "Payload": payload("{\"a\":1}")})));
    let has = output(&found);
    assert!(
        holds(
            &has,
            &json!({"Payload": [1, 2], "StatusCode": 200, "ExecutedVersion": "$LATEST", "SdkHttpMetadata": "*"})
        ),
        "{has}"
    );

    let (got, found) = ask("lambda", direct.clone(), Ok(returned)).await;
    assert_eq!(got.unwrap()["FunctionName"], "arn:aws:lambda:us-east-1:000000000000:function:f");
    assert_eq!(output(&found), json!([1, 2]));

    let thrown = "{\"errorMessage\": \"no\", \"errorType\": \"ValueError\"}";
    let silent = "{\"errorMessage\": \"Task timed out\"}";
    let failed = |text: &str| json!({"StatusCode": 200, "FunctionError": "Unhandled", "Payload": payload(text)});
    let refused = AwsError::new("TooManyRequestsException", "slow down").with_status(429);
    let denied = AwsError::fault("AccessDeniedException", "not you", 403);
    for (answer, error, cause) in [
        (Ok(failed(thrown)), "ValueError", thrown.to_owned()),
        (Ok(failed(silent)), "Lambda.Unknown", format!("The cause could not be determined because Lambda did not return an error type. Returned payload: {silent}")),
        (Err(refused), "Lambda.TooManyRequestsException", "slow down (Service: AWSLambda; Status Code: 429; Error Code: TooManyRequestsException; Request ID: ".to_owned()),
        (Err(denied), "Lambda.AWSLambdaException", "not you (Service: AWSLambda; Status Code: 403; ".to_owned()),
    ] {
        for task in [&optimised, &direct] {
            let (_, found) = ask("lambda", task.clone(), answer.clone()).await;
            assert_eq!(found["error"], error);
            assert!(found["cause"].as_str().unwrap().starts_with(&cause), "{found}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn refusals() {
    let sdk = |resource: &str, parameters: Value| json!({"Resource": format!("arn:aws:states:::{resource}"), "Parameters": parameters});
    let object = json!({"Bucket": "b", "Key": "k"});
    let absent = AwsError::fault("NoSuchKey", "The specified key does not exist.", 404);
    for (service, task, answer, error, cause) in [
        (
            "s3",
            sdk("aws-sdk:s3:getObject", object.clone()),
            Err(absent),
            "S3.NoSuchKeyException",
            "The specified key does not exist. (Service: S3, Status Code: 404, Request ID: ",
        ),
        (
            "s3",
            sdk("aws-sdk:s3:getObject", object),
            Err(AwsError::fault("AccessDenied", "Access Denied", 403)),
            "S3.S3Exception",
            "Access Denied (Service: S3, Status Code: 403, Request ID: ",
        ),
        (
            "s3",
            sdk("aws-sdk:s3:getObject", json!({"Bucket": "b", "Kee": "k"})),
            Ok(json!({})),
            "States.Runtime",
            "An error occurred while executing the state 'Task' (entered at the event id #2). The Parameters '{\"Bucket\":\"b\",\"Kee\":\"k\"}' could not be used to start the Task: [The field \"Kee\" is not supported by Step Functions, The field \"Key\" is required but was missing]",
        ),
        (
            "sagemaker",
            sdk("aws-sdk:sagemaker:describeModelPackage", json!({"ModelPackageName": "x"})),
            Err(AwsError::new("ValidationException", "no")),
            "SageMaker.SageMakerException",
            "no (Service: SageMaker, Status Code: 400, Request ID: ",
        ),
        (
            "s3",
            sdk("aws-sdk:glue:startJobRun", json!({})),
            Ok(json!({})),
            "States.Runtime",
            "refit does not implement arn:aws:states:::aws-sdk:glue:startJobRun; docs/reference/services.md lists the integrations it has, and how calls of other services go on to AWS",
        ),
        (
            "s3",
            sdk("aws-sdk:s3:flyToTheMoon", json!({})),
            Ok(json!({})),
            "States.Runtime",
            "refit does not implement arn:aws:states:::aws-sdk:s3:flyToTheMoon; docs/reference/services.md lists the integrations it has, and how calls of other services go on to AWS",
        ),
        (
            "sns",
            sdk("aws-sdk:sns:publish", json!({"TopicArn": "t", "Message": {"a": 1}})),
            Ok(json!({})),
            "States.Runtime",
            "An error occurred while executing the state 'Task' (entered at the event id #2). The Parameters '{\"TopicArn\":\"t\",\"Message\":{\"a\":1}}' could not be used to start the Task: [The value for the field 'Message' must be a STRING]",
        ),
    ] {
        let resource = task["Resource"].clone();
        let (_, found) = ask(service, task, answer).await;
        assert_eq!(found["error"], error, "{resource} {found:#}");
        assert!(found["cause"].as_str().unwrap().starts_with(cause), "{found:#}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_task_with_a_token_waits_for_it() {
    let fake = Fake::new("sqs", |_, _| Ok(json!({"MessageId": "1"})));
    let world = World::new(vec![fake.clone()]).await;
    let task = json!({"Type": "Task", "End": true, "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
        "Parameters": {"QueueUrl": "q", "MessageBody": {"token.$": "$$.Task.Token"}}});
    let machine = world.machine("m", &json!({"StartAt": "T", "States": {"T": task}})).await;
    let execution = world.start(&machine, &json!({})).await;
    tokio::time::sleep(std::time::Duration::from_secs(100)).await;
    let body: Value = serde_json::from_str(fake.only()["MessageBody"].as_str().unwrap()).unwrap();
    world.ok("SendTaskSuccess", json!({"taskToken": body["token"], "output": "\"done\""})).await;
    assert_eq!(output(&world.ended(&execution).await), json!("done"));
    let history = world.history(&execution).await;
    assert_eq!(crate::world::types(&history)[4], "TaskSubmitted");
}
