//! What is said about faulty definitions: code, words, location, place in the text, hint.

use asl::{Options, Severity, check};

/// Definition, then one line per diagnostic:
/// `[warning ]CODE: message at location (line:column)[ hint]`.
const CASES: &[(&str, &str)] = &[
    (
        r#"{"StartAt": "A", "States": {"A": {"Type": "Pass", "End": true}}}"#,
        "",
    ),
    (
        "{\n \"StartAt\": \"Frist\",\n \"States\": {\n  \"First\": {\"Type\": \"Pass\", \"Next\": \"Frist\"}\n }\n}",
        "MISSING_TRANSITION_TARGET: Missing 'Next' target: Frist at /States/First/Next (4:37) did you mean 'First'?
MISSING_TRANSITION_TARGET: Missing 'Next' target: Frist at /StartAt (2:13) did you mean 'First'?
MISSING_END_STATE: Workflow has no terminal state at null (3:12)",
    ),
    (
        r#"{"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "B"}, "B": {"Type": "Pass", "Next": "A"}, "C": {"Type": "Pass", "End": true}}}"#,
        "MISSING_TRANSITION_TARGET: State \"C\" is not reachable. at /States/C (1:101)",
    ),
    (
        r#"{"StartAt": "A"}"#,
        "SCHEMA_VALIDATION_FAILED: These fields are required: [States] at / (1:1)",
    ),
    (
        r#"{"StartAt": "A", "States": {"A": {"Type": "Pas", "End": true}}}"#,
        "SCHEMA_VALIDATION_FAILED: The field 'Type' should have one of these values: [Task, Wait, Pass, Succeed, Fail, Choice, Parallel, Map] at /States/A/Type (1:43) did you mean 'Pass'?",
    ),
    (
        r#"{"StartAt": "A", "States": {"A": {"Type": "Pass", "Catch": [], "Inputpath": "$.x", "Output": 1, "End": true}}}"#,
        "SCHEMA_VALIDATION_FAILED: Field 'Catch' is not supported at /States/A (1:51)
SCHEMA_VALIDATION_FAILED: Field 'Inputpath' is not supported at /States/A (1:64) did you mean 'InputPath'?
SCHEMA_VALIDATION_FAILED: The QueryLanguage is set to 'JSONPath', but field 'Output' is only supported for the 'JSONata' QueryLanguage at /States/A (1:84)",
    ),
    (
        r#"{"StartAt": "C", "States": {"C": {"Type": "Choice", "Choices": [{"Variable": "$.x", "NumericEqual": 1}]}, "E": {"Type": "Succeed"}}}"#,
        "SCHEMA_VALIDATION_FAILED: These fields are required: [Next] at /States/C/Choices[0] (1:65)
SCHEMA_VALIDATION_FAILED: Field 'NumericEqual' is not supported at /States/C/Choices[0] (1:85) did you mean 'NumericEquals'?
MISSING_TRANSITION_TARGET: State \"E\" is not reachable. at /States/E (1:107)",
    ),
    (
        r#"{"QueryLanguage": "JSONata", "StartAt": "A", "States": {"A": {"Type": "Pass", "QueryLanguage": "JSONPath", "End": true}}}"#,
        "SCHEMA_VALIDATION_FAILED: 'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine at /States/A (1:62)",
    ),
    (
        r#"{"StartAt": "T", "States": {"T": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": {"Payload": {"x.$": "y"}}, "End": true}}}"#,
        "SCHEMA_VALIDATION_FAILED: The value for the field 'x.$' must be a valid JSONPath or a valid intrinsic function call at /States/T/Parameters/Payload (1:131) …",
    ),
    (
        r#"{"StartAt": "T", "States": {"T": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": {"Payload": "$.x"}, "End": true}}}"#,
        "warning NO_DOLLAR: No .$ on a field that appears to be a JSONPath or Intrinsic Function at /States/T/Parameters/Payload (1:123)",
    ),
    (
        r#"{"StartAt": "T", "States": {"T": {"Type": "Task", "Resource": "nothing", "Retry": [{"ErrorEquals": ["States.ALL"]}, {"ErrorEquals": ["B"], "BackoffRate": 0.5}], "End": true}}}"#,
        "SCHEMA_VALIDATION_FAILED: Value is not a valid resource ARN at /States/T/Resource (1:63)
SCHEMA_VALIDATION_FAILED: 'States.ALL' must appear in the last entry at /States/T/Retry[0]/ErrorEquals (1:100)
SCHEMA_VALIDATION_FAILED: Expected a number of at least 1.0 at /States/T/Retry[1]/BackoffRate (1:155)",
    ),
    (
        r#"{"StartAt": "M", "States": {"M": {"Type": "Map", "ItemProcessor": {"StartAt": "M", "States": {"M": {"Type": "Pass", "End": true}}}, "End": true}}}"#,
        "DUPLICATE_STATE_NAME: Duplicate State name: M at /States/M/ItemProcessor/States/M (1:95)",
    ),
];

fn said(definition: &str, options: Options) -> String {
    let checked = check(definition, options);
    let errors = checked.diagnostics.iter().any(|found| found.severity == Severity::Error);
    assert_eq!(checked.program.is_none(), errors, "a program goes with no errors");
    let lines: Vec<String> = checked
        .diagnostics
        .iter()
        .map(|found| {
            let warning = if found.severity == Severity::Warning { "warning " } else { "" };
            let hint = found.hint.as_ref().map_or(String::new(), |hint| format!(" {hint}"));
            format!("{warning}{found} ({}:{}){hint}", found.start.line, found.start.column)
        })
        .collect();
    lines.join("\n")
}

#[test]
fn faults_are_named_and_placed() {
    for (definition, expected) in CASES {
        let found = said(definition, Options::default());
        // `…` stands for whatever else a hint says.
        let agrees = found.lines().count() == expected.lines().count()
            && found.lines().zip(expected.lines()).all(|(found, expected)| {
                expected
                    .strip_suffix('…')
                    .map_or(found == expected, |start| found.starts_with(start))
            });
        assert!(agrees, "{definition}\nexpected\n{expected}\nfound\n{found}");
    }
}

#[test]
fn express_machines_have_no_jobs_and_no_callbacks() {
    // AWS: recorded.
    let cases = [
        (
            "arn:aws:states:::sns:publish.waitForTaskToken",
            "'.waitForTaskToken' service integration ",
        ),
        ("arn:aws:states:::states:startExecution.sync", "'.sync' service integration"),
        ("arn:aws:states:eu-west-1:111111111111:activity:a", "Activity ARN"),
    ];
    for (resource, what) in cases {
        let definition = format!(
            r#"{{"StartAt": "T", "States": {{"T": {{"Type": "Task", "Resource": "{resource}", "End": true}}}}}}"#
        );
        assert!(check(&definition, Options::default()).program.is_some(), "{resource}");
        let found = said(&definition, Options::of(true));
        let expected = format!(
            "SCHEMA_VALIDATION_FAILED: Express state machine does not support {what} at /States/T/Resource (1:63)"
        );
        assert_eq!(found, expected);
    }
}

#[test]
fn files_may_have_resources_that_are_filled_in_later() {
    for (resource, is_later) in [
        ("${Function}", true),
        ("arn:aws:lambda:${AWS::Region}:1:function:f", true),
        ("arn:aws:lambda:#{AWS::Region}:1:function:f", true),
        ("{{ function }}", true),
        ("arn:aws:swf:us-east-1:123456789012:task:X", true),
        ("arn:aws:swf", false),
        ("$Function", false),
        ("TBD", false),
    ] {
        let definition = format!(
            r#"{{"StartAt": "T", "States": {{"T": {{"Type": "Task", "Resource": "{resource}", "End": true}}}}}}"#
        );
        let checked = check(&definition, Options::of_file());
        let [found] = &checked.diagnostics[..] else { panic!("{:?}", checked.diagnostics) };
        let severity = if is_later { Severity::Warning } else { Severity::Error };
        assert_eq!((found.severity, found.hint.is_some()), (severity, is_later), "{resource}");
        assert!(checked.program.is_none());
        let sent = check(&definition, Options::default());
        assert_eq!(sent.diagnostics[0].severity, Severity::Error, "{resource}");
    }
    let number = r#"{"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": "${Seconds}", "End": true}}}"#;
    assert_eq!(check(number, Options::of_file()).diagnostics[0].severity, Severity::Error);
}

#[test]
fn no_text_makes_it_panic() {
    let mut texts: Vec<String> = CASES.iter().map(|(text, _)| (*text).to_owned()).collect();
    texts.push("[".repeat(100_000));
    texts.push(format!("{}1{}", "{\"a\":".repeat(5_000), "}".repeat(5_000)));
    let nested = |depth: usize| {
        let inner = r#"{"Variable": "$.x", "IsNull": true"#.to_owned();
        let rule = (0..depth).fold(format!("{inner}}}"), |rule, _| format!("{{\"Not\": {rule}}}"));
        format!(
            r#"{{"StartAt": "C", "States": {{"C": {{"Type": "Choice", "Choices": [{rule}]}}, "E": {{"Type": "Succeed"}}}}}}"#
        )
    };
    texts.extend([30, 60, 120, 5_000].map(nested));
    let mut seed = 1_u64;
    for text in &texts {
        check(text, Options::default());
        let letters: Vec<char> = text.chars().take(400).collect();
        for _ in 0..400 {
            seed = seed
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            let at = (seed >> 33) as usize % letters.len().max(1);
            let with = ['"', '{', '}', '[', ']', ',', ':', '$', '.', '9', '-', 'ü', '\\', '\u{0}']
                [(seed >> 20) as usize % 14];
            let mut mutated = letters.clone();
            match (seed >> 10) % 3 {
                0 => mutated.truncate(at),
                1 => mutated.insert(at.min(mutated.len()), with),
                _ => {
                    if let Some(letter) = mutated.get_mut(at) {
                        *letter = with;
                    }
                }
            }
            let mutated: String = mutated.into_iter().collect();
            check(&mutated, Options::default());
        }
    }
}
