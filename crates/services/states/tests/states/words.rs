//! What is said of definitions and states that cannot be used: AWS's words.

use crate::fakes::Fake;
use crate::world::Expect::{Error, Output};
use crate::world::{ROLE, World, check};
use serde_json::{Value, json};

const NOT_JSON: &str = "Unrecognized token 'not': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')\n at [Source: (String)\"not a definition\"; line: 1, column: 4]";

#[tokio::test(start_paused = true)]
async fn texts_that_are_no_definitions() {
    let world = World::new(Vec::new()).await;
    let source = "[Source: (String)\"not a definition\"; line: 1, column: 4]";
    let no_object = json!([{"severity": "ERROR", "code": "SCHEMA_VALIDATION_FAILED", "message": "Definition must be a valid JSON object"}]);
    let fails = |diagnostics: Value| {
        Output(json!({"result": "FAIL", "truncated": false, "diagnostics": diagnostics}))
    };
    let text = |definition: &str| json!({"definition": definition});
    let validate = "ValidateStateMachineDefinition";
    check(
        &world,
        vec![
            (validate, text(" "), fails(no_object.clone())),
            (validate, text("\"\""), fails(no_object.clone())),
            (validate, text("[]"), fails(no_object)),
            (
                validate,
                text("not a definition"),
                fails(json!([{"code": "INVALID_JSON_DESCRIPTION", "location": source, "message": NOT_JSON}])),
            ),
            (
                validate,
                text("{}"),
                fails(json!([{"location": "/", "message": "These fields are required: [States, StartAt]"}])),
            ),
            (
                validate,
                text(r#"{"StartAt": "W", "States": {"W": {"Type": "Wait", "Timestamp": "2016-12-05 21:29:29Z", "End": true}}}"#),
                fails(json!([{"location": "/States/W/Timestamp", "message": "String does not match RFC3339 timestamp"}])),
            ),
        ],
    )
    .await;
    let input = json!({"name": "m", "definition": "not a definition", "roleArn": ROLE});
    let error = world.call("CreateStateMachine", input).await.unwrap_err();
    assert_eq!(error.code, "InvalidDefinition");
    assert_eq!(
        error.message,
        format!("Invalid State Machine Definition: 'INVALID_JSON_DESCRIPTION: {NOT_JSON}'")
    );
}

/// State, input, cause.
fn causes() -> Vec<(Value, Value, &'static str)> {
    let task = |more: Value| {
        let mut task = json!({"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage",
            "Parameters": {"QueueUrl": "q", "MessageBody": "b"}, "End": true});
        task.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        task
    };
    vec![
        (
            json!({"Type": "Pass", "InputPath": "$.a.b", "End": true}),
            json!({}),
            "Invalid path '$.a.b' : No results for path: $['a']['b']",
        ),
        (
            json!({"Type": "Pass", "OutputPath": "$.Payload", "End": true}),
            json!({}),
            "Invalid path '$.Payload' : No results for path: $['Payload']",
        ),
        (
            task(json!({"TimeoutSecondsPath": "$.t"})),
            json!({}),
            "Invalid path '$.t' : No results for path: $['t']",
        ),
        (
            task(json!({"HeartbeatSecondsPath": "$.t"})),
            json!({}),
            "Invalid path '$.t' : No results for path: $['t']",
        ),
        (
            json!({"Type": "Wait", "SecondsPath": "$.s", "End": true}),
            json!({}),
            "The SecondsPath parameter does not reference an input value: $.s",
        ),
        (
            json!({"Type": "Wait", "TimestampPath": "$.t", "End": true}),
            json!({"t": "2016-13-05T21:29:29Z"}),
            "The TimestampPath parameter does not reference a valid ISO-8601 extended offset date-time format string: $.t == 2016-13-05T21:29:29Z",
        ),
        (
            json!({"Type": "Choice", "Choices": [{"Variable": "$.a", "NumericEquals": 1, "Next": "N"}]}),
            json!({}),
            "Invalid path '$.a': The choice state's condition path references an invalid value.",
        ),
        (
            json!({"Type": "Choice", "Choices": [{"Variable": "$.a", "NumericEqualsPath": "$.b", "Next": "N"}]}),
            json!({"a": 1}),
            "Invalid path '$.b': The choice state's condition path references an invalid value.",
        ),
        (
            json!({"Type": "Pass", "Parameters": {"x.$": "$.nope"}, "End": true}),
            json!({"a": 1}),
            "The JSONPath '$.nope' specified for the field 'x.$' could not be found in the input '{\"a\":1}'",
        ),
    ]
}

#[tokio::test(start_paused = true)]
async fn states_that_cannot_use_their_input() {
    let sqs = Fake::new("sqs", |_, _| Ok(json!({})));
    let world = World::new(vec![sqs]).await;
    for (state, input, cause) in causes() {
        let request =
            json!({"definition": state.to_string(), "input": input.to_string(), "roleArn": ROLE});
        let answer = world.ok("TestState", request).await;
        assert_eq!(answer["error"], "States.Runtime", "{state}");
        assert_eq!(answer["cause"], cause, "{state}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_not_there() {
    let logs = Fake::new("logs", |_, _| Ok(json!({"logGroups": [{"logGroupName": "group-2"}]})));
    let world = World::new(vec![logs]).await;
    let pass = json!({"StartAt": "P", "States": {"P": {"Type": "Pass", "End": true}}}).to_string();
    let with = |more: Value| {
        let mut input = json!({"name": "m", "definition": pass, "roleArn": ROLE});
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        input
    };
    let group = "arn:aws:logs:us-east-1:000000000000:log-group:group:*";
    let no_kms = "Invalid Encryption Configuration: refit has no KMS, so it cannot encrypt with customer managed keys; use the type AWS_OWNED_KEY here.";
    let key = json!({"encryptionConfiguration": {"type": "CUSTOMER_MANAGED_KMS_KEY", "kmsKeyId": "alias/k"}});
    let mut activity = key.clone();
    activity["name"] = json!("a");
    check(
        &world,
        vec![
            (
                "CreateStateMachine",
                with(json!({"loggingConfiguration": {"level": "ALL",
                    "destinations": [{"cloudWatchLogsLogGroup": {"logGroupArn": group}}]}})),
                Error(
                    "InvalidLoggingConfiguration",
                    "Invalid Logging Configuration: Log Destination not found.",
                ),
            ),
            ("CreateStateMachine", with(key), Error("InvalidEncryptionConfiguration", no_kms)),
            ("CreateActivity", activity, Error("InvalidEncryptionConfiguration", no_kms)),
            (
                "UpdateStateMachineAlias",
                json!({"stateMachineAliasArn": "arn:aws:states:us-east-1:000000000000:stateMachine:m:nobody", "description": "d"}),
                Error(
                    "ResourceNotFound",
                    "Request references a resource that does not exist.",
                ),
            ),
        ],
    )
    .await;
}
