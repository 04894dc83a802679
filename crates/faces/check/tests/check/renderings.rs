//! JSON and SARIF, and servers as if they were programs.

use crate::programs::look;
use check::{Options, check_server, json, sarif};
use serde_json::{Value, json as value};

const TEXT: &str =
    "{\"StartAt\": \"A\", \"States\": {\"A\": {\"Type\": \"Pass\", \"End\": true,}}}";

#[test]
fn programs_read_everything_as_json() {
    let document = json(&look("a b.json", TEXT));
    assert_eq!(document["errors"], 1);
    let finding = &document["findings"][0];
    assert_eq!(
        (&finding["rule"], &finding["line"], &finding["column"]),
        (&value!("definition-json"), &value!(1), &value!(62))
    );
    assert_eq!(
        finding["edits"],
        value!([{"line": 1, "column": 62, "endLine": 1, "endColumn": 63, "text": ""}])
    );
    assert_eq!(finding["when"], "deploy");
}

#[test]
fn sarif_has_what_its_schema_asks_for() {
    let log = sarif(&look("a b.json", TEXT), "1.0.0");
    assert_eq!(log["version"], "2.1.0");
    let run = &log["runs"][0];
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    let result = &run["results"][0];
    let index = result["ruleIndex"].as_u64().unwrap() as usize;
    assert_eq!(rules[index]["id"], result["ruleId"]);
    let place = &result["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "a%20b.json");
    assert_eq!(
        place["region"],
        value!({"startLine": 1, "startColumn": 62, "endLine": 1, "endColumn": 63})
    );
    assert_eq!(
        result["fixes"][0]["artifactChanges"][0]["replacements"][0]["insertedContent"]["text"],
        ""
    );
    for rule in rules {
        let level = rule["defaultConfiguration"]["level"].as_str().unwrap();
        assert!(["error", "warning", "note"].contains(&level));
        assert!(rule["shortDescription"]["text"].as_str().is_some_and(|text| !text.is_empty()));
    }
}

fn server(statements: Value) -> Value {
    let trust = |service: &str| {
        value!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}]}).to_string()
    };
    let machine = "arn:aws:states:eu-west-1:000000000000:stateMachine:retrain";
    value!({
        "stateMachines": [{"name": "retrain", "arn": machine, "roleArn": "arn:aws:iam::000000000000:role/retrain", "definition": "{\"StartAt\": \"F\", \"States\": {\"F\": {\"Type\": \"Task\", \"Resource\": \"arn:aws:states:::lambda:invoke\", \"Parameters\": {\"FunctionName\": \"f\"}, \"End\": true}}}"}],
        "rules": [{"name": "nightly", "scheduleExpression": "rate(1 day)", "state": "DISABLED", "targets": [{"Id": "1", "Arn": machine, "RoleArn": "arn:aws:iam::000000000000:role/start"}]}],
        "roles": [
            {"name": "retrain", "arn": "arn:aws:iam::000000000000:role/retrain", "assumeRolePolicy": trust("states.amazonaws.com"), "inline": [], "attached": ["arn:aws:iam::aws:policy/service-role/AWSLambdaRole"]},
            {"name": "start", "arn": "arn:aws:iam::000000000000:role/start", "assumeRolePolicy": trust("events.amazonaws.com"), "attached": [],
             "inline": [{"name": "p", "document": value!({"Version": "2012-10-17", "Statement": statements}).to_string()}]},
        ],
        "policies": [],
    })
}

#[test]
fn a_server_is_looked_at_like_a_program() {
    let machine = "arn:aws:states:eu-west-1:000000000000:stateMachine:retrain";
    let cases = [
        (
            value!([{"Effect": "Allow", "Action": "states:StartExecution", "Resource": machine}]),
            false,
        ),
        (
            value!([{"Effect": "Allow", "Action": "states:StopExecution", "Resource": machine}]),
            true,
        ),
        (
            value!([{"Effect": "Allow", "Action": "states:StartExecution", "Resource": "arn:aws:states:eu-west-1:000000000000:stateMachine:other"}]),
            true,
        ),
    ];
    for (statements, is_found) in cases {
        let checked = check_server(&server(statements.clone()), Options { now_ms: 0 });
        let rules: Vec<&str> = checked.findings.iter().map(|finding| finding.rule).collect();
        assert_eq!(rules.contains(&"target-permission"), is_found, "{statements}: {rules:?}");
        assert!(rules.contains(&"schedule-disabled"), "{rules:?}");
        assert!(!rules.contains(&"task-permission"), "{rules:?}");
    }
    assert!(
        check_server(
            &value!({"stateMachines": [{"name": 3}], "roles": "x", "rules": [null]}),
            Options { now_ms: 0 }
        )
        .findings
        .len()
            < 5
    );
}

/// The place is underlined where a terminal shows it: letters of East Asia and pictures take two columns, marks none.
#[test]
fn wide_letters_are_underlined() {
    let excerpt = |comment: &str| {
        let text = format!(
            "{{\"Comment\": \"{comment}\", \"StartAt\": \"A\", \"States\": {{\"A\": {{\"Type\": \"Pass\", \"End\": true,}}}}}}"
        );
        let checked = look("machine.asl.json", &text);
        let shown = check::human(&checked, &checked.findings[0]);
        let lines: Vec<String> = shown.lines().skip(1).take(2).map(str::to_owned).collect();
        (lines[0].clone(), lines[1].clone())
    };
    for (comment, columns) in [
        ("plain", 5),
        ("日本語", 6),
        ("한국어 x", 8),
        ("🚀 up", 5),
        ("e\u{301}te\u{301}", 3),
        ("ｆｕｌｌ", 8),
    ] {
        let (line, marks) = excerpt(comment);
        assert!(line.contains(comment), "{line}");
        let (_, plain) = excerpt("");
        let place = |marks: &str| marks.find('^').expect("a mark");
        assert_eq!(place(&marks), place(&plain) + columns, "{comment}: {line}\n{marks}");
    }
    // What does not fit is cut in front, by what it takes.
    let (line, marks) = excerpt(&"漢".repeat(80));
    let shown: usize = line.chars().map(|c| if c == '漢' { 2 } else { 1 }).sum();
    assert!(shown <= 110 + 6 && marks.find('^').is_some_and(|at| at <= 60), "{line}\n{marks}");
    // The mark is as wide as what it marks.
    let checked = look(
        "Pulumi.yaml",
        "name: p\nruntime: yaml\nresources:\n  t: { type: aws:sns:Topic, properties: { displayName: \"${日本語}\" } }\n",
    );
    let shown = check::human(&checked, &checked.findings[0]);
    assert!(shown.contains(&format!(" {}", "^".repeat("${".len() + 6 + 1))), "{shown}");
}
