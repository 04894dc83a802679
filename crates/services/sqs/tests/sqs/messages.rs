//! Messages of standard queues: what may be sent, what is received, when.

use crate::world::Step::Wait;
use crate::world::{START_MS, check, does, refuses};
use serde_json::{Value, json};

fn text(value: &str) -> Value {
    json!({"DataType": "String", "StringValue": value})
}

#[tokio::test(start_paused = true)]
async fn a_message_goes_through() {
    let sent = json!({"MessageBody": "msg", "MessageAttributes": {"Hello": text("There"), "General": text("Kenobi"), "Help.Me": text("Me")}, "MessageSystemAttributes": {"AWSTraceHeader": text("some-trace-id")}});
    let receive = |names: &[&str]| json!({"MessageAttributeNames": names, "VisibilityTimeout": 0});
    // AWS: recorded digests; those of attributes are of the attributes that are returned.
    check(json!({}), vec![
        does("SendMessage", sent, json!({"MessageId": "=id", "MD5OfMessageBody": "6e2baaf3b97dbeef01c0043275f9a0e7", "MD5OfMessageAttributes": "4c360f3fdafd970e05fae2f149d997f5", "MD5OfMessageSystemAttributes": "fdce4f2818803f2f73becc09a54792c0", "SequenceNumber": null})),
        does("ReceiveMessage", receive(&[]), json!({"Messages": [{"MessageId": "$id", "Body": "msg", "MD5OfBody": "6e2baaf3b97dbeef01c0043275f9a0e7", "MD5OfMessageAttributes": null, "MessageAttributes": null, "Attributes": null}]})),
        does("ReceiveMessage", receive(&["All"]), json!({"Messages": [{"MD5OfMessageAttributes": "4c360f3fdafd970e05fae2f149d997f5"}]})),
        does("ReceiveMessage", receive(&[".*"]), json!({"Messages": [{"MD5OfMessageAttributes": "4c360f3fdafd970e05fae2f149d997f5"}]})),
        does("ReceiveMessage", receive(&["Help.*", "Hello"]), json!({"Messages": [{"MD5OfMessageAttributes": "83fee93c1bcd8b9a5a923ffacdc636c7", "MessageAttributes": {"Hello": text("There"), "Help.Me": text("Me"), "General": null}}]})),
        does("ReceiveMessage", receive(&["Hello", "None"]), json!({"Messages": [{"MD5OfMessageAttributes": "a311262e065454b75da111d535b8dacd"}]})),
        does("ReceiveMessage", receive(&["Foo", "Help"]), json!({"Messages": [{"MD5OfMessageAttributes": null}]})),
        Wait(1),
        does("ReceiveMessage", json!({"AttributeNames": ["All"]}), json!({"Messages": [{"Attributes": {
            "ApproximateReceiveCount": "7", "SenderId": "123456789012", "SentTimestamp": START_MS.to_string(),
            "ApproximateFirstReceiveTimestamp": START_MS.to_string(), "AWSTraceHeader": "some-trace-id", "SequenceNumber": null, "MessageGroupId": null}}]})),
        Wait(30),
        does("ReceiveMessage", json!({"MessageSystemAttributeNames": ["SentTimestamp", "Policy"]}), json!({"Messages": [{"Attributes": {"SentTimestamp": START_MS.to_string(), "SenderId": null}}]})),
    ]).await;
}

#[tokio::test(start_paused = true)]
async fn what_is_sent_is_checked() {
    let attribute =
        |name: &str, value: Value| json!({"MessageBody": "b", "MessageAttributes": {name: value}});
    let number = |value: &str| json!({"DataType": "Number.int", "StringValue": value});
    let eleven: serde_json::Map<_, _> = (0..11).map(|n| (format!("a{n}"), text("x"))).collect();
    let invalid = "InvalidParameterValue";
    let reserved = "You can't use message attribute names beginning with 'AWS.' or 'Amazon'. These strings are reserved for internal use.";
    let cases = [
        (json!({}), "MissingParameter", "The request must contain the parameter MessageBody."),
        (
            json!({"MessageBody": ""}),
            "MissingParameter",
            "The request must contain the parameter MessageBody.",
        ),
        (
            json!({"MessageBody": "a\u{1}"}),
            "InvalidMessageContents",
            "Invalid characters found. Valid unicode characters are #x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF",
        ),
        (
            json!({"MessageBody": "b", "DelaySeconds": -234}),
            invalid,
            "Value -234 for parameter DelaySeconds is invalid. Reason: DelaySeconds must be >= 0 and <= 900.",
        ),
        (
            json!({"MessageBody": "b", "DelaySeconds": 901}),
            invalid,
            "Value 901 for parameter DelaySeconds is invalid. Reason: DelaySeconds must be >= 0 and <= 900.",
        ),
        (
            json!({"MessageBody": "b", "MessageDeduplicationId": "1"}),
            invalid,
            "The request include parameter MessageDeduplicationId which is not valid for this queue type",
        ),
        (
            attribute("Hello", number("world")),
            invalid,
            "Can't cast the value of message (user) attribute 'Hello' to a number.",
        ),
        (
            attribute("Hello", number("NaN")),
            invalid,
            "Can't cast the value of message (user) attribute 'Hello' to a number.",
        ),
        (
            attribute("ErrorDetails", text("")),
            invalid,
            "Message (user) attribute 'ErrorDetails' must contain a non-empty value of type 'String'.",
        ),
        (
            attribute("", text("x")),
            invalid,
            "The request must contain non-empty message (user) attribute names.",
        ),
        (
            attribute("Hello", json!({})),
            invalid,
            "The message (user) attribute 'Hello' must contain a non-empty message attribute value.",
        ),
        (
            attribute("Hello", json!({"DataType": "InvalidType", "StringValue": "x"})),
            invalid,
            "The type of message (user) attribute 'Hello' is invalid. You must use only the following supported type prefixes: Binary, Number, String.",
        ),
        (
            attribute("Hello", json!({"DataType": "StringList", "StringListValues": ["x"]})),
            invalid,
            "Message attribute list values in SendMessage operation are not supported.",
        ),
        (attribute("aws.x", text("x")), invalid, reserved),
        (attribute("Amazon.x", text("x")), invalid, reserved),
        (
            attribute(&"a".repeat(257), text("x")),
            invalid,
            "Message (user) attribute name must be shorter than 256 bytes.",
        ),
        (
            attribute(
                "a",
                json!({"DataType": format!("String.{}", "x".repeat(250)), "StringValue": "x"}),
            ),
            invalid,
            "Message (user) attribute type must be shorter than 256 bytes.",
        ),
        (
            json!({"MessageBody": "b", "MessageAttributes": eleven}),
            invalid,
            "Number of message attributes [11] exceeds the allowed maximum [10].",
        ),
        (
            json!({"MessageBody": "b", "MessageSystemAttributes": {"Hello": text("x")}}),
            invalid,
            "Message system attribute name 'Hello' is invalid.",
        ),
        (
            json!({"MessageBody": "x".repeat(1025)}),
            invalid,
            "One or more parameters are invalid. Reason: Message must be shorter than 1024 bytes.",
        ),
        (
            attribute("a", text(&"x".repeat(1017))),
            invalid,
            "One or more parameters are invalid. Reason: Message must be shorter than 1024 bytes.",
        ),
    ];
    let mut steps: Vec<_> = cases
        .into_iter()
        .map(|(input, code, message)| refuses("SendMessage", input, code, message))
        .collect();
    steps.push(does("SendMessage", json!({"MessageBody": "x".repeat(1024)}), json!({})));
    steps.push(does("SendMessage", attribute("a", text(&"x".repeat(1016))), json!({})));
    steps.push(does(
        "SendMessage",
        json!({"MessageBody": "b", "MessageGroupId": "tenant"}),
        json!({}),
    ));
    steps.push(does("SendMessage", attribute("n", number("1234567890123456789012")), json!({})));
    check(json!({"MaximumMessageSize": "1024"}), steps).await;
}

#[tokio::test(start_paused = true)]
async fn what_is_asked_is_checked() {
    let invalid = "InvalidParameterValue";
    check(json!({}), vec![
        refuses("ReceiveMessage", json!({"MaxNumberOfMessages": 11}), invalid, "Value 11 for parameter MaxNumberOfMessages is invalid. Reason: Must be between 1 and 10, if provided."),
        refuses("ReceiveMessage", json!({"MaxNumberOfMessages": 0}), invalid, "Value 0 for parameter MaxNumberOfMessages is invalid. Reason: Must be between 1 and 10, if provided."),
        refuses("ReceiveMessage", json!({"WaitTimeSeconds": 21}), invalid, "Value 21 for parameter WaitTimeSeconds is invalid. Reason: Must be >= 0 and <= 20, if provided."),
        refuses("ReceiveMessage", json!({"VisibilityTimeout": 43_201}), invalid, "Value 43201 for parameter VisibilityTimeout is invalid. Reason: Must be >= 0 and <= 43200, if provided."),
        refuses("ReceiveMessage", json!({"ReceiveRequestAttemptId": "x"}), invalid, "The request include parameter ReceiveRequestAttemptId which is not valid for this queue type"),
        refuses("ReceiveMessage", json!({"AttributeNames": ["Nonsense"]}), "InvalidAttributeName", "Unknown Attribute Nonsense."),
        refuses("DeleteMessage", json!({"ReceiptHandle": "nonsense"}), "ReceiptHandleIsInvalid", "The input receipt handle \"nonsense\" is not valid."),
        refuses("DeleteMessage", json!({}), "MissingParameter", "The request must contain the parameter ReceiptHandle."),
        refuses("ChangeMessageVisibility", json!({"ReceiptHandle": "x"}), "MissingParameter", "The request must contain the parameter VisibilityTimeout."),
        refuses("ChangeMessageVisibility", json!({"ReceiptHandle": "x", "VisibilityTimeout": 43_201}), invalid, "Value 43201 for parameter VisibilityTimeout is invalid. Reason: Must be >= 0 and <= 43200, if provided."),
    ]).await;
}

#[tokio::test(start_paused = true)]
async fn a_received_message_is_out_of_sight_for_a_while() {
    check(json!({"VisibilityTimeout": "10"}), vec![
        does("SendMessage", json!({"MessageBody": "1"}), json!({})),
        does("SendMessage", json!({"MessageBody": "2"}), json!({})),
        does("ReceiveMessage", json!({"MaxNumberOfMessages": 10}), json!({"Messages": [{"Body": "1", "ReceiptHandle": "=one"}, {"Body": "2", "ReceiptHandle": "=two"}]})),
        does("ReceiveMessage", json!({}), json!({"Messages": null})),
        Wait(9),
        does("DeleteMessage", json!({"ReceiptHandle": "$one"}), json!({})),
        does("DeleteMessage", json!({"ReceiptHandle": "$one"}), json!({})),
        does("ReceiveMessage", json!({}), json!({"Messages": null})),
        Wait(1),
        does("ReceiveMessage", json!({"VisibilityTimeout": 100, "AttributeNames": ["All"]}), json!({"Messages": [{"Body": "2", "ReceiptHandle": "=again", "Attributes": {"ApproximateReceiveCount": "2"}}]})),
        // An old handle says so of nothing.
        does("DeleteMessage", json!({"ReceiptHandle": "$two"}), json!({})),
        Wait(99),
        does("ReceiveMessage", json!({}), json!({"Messages": null})),
        Wait(1),
        // After the timeout the handle is still good, as long as nobody else has the message.
        does("DeleteMessage", json!({"ReceiptHandle": "$again"}), json!({})),
        does("ReceiveMessage", json!({}), json!({"Messages": null})),
    ]).await;
}

#[tokio::test(start_paused = true)]
async fn visibility_is_changed() {
    let gone = "Value $one for parameter ReceiptHandle is invalid. Reason: Message does not exist or is not available for visibility timeout change.";
    let change =
        |handle: &str, seconds: i64| json!({"ReceiptHandle": handle, "VisibilityTimeout": seconds});
    check(json!({}), vec![
        does("SendMessage", json!({"MessageBody": "1"}), json!({})),
        does("ReceiveMessage", json!({}), json!({"Messages": [{"ReceiptHandle": "=one"}]})),
        does("ChangeMessageVisibility", change("$one", 0), json!({})),
        does("ReceiveMessage", json!({}), json!({"Messages": [{"ReceiptHandle": "=two"}]})),
        refuses("ChangeMessageVisibility", change("$one", 10), "InvalidParameterValue", gone),
        does("ChangeMessageVisibility", change("$two", 60), json!({})),
        Wait(59),
        does("ReceiveMessage", json!({}), json!({"Messages": null})),
        Wait(2),
        does("ChangeMessageVisibility", change("$two", 5), json!({})),
        does("ReceiveMessage", json!({}), json!({"Messages": null})),
        refuses("ChangeMessageVisibility", change("$two", 43_200), "InvalidParameterValue", "Value 43200 for parameter VisibilityTimeout is invalid. Reason: Total VisibilityTimeout for the message is beyond the limit [43200 seconds]"),
        does("DeleteMessage", json!({"ReceiptHandle": "$two"}), json!({})),
        refuses("ChangeMessageVisibility", change("$one", 10), "InvalidParameterValue", gone),
    ]).await;
}

#[tokio::test(start_paused = true)]
async fn messages_are_delayed() {
    check(
        json!({"DelaySeconds": "10"}),
        vec![
            does("SendMessage", json!({"MessageBody": "queue"}), json!({})),
            does("SendMessage", json!({"MessageBody": "own", "DelaySeconds": 5}), json!({})),
            does("SendMessage", json!({"MessageBody": "none", "DelaySeconds": 0}), json!({})),
            does(
                "ReceiveMessage",
                json!({"MaxNumberOfMessages": 10}),
                json!({"Messages": [{"Body": "none"}]}),
            ),
            // The delay of a standard queue is not retroactive.
            does("SetQueueAttributes", json!({"Attributes": {"DelaySeconds": "0"}}), json!({})),
            Wait(5),
            does(
                "ReceiveMessage",
                json!({"MaxNumberOfMessages": 10}),
                json!({"Messages": [{"Body": "own"}]}),
            ),
            Wait(5),
            does(
                "ReceiveMessage",
                json!({"MaxNumberOfMessages": 10}),
                json!({"Messages": [{"Body": "queue"}]}),
            ),
        ],
    )
    .await;
}
