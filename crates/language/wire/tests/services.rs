//! Messages of refit's own services: what goes out comes in again, and looks as AWS's does.

#![allow(clippy::unwrap_used)] // Helpers of tests may stop the test.

use serde_json::{Value, json};
use wire::{AwsError, Headers, HttpRequestParts, HttpResponseParts, Model, Protocol};

fn model(service: &str) -> Model {
    let text = match service {
        "states" => include_str!("../../../services/states/model.json"),
        "events" => include_str!("../../../services/events/model.json"),
        "lambda" => include_str!("../../../services/lambda/model.json"),
        "iam" => include_str!("../../../services/iam/model.json"),
        "sns" => include_str!("../../../services/sns/model.json"),
        "sqs" => include_str!("../../../services/sqs/model.json"),
        "s3" => include_str!("../../../services/s3/model.json"),
        other => panic!("{other}"),
    };
    Model::parse(text).unwrap()
}

fn body(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// A client's request reaches the server as the same operation with the same input.
fn check_request(service: &str, operation: &str, input: &Value) -> HttpRequestParts {
    let model = model(service);
    let operation = model.operation(operation).unwrap();
    let parts = wire::encode_request(&model, operation, input).unwrap();
    let routed = wire::route(&model, &parts).unwrap();
    assert_eq!(routed.name, operation.name);
    assert_eq!(
        wire::decode_request(&model, operation, &parts).unwrap(),
        *input,
        "{}",
        operation.name
    );
    parts
}

/// A server's answer reaches the client as the same output.
fn check_response(service: &str, operation: &str, output: &Value) -> HttpResponseParts {
    let model = model(service);
    let operation = model.operation(operation).unwrap();
    let parts = wire::encode_response(&model, operation, output, "an-id").unwrap();
    assert_eq!(wire::decode_response(&model, operation, &parts).unwrap(), *output);
    parts
}

#[test]
fn requests_of_every_protocol() {
    let parts =
        check_request("states", "StartExecution", &json!({"stateMachineArn": "a", "input": "{}"}));
    assert_eq!(parts.headers.get("x-amz-target"), Some("AWSStepFunctions.StartExecution"));
    check_request(
        "iam",
        "CreateRole",
        &json!({"RoleName": "r", "AssumeRolePolicyDocument": "{\"a\": \"b&c=d +\"}", "MaxSessionDuration": 3600,
            "Tags": [{"Key": "a", "Value": "ä"}, {"Key": "b", "Value": ""}]}),
    );
    check_request(
        "sns",
        "SetTopicAttributes",
        &json!({"TopicArn": "t", "AttributeName": "n", "AttributeValue": "v"}),
    );
    check_request(
        "sns",
        "Publish",
        &json!({"TopicArn": "t", "Message": "m",
            "MessageAttributes": {"a": {"DataType": "String", "StringValue": "v"}, "b": {"DataType": "Binary", "BinaryValue": "AAE="}}}),
    );
    check_request("sns", "CreateTopic", &json!({"Name": "t", "Attributes": {"FifoTopic": "true"}}));
    let parts = check_request(
        "lambda",
        "Invoke",
        &json!({"FunctionName": "arn:aws:lambda:us-east-1:111111111111:function:f", "InvocationType": "Event",
            "Payload": "eyJhIjoxfQ==", "Qualifier": "$LATEST"}),
    );
    assert_eq!(parts.body, b"{\"a\":1}");
    assert_eq!(
        parts.path_and_query(),
        "/2015-03-31/functions/arn%3Aaws%3Alambda%3Aus-east-1%3A111111111111%3Afunction%3Af/invocations?Qualifier=%24LATEST"
    );
    assert_eq!(parts.headers.get("X-Amz-Invocation-Type"), Some("Event"));
    check_request(
        "lambda",
        "TagResource",
        &json!({"Resource": "arn:aws:lambda:::f", "Tags": {"a": "b"}}),
    );
    check_request("lambda", "UntagResource", &json!({"Resource": "r", "TagKeys": ["a", "b c"]}));
    check_request(
        "lambda",
        "CreateFunction",
        &json!({"FunctionName": "f", "Runtime": "python3.12", "Role": "r", "Handler": "h.h", "Code": {"ZipFile": "UEs="}}),
    );
}

#[test]
fn requests_to_s3() {
    let key = json!({"Bucket": "b", "Key": "a/b c+é"});
    let parts = check_request("s3", "GetObject", &key);
    assert_eq!(parts.path_and_query(), "/b/a/b%20c%2B%C3%A9");
    check_request("s3", "HeadObject", &key);
    check_request("s3", "DeleteObject", &key);
    check_request("s3", "CreateBucket", &json!({"Bucket": "b"}));
    check_request("s3", "ListObjectsV2", &json!({"Bucket": "b", "Prefix": "p/", "MaxKeys": 3}));
    check_request("s3", "ListObjects", &json!({"Bucket": "b"}));
    check_request(
        "s3",
        "PutObject",
        &json!({"Body": "aGk=", "Bucket": "b", "Key": "k", "Metadata": {"m": "v"}}),
    );
    check_request("s3", "CopyObject", &json!({"Bucket": "b", "CopySource": "c/k", "Key": "k"}));
    check_request(
        "s3",
        "UploadPart",
        &json!({"Body": "aGk=", "Bucket": "b", "Key": "k", "PartNumber": 1, "UploadId": "u"}),
    );
    check_request(
        "s3",
        "AbortMultipartUpload",
        &json!({"Bucket": "b", "Key": "k", "UploadId": "u"}),
    );
    check_request("s3", "CreateMultipartUpload", &json!({"Bucket": "b", "Key": "k"}));
    let parts = check_request(
        "s3",
        "PutBucketTagging",
        &json!({"Bucket": "b", "Tagging": {"TagSet": [{"Key": "a", "Value": "<&>"}]}}),
    );
    assert!(parts.headers.get("x-amz-checksum-sha256").is_some());
    assert_eq!(
        body(&parts.body),
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Tagging xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><TagSet><Tag><Key>a</Key><Value>&lt;&amp;&gt;</Value></Tag></TagSet></Tagging>"
    );
    let parts = check_request(
        "s3",
        "CompleteMultipartUpload",
        &json!({"Bucket": "b", "Key": "k", "MultipartUpload": {"Parts": [{"ETag": "e", "PartNumber": 1}]}, "UploadId": "u"}),
    );
    assert!(body(&parts.body).contains("<CompleteMultipartUpload xmlns="));
}

#[test]
fn answers_of_every_protocol() {
    let parts = check_response(
        "states",
        "StartExecution",
        &json!({"executionArn": "e", "startDate": 1_700_000_000.123}),
    );
    assert_eq!(body(&parts.body), "{\"executionArn\":\"e\",\"startDate\":1700000000.123}");
    assert_eq!(parts.headers.get("x-amzn-requestid"), Some("an-id"));
    let parts = check_response(
        "iam",
        "GetRole",
        &json!({"Role": {"Path": "/", "RoleName": "r", "RoleId": "i", "Arn": "a", "CreateDate": 1_700_000_000}}),
    );
    assert_eq!(
        body(&parts.body),
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<GetRoleResponse xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\"><GetRoleResult><Role><Path>/</Path><RoleName>r</RoleName><RoleId>i</RoleId><Arn>a</Arn><CreateDate>2023-11-14T22:13:20Z</CreateDate></Role></GetRoleResult><ResponseMetadata><RequestId>an-id</RequestId></ResponseMetadata></GetRoleResponse>"
    );
    let parts = check_response(
        "lambda",
        "Invoke",
        &json!({"StatusCode": 202, "FunctionError": "Unhandled", "Payload": "e30="}),
    );
    assert_eq!((parts.status, parts.body.as_slice()), (202, b"{}".as_slice()));
    assert_eq!(parts.headers.get("x-amz-function-error"), Some("Unhandled"));
    let parts = check_response("lambda", "TagResource", &json!({}));
    assert_eq!((parts.status, parts.body.len()), (204, 0));
    check_response(
        "sns",
        "GetTopicAttributes",
        &json!({"Attributes": {"TopicArn": "t", "Owner": "o"}}),
    );
    check_response(
        "sqs",
        "ReceiveMessage",
        &json!({"Messages": [{"MessageId": "m", "Body": "b", "Attributes": {"SentTimestamp": "1"}}]}),
    );
}

#[test]
fn answers_of_s3() {
    let model = model("s3");
    let read = |operation: &str, headers: &[(&str, &str)], body: &str| {
        let parts = HttpResponseParts {
            status: 200,
            headers: headers.iter().copied().collect::<Headers>(),
            body: body.as_bytes().to_vec(),
        };
        wire::decode_response(&model, model.operation(operation).unwrap(), &parts).unwrap()
    };
    let xml = "<?xml version=\"1.0\"?>\n<LocationConstraint xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">eu-west-1</LocationConstraint>";
    assert_eq!(read("GetBucketLocation", &[], xml), json!({"LocationConstraint": "eu-west-1"}));
    let xml = "<ListBucketResult><Name>b</Name><IsTruncated>false</IsTruncated><Contents><Key>a&amp;b</Key><Size>3</Size></Contents><Contents><Key>c</Key><Size>4</Size></Contents></ListBucketResult>";
    assert_eq!(
        read("ListObjectsV2", &[], xml),
        json!({"IsTruncated": false, "Contents": [{"Key": "a&b", "Size": 3}, {"Key": "c", "Size": 4}], "Name": "b"})
    );
    let headers = [
        ("ETag", "\"e\""),
        ("x-amz-meta-m", "v"),
        ("Last-Modified", "Wed, 31 Jan 2024 12:00:00 GMT"),
    ];
    assert_eq!(
        read("GetObject", &headers, "hi"),
        json!({"Body": "aGk=", "LastModified": 1_706_702_400, "ETag": "\"e\"", "Metadata": {"m": "v"}})
    );
}

fn check_error(
    service: &str,
    error: AwsError,
    status: u16,
    expected_body: &str,
) -> HttpResponseParts {
    let model = model(service);
    let parts = wire::encode_error(&model, &error, "an-id");
    assert_eq!(parts.status, status);
    assert_eq!(body(&parts.body), expected_body);
    let back = wire::decode_error(&model, &parts);
    assert_eq!((back.message.as_str(), back.status), (error.message.as_str(), status));
    parts
}

#[test]
fn errors_of_every_protocol() {
    check_error(
        "states",
        AwsError::new("ValidationException", "m")
            .with_field("reason", "API_DOES_NOT_SUPPORT_LABELED_ARNS"),
        400,
        "{\"__type\":\"ValidationException\",\"reason\":\"API_DOES_NOT_SUPPORT_LABELED_ARNS\",\"message\":\"m\"}",
    );
    check_error(
        "states",
        AwsError::new("UnknownOperationException", ""),
        400,
        "{\"__type\":\"UnknownOperationException\"}",
    );
    check_error(
        "events",
        AwsError::new("InternalException", "m"),
        500,
        "{\"__type\":\"InternalException\",\"message\":\"m\"}",
    );
    check_error(
        "iam",
        AwsError::new("NoSuchEntityException", "The role with name r cannot be found."),
        404,
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ErrorResponse xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\"><Error><Type>Sender</Type><Code>NoSuchEntity</Code><Message>The role with name r cannot be found.</Message></Error><RequestId>an-id</RequestId></ErrorResponse>",
    );
    let parts = check_error(
        "lambda",
        AwsError::new("ResourceNotFoundException", "Function not found: f")
            .with_field("Type", "User"),
        404,
        "{\"Type\":\"User\",\"Message\":\"Function not found: f\"}",
    );
    assert_eq!(parts.headers.get("x-amzn-errortype"), Some("ResourceNotFoundException"));
    let parts = check_error(
        "sqs",
        AwsError::new("QueueDoesNotExist", "The specified queue does not exist."),
        400,
        "{\"__type\":\"QueueDoesNotExist\",\"message\":\"The specified queue does not exist.\"}",
    );
    assert_eq!(
        parts.headers.get("x-amzn-query-error"),
        Some("AWS.SimpleQueueService.NonExistentQueue;Sender")
    );
    check_error(
        "s3",
        AwsError::new("NoSuchKey", "m").with_field("Key", "k").with_status(404),
        404,
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>NoSuchKey</Code><Message>m</Message><RequestId>an-id</RequestId></Error>",
    );
}

#[test]
fn errors_by_either_name() {
    let model = model("iam");
    for code in ["NoSuchEntity", "NoSuchEntityException"] {
        let parts = wire::encode_error(&model, &AwsError::new(code, "m"), "i");
        let back = wire::decode_error(&model, &parts);
        assert_eq!((back.code.as_str(), back.status), ("NoSuchEntity", 404));
    }
}

#[test]
fn unknown_operations() {
    let refuse =
        |service: &str, parts: HttpRequestParts| wire::route(&model(service), &parts).unwrap_err();
    let target = |target: &str| HttpRequestParts {
        headers: Headers::from_iter([("X-Amz-Target", target)]),
        ..HttpRequestParts::default()
    };
    assert_eq!(refuse("states", target("AWSStepFunctions.Nope")).code, "UnknownOperationException");
    assert_eq!(
        refuse("states", target("AWSEvents.StartExecution")).code,
        "UnknownOperationException"
    );
    assert_eq!(refuse("states", target("StartExecution")).code, "UnknownOperationException");
    let form =
        HttpRequestParts { body: b"Action=Nope&Version=2010-05-08".to_vec(), ..Default::default() };
    assert_eq!(
        refuse("iam", form).to_string(),
        "InvalidAction: Could not find operation Nope for version 2010-05-08"
    );
    let path =
        HttpRequestParts { method: "GET".into(), path: "/nope".into(), ..Default::default() };
    assert_eq!(refuse("lambda", path).status, 404);
}

#[test]
fn query_requests_may_be_gets() {
    let model = Model::parse(include_str!("../../../services/iam/model_sts.json")).unwrap();
    let parts = HttpRequestParts {
        method: "GET".to_owned(),
        path: "/".to_owned(),
        query: "Action=GetAccessKeyInfo&Version=2011-06-15&AccessKeyId=AKIDEXAMPLE%2B1".to_owned(),
        ..Default::default()
    };
    let operation = wire::route(&model, &parts).unwrap();
    assert_eq!(operation.name, "GetAccessKeyInfo");
    assert_eq!(
        wire::decode_request(&model, operation, &parts).unwrap(),
        json!({"AccessKeyId": "AKIDEXAMPLE+1"})
    );
}

#[test]
fn headers_cannot_be_forged() {
    let model = model("s3");
    let operation = model.operation("PutObject").unwrap();
    let input = json!({"Bucket": "b", "Key": "k", "ContentType": "a\r\nX-Amz-Acl: public-read"});
    assert!(wire::encode_request(&model, operation, &input).is_err());
}

#[test]
fn members_the_model_has_not_are_named() {
    let model = model("states");
    let operation = model.operation("ListExecutions").unwrap();
    let output = json!({"executions": [{"name": "n", "stoppedAt": 1}], "next": null});
    assert_eq!(
        wire::unknown_members(&model, operation, &output),
        ["executions.0.stoppedAt", "next"]
    );
}

#[test]
fn a_service_of_several_protocols_is_spoken_to_in_each() {
    let text = include_str!("../../../services/cloudwatch/model.json");
    let model = Model::parse(text).unwrap();
    let input = serde_json::json!({
        "Namespace": "Loop",
        "MetricData": [
            {"MetricName": "auc", "Timestamp": 1_767_225_600, "Value": 0.5, "Unit": "None"},
            {"MetricName": "n", "Values": [1.0, -2.5], "Dimensions": [{"Name": "a", "Value": "\u{e9}"}]},
        ],
    });
    let spoken = [Protocol::Json, Protocol::Cbor, Protocol::Query];
    for protocol in spoken {
        let mut asked = wire::HttpRequestParts::default();
        match protocol {
            Protocol::Cbor => asked.headers.push("smithy-protocol", "rpc-v2-cbor"),
            Protocol::Json => asked.headers.push("X-Amz-Target", "x.y"),
            _ => {}
        }
        let dialect = model.spoken_in(&asked);
        assert_eq!(dialect.metadata.protocol, protocol);
        let operation = dialect.operation("PutMetricData").unwrap();
        let request = wire::encode_request(dialect, operation, &input).unwrap();
        assert_eq!(model.spoken_in(&request).metadata.protocol, protocol);
        assert_eq!(wire::route(dialect, &request).unwrap().name, "PutMetricData");
        assert_eq!(
            wire::decode_request(dialect, operation, &request).unwrap(),
            input,
            "{protocol:?}"
        );

        let operation = dialect.operation("GetMetricStatistics").unwrap();
        let output = serde_json::json!({"Label": "auc", "Datapoints": [
            {"Timestamp": 1_767_225_600, "SampleCount": 2.0, "Average": 0.25, "Unit": "Count",
             "ExtendedStatistics": {"p90": 1.5}}]});
        let answer = wire::encode_response(dialect, operation, &output, "id").unwrap();
        assert_eq!(
            wire::decode_response(dialect, operation, &answer).unwrap(),
            output,
            "{protocol:?}"
        );

        let error = wire::AwsError::new("ResourceNotFound", "gone");
        let answer = wire::encode_error(dialect, &error, "id");
        let read = wire::decode_error(dialect, &answer);
        assert_eq!((read.code.as_str(), read.message.as_str()), ("ResourceNotFound", "gone"));
        for body in [&b"\xff"[..], b"\x9f", b"{", b"", b"\xa1\x61\x61"] {
            let mut broken = request.clone();
            broken.body = body.to_vec();
            let _survives = wire::decode_request(dialect, operation, &broken);
        }
    }
}
