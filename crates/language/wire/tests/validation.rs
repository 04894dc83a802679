//! Constraints, in the words AWS answers with.

#![allow(clippy::unwrap_used)] // Helpers of tests may stop the test.

use serde_json::{Value, json};
use wire::{AwsError, HttpRequestParts, Model};

fn model(service: &str) -> Model {
    let text = match service {
        "states" => include_str!("../../../services/states/model.json"),
        "sagemaker" => include_str!("../../../services/sagemaker/model.json"),
        "events" => include_str!("../../../services/events/model.json"),
        "iam" => include_str!("../../../services/iam/model.json"),
        "sts" => include_str!("../../../services/iam/model_sts.json"),
        "logs" => include_str!("../../../services/logs/model.json"),
        "lambda" => include_str!("../../../services/lambda/model.json"),
        other => panic!("{other}"),
    };
    Model::parse(text).unwrap()
}

fn check(service: &str, operation: &str, input: &Value, expected: Option<(&str, &str)>) {
    let model = model(service);
    let operation = model.operation(operation).unwrap();
    let found = wire::validate(&model, operation, input).err();
    let found = found.as_ref().map(|error| (error.code.as_str(), error.message.as_str()));
    assert_eq!(found, expected, "{}", operation.name);
}

#[test]
fn messages() {
    let arn = "arn:aws:states:us-east-1:111111111111:stateMachine:m";
    check("states", "ListExecutions", &json!({"stateMachineArn": arn, "maxResults": 1000}), None);
    // AWS: recorded.
    check(
        "states",
        "ListExecutions",
        &json!({"stateMachineArn": arn, "maxResults": 1001}),
        Some((
            "ValidationException",
            "1 validation error detected: Value '1001' at 'maxResults' failed to satisfy constraint: Member must have value less than or equal to 1000",
        )),
    );
    // AWS: recorded.
    let route = |n: u32, weight: u32| json!({"stateMachineVersionArn": format!("{arn}:{n}"), "weight": weight});
    check(
        "states",
        "CreateStateMachineAlias",
        &json!({"name": "a", "routingConfiguration": [route(1, 50), route(2, 30), route(3, 20)]}),
        Some((
            "ValidationException",
            &format!(
                "1 validation error detected: Value '[RoutingConfigurationListItem(stateMachineVersionArn={arn}:1, weight=50), RoutingConfigurationListItem(stateMachineVersionArn={arn}:2, weight=30), RoutingConfigurationListItem(stateMachineVersionArn={arn}:3, weight=20)]' at 'routingConfiguration' failed to satisfy constraint: Member must have length less than or equal to 2"
            ),
        )),
    );
    // AWS: recorded.
    check(
        "states",
        "CreateStateMachineAlias",
        &json!({"name": "a", "routingConfiguration": [route(1, 101)]}),
        Some((
            "ValidationException",
            "1 validation error detected: Value '101' at 'routingConfiguration.1.member.weight' failed to satisfy constraint: Member must have value less than or equal to 100",
        )),
    );
    // AWS: measured by others.
    check(
        "states",
        "StartExecution",
        &json!({"name": "n"}),
        Some((
            "ValidationException",
            "1 validation error detected: Value null at 'stateMachineArn' failed to satisfy constraint: Member must not be null",
        )),
    );
    let long = "é".repeat(131_073);
    check(
        "states",
        "StartExecution",
        &json!({"stateMachineArn": arn, "input": long}),
        Some((
            "ValidationException",
            "1 validation error detected: Value at 'input' failed to satisfy constraint: Member must have size less than or equal to 262144 bytes in UTF-8 encoding",
        )),
    );
}

#[test]
fn messages_of_query_services() {
    // AWS: measured by others.
    check(
        "sts",
        "AssumeRole",
        &json!({"RoleArn": "", "RoleSessionName": "ab"}),
        Some((
            "ValidationError",
            "2 validation errors detected: Value '' at 'roleArn' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\u0009\\u000A\\u000D\\u0020-\\u007E\\u0085\\u00A0-\\uD7FF\\uE000-\\uFFFD\\u10000-\\u10FFFF]+; Value '' at 'roleArn' failed to satisfy constraint: Member must have length greater than or equal to 20",
        )),
    );
    check(
        "sts",
        "AssumeRole",
        &json!({"RoleArn": "arn:aws:iam::111111111111:role/r", "RoleSessionName": "ab", "DurationSeconds": -1}),
        Some((
            "ValidationError",
            "1 validation error detected: Value '-1' at 'durationSeconds' failed to satisfy constraint: Member must have value greater than or equal to 900",
        )),
    );
    check(
        "iam",
        "UntagRole",
        &json!({"RoleName": "r", "TagKeys": ["a", ""]}),
        Some((
            "ValidationError",
            "1 validation error detected: Value at 'tagKeys' failed to satisfy constraint: Member must satisfy constraint: [Member must have length less than or equal to 128, Member must have length greater than or equal to 1, Member must satisfy regular expression pattern: [\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]+, Member must not be null]",
        )),
    );
    check(
        "iam",
        "GetRole",
        &json!({"RoleName": "/service-role/r"}),
        Some((
            "ValidationError",
            "1 validation error detected: Value '/service-role/r' at 'roleName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\w+=,.@-]+",
        )),
    );
}

#[test]
fn patterns_cover_the_whole_value() {
    let job = |name: &str| json!({"TrainingJobName": name});
    check("sagemaker", "DescribeTrainingJob", &job("good-name-1"), None);
    for name in ["bad_name", "-bad", "bad-", ""] {
        let model = model("sagemaker");
        let operation = model.operation("DescribeTrainingJob").unwrap();
        let error = wire::validate(&model, operation, &job(name)).unwrap_err();
        assert!(error.message.contains("at 'trainingJobName'"), "{name}: {error}");
        assert!(error.message.contains("regular expression pattern: "), "{name}: {error}");
    }
    check(
        "logs",
        "CreateLogGroup",
        &json!({"logGroupName": "a b"}),
        Some((
            "InvalidParameterException",
            "1 validation error detected: Value 'a b' at 'logGroupName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\.\\-_/#A-Za-z0-9]+",
        )),
    );
    // Look-around at the ends is checked too.
    let model = model("lambda");
    let shape = |value: &str| {
        wire::violations(
            &model,
            model.operation("AddPermission").unwrap(),
            &json!({"FunctionName": "f", "StatementId": "s", "Action": "lambda:InvokeFunction", "Principal": "p", "PrincipalOrgID": value}),
        )
    };
    assert!(shape("o-a123456789").is_empty() && !shape("o-A").is_empty());
}

#[test]
fn at_most_ten_violations_are_named() {
    let tags: Vec<Value> = (0..30).map(|_| json!({"key": "k".repeat(200)})).collect();
    let model = model("states");
    let operation = model.operation("TagResource").unwrap();
    let found = wire::violations(&model, operation, &json!({"resourceArn": "a", "tags": tags}));
    assert_eq!(found.len(), 10);
    assert!(found[0].contains("at 'tags.1.member.key'"), "{}", found[0]);
    assert!(wire::validation_message(&found).starts_with("10 validation errors detected: Value "));
}

fn read(body: &str) -> Result<Value, AwsError> {
    let model = model("states");
    let parts = HttpRequestParts { body: body.as_bytes().to_vec(), ..HttpRequestParts::default() };
    wire::decode_request(&model, model.operation("ListExecutions").unwrap(), &parts)
}

#[test]
fn wrong_types_are_told_in_aws_words() {
    for (body, expected) in [
        ("{", ""),
        ("", ""),
        ("null", ""),
        ("\"x\"", ""),
        ("{\"maxResults\": 1,}", ""),
        ("[]", "Start of list found where not expected"),
        ("{\"maxResults\": \"1\"}", "STRING_VALUE can not be converted to an Integer"),
        ("{\"maxResults\": true}", "TRUE_VALUE can not be converted to an Integer"),
        ("{\"maxResults\": []}", "Start of list found where not expected"),
        ("{\"maxResults\": {}}", "Start of structure or map found where not expected."),
        ("{\"stateMachineArn\": 1}", "NUMBER_VALUE can not be converted to a String"),
        ("{\"stateMachineArn\": false}", "FALSE_VALUE can not be converted to a String"),
    ] {
        let error = read(body).unwrap_err();
        assert_eq!(
            (error.code.as_str(), error.message.as_str()),
            ("SerializationException", expected)
        );
    }
    for (body, expected) in [
        ("{}", json!({})),
        ("{\"maxResults\": 1.5, \"unknown\": 1, \"nextToken\": null}", json!({"maxResults": 1})),
    ] {
        assert_eq!(read(body).unwrap(), expected);
    }
}
