//! Cases for input paths and input transformers.

use pattern::{Context, Error, InputPath, Transformer};
use serde_json::{Value, json};

const CONTEXT: Context = Context {
    rule_arn: "arn:aws:events:us-east-1:123456789012:rule/nightly",
    rule_name: "nightly",
    ingestion_time: "2026-01-02T03:04:05Z",
};

fn event() -> Value {
    json!({
        "version": "0",
        "id": "7bf73129",
        "detail-type": "Model trained",
        "source": "refit",
        "account": "123456789012",
        "time": "2026-01-02T03:04:00Z",
        "region": "us-east-1",
        "resources": ["arn:a", "arn:b"],
        "detail": {"name": "m-1", "score": 0.75, "tags": [{"k": "x"}, {"k": "y"}], "say": "a \"b\"", "none": null}
    })
}

#[test]
fn paths() {
    let cases = [
        ("$", Some(event())),
        ("$.detail.name", Some(json!("m-1"))),
        ("$.detail-type", Some(json!("Model trained"))),
        ("$.resources[1]", Some(json!("arn:b"))),
        ("$.resources[-1]", Some(json!("arn:b"))),
        ("$.resources[2]", None),
        ("$.resources[-9223372036854775808]", None),
        ("$['detail']['name']", Some(json!("m-1"))),
        ("$.detail.tags[*].k", Some(json!(["x", "y"]))),
        ("$.detail.tags[*].q", Some(json!([]))),
        ("$.detail.none", Some(json!(null))),
        ("$.detail.none.x", None),
        ("$.nothing", None),
    ];
    for (path, expected) in cases {
        let got = InputPath::parse(path).expect(path);
        assert_eq!(got.select(&event()).map(std::borrow::Cow::into_owned), expected, "{path}");
    }
    for path in [
        "",
        "detail",
        "$detail",
        "$.",
        "$..name",
        "$.a[",
        "$.a[x]",
        "$.a[?(@.b)]",
        "$.a[1:2]",
        "$['a",
        "$.a]",
        "$[99999999999999999999]",
    ] {
        assert_eq!(InputPath::parse(path), Err(Error::Path { path: path.to_owned() }));
    }
}

const PATHS: &[(&str, &str)] = &[
    ("name", "$.detail.name"),
    ("score", "$.detail.score"),
    ("detail", "$.detail.tags"),
    ("say", "$.detail.say"),
    ("none", "$.detail.none"),
    ("missing", "$.detail.missing"),
];

#[test]
fn templates() {
    let event_fields = r#"{"id":"7bf73129","account":"123456789012","detailType":"Model trained","time":"2026-01-02T03:04:00Z","source":"refit","region":"us-east-1","resources":["arn:a","arn:b"],"version":"0"}"#;
    let whole = event().to_string();
    let cases: &[(&str, String)] = &[
        (r#""<name> has <score>""#, r#""m-1 has 0.75""#.to_owned()),
        (r#""<name> has <missing>""#, r#""m-1 has ""#.to_owned()),
        (r#""{[/ <name>""#, r#""{[/ m-1""#.to_owned()),
        (r#""tags <detail>""#, r#""tags [{k:x},{k:y}]""#.to_owned()),
        ("<name> has <detail>", r#"m-1 has [{"k":"x"},{"k":"y"}]"#.to_owned()),
        ("\"one <name>\"\n\"two\"", "\"one m-1\"\n\"two\"".to_owned()),
        (r#""instance \"<name>\" is""#, r#""instance \"m-1\" is""#.to_owned()),
        (r#"{"n": <name>,  "s": <score> }"#, r#"{"n":"m-1","s":0.75}"#.to_owned()),
        (r#"{"n": <missing>, "z": <none>}"#, r#"{"n":"","z":null}"#.to_owned()),
        (
            r#"{"n": "a b/<name>", "t": <detail>}"#,
            r#"{"n":"a b/m-1","t":[{"k":"x"},{"k":"y"}]}"#.to_owned(),
        ),
        (r#"{"n": <say>}"#, r#"{"n":"a \"b\""}"#.to_owned()),
        (r#"{"n": "is \"<name>\" it"}"#, r#"{"n":"is \"m-1\" it"}"#.to_owned()),
        (r"[9, <name>, true]", r#"[9,"m-1",true]"#.to_owned()),
        (
            r#"{"r": <aws.events.rule-arn>, "t": "<aws.events.event.ingestion-time> <aws.events.rule-name>"}"#,
            format!(r#"{{"r":"{}","t":"2026-01-02T03:04:05Z nightly"}}"#, CONTEXT.rule_arn),
        ),
        (r#"{"e": <aws.events.event>}"#, format!("{{\"e\":{event_fields}}}")),
        ("<aws.events.event.json>", whole.clone()),
        (r#"{"e": <aws.events.event.json>}"#, format!("{{\"e\":{whole}}}")),
    ];
    for (template, expected) in cases {
        let transformer = Transformer::parse(PATHS.iter().copied(), template).expect(template);
        assert_eq!(transformer.apply(&event(), &CONTEXT).as_ref(), Ok(expected), "{template}");
    }
}

#[test]
fn refusals() {
    let parse = |template: &str| Transformer::parse(PATHS.iter().copied(), template);
    let unknown = |name: &str| Err(Error::Placeholder { name: name.to_owned() });
    assert_eq!(parse("\"<unknown>\""), unknown("unknown"));
    assert_eq!(parse("\"<aws.events.other>\""), unknown("aws.events.other"));
    assert_eq!(parse("\"a < b and c > d\""), unknown(" b and c "));
    assert!(parse("\"a < b\"").is_ok());
    assert_eq!(parse(""), Err(Error::TemplateLength));
    assert_eq!(parse(&"é".repeat(8193)), Err(Error::TemplateLength));
    assert_eq!(parse("{<name>}"), Err(Error::TemplateJson));
    assert_eq!(parse("{\"a\": <name> <name>}"), Err(Error::TemplateJson));
    let reserved = Transformer::parse([("Aws.x", "$.a")], "\"x\"");
    assert_eq!(reserved, Err(Error::ReservedVariable { name: "Aws.x".to_owned() }));
    let names: Vec<String> = (0..101).map(|number| format!("v{number}")).collect();
    let many = Transformer::parse(names.iter().map(|name| (name.as_str(), "$")), "\"x\"");
    assert_eq!(many, Err(Error::TooManyPaths));
    assert!(matches!(Transformer::parse([("a", "b")], "\"x\""), Err(Error::Path { .. })));
    // Quotes of the event and objects between quotes spoil the JSON, and AWS does not deliver it.
    for template in [r#"{"n": "<say>"}"#, r#"{"n": "<detail>"}"#] {
        let transformer = parse(template).expect(template);
        assert_eq!(transformer.apply(&event(), &CONTEXT), Err(Error::ResultJson), "{template}");
    }
    let large = json!({"detail": {"name": "x".repeat(100_000)}});
    let transformer = parse(&"<name>".repeat(1000)).expect("a template");
    assert_eq!(transformer.apply(&large, &CONTEXT), Err(Error::ResultJson));
}

#[test]
fn no_text_panics() {
    let words = [
        "$", ".", "[", "]", "*", "'", "\"", "a", "é", "0", "-1", "<", ">", "<name>", "{", "}",
        "\\", ":", ",", "💥",
    ];
    let mut state = 0x5eed_u64;
    let mut next = |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % below as u64) as usize
    };
    for _ in 0..40_000 {
        let text: String = (0..next(10)).map(|_| words[next(words.len())]).collect();
        if let Ok(path) = InputPath::parse(&text) {
            path.select(&event());
        }
        if let Ok(transformer) = Transformer::parse([("name", "$.detail.say"), ("a", "$")], &text) {
            let _ = transformer.apply(&event(), &CONTEXT);
        }
    }
}
