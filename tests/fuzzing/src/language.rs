//! Texts of languages: definitions, paths, expressions, schedules, patterns, policies.

use asl::intrinsic::Intrinsic;
use asl::jsonata::{Expression, Frame, Limits};
use asl::path::{Path, RefPath};
use asl::value::{NoVariables, Scope, SplitMix};
use serde_json::{Value, json};

pub(crate) const DEFINITIONS: &[&str] = &[
    r#"{"StartAt":"T","QueryLanguage":"JSONata","States":{"T":{"Type":"Task","Resource":"arn:aws:states:::sagemaker:createTrainingJob.sync","Arguments":{"a":"{% $states.input.x %}"},"Retry":[{"ErrorEquals":["States.ALL"],"MaxAttempts":2}],"Catch":[{"ErrorEquals":["E"],"Next":"F"}],"Next":"F"},"F":{"Type":"Fail","Error":"{% 'e' %}"}}}"#,
    r#"{"StartAt":"M","States":{"M":{"Type":"Map","ItemsPath":"$.a[0:2]","ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},"StartAt":"P","States":{"P":{"Type":"Pass","Parameters":{"b.$":"States.Format('{}',$.c)"},"End":true}}},"Next":"C"},"C":{"Type":"Choice","Choices":[{"Not":{"Variable":"$.x","NumericLessThanPath":"$.y"},"Next":"W"}],"Default":"W"},"W":{"Type":"Wait","Timestamp":"2026-01-01T00:00:00Z","End":true}}}"#,
    r#"{"StartAt":"P","States":{"P":{"Type":"Parallel","Branches":[{"StartAt":"S","States":{"S":{"Type":"Succeed"}}}],"ResultPath":"$.r","End":true}}}"#,
];
pub(crate) const PATHS: &[&str] = &[
    "$.a.b[0]['c'][1:3][*]..d",
    "$[?(@.price < 10 && @.name =~ /a.*/i || !@.x)].y",
    "$$.Execution.Id",
    "$name.a[-1]",
    "$.a.length()",
];
pub(crate) const EXPRESSIONS: &[&str] = &[
    "$states.input.items[price > 10].{ 'n': name, 's': $sum(qty) }",
    "($f := function($x) { $x <= 1 ? 1 : $x * $f($x - 1) }; $f(5))",
    "$map([1..10], function($v, $i) { $v & '-' & $i }) ~> $join(',')",
    "$replace('abc', /b(.)/, '$1') & $formatNumber(1234.5, '#,##0.00')",
    "a.b^(>c)[0] ~> |d|{'e': %.f}|",
    "$toMillis('2026-01-01', '[Y0001]-[M01]-[D01]')",
];
pub(crate) const INTRINSICS: &[&str] = &[
    r"States.Format('a {} \{\} {}', $.a, States.Array(1, null, 'x\'y'))",
    "States.ArrayRange(1, 9, 2)",
    "States.JsonMerge($.a, $.b, false)",
    "States.MathRandom(1, 999)",
    "States.Hash($.a, 'SHA-256')",
    "States.ArrayPartition($.l, 4)",
    "States.Base64Decode(States.Base64Encode('ä'))",
    "States.StringSplit('a,b;c', ',;')",
    "States.ArrayGetItem($.l, 9223372036854775807)",
];
pub(crate) const SCHEDULES: &[&str] = &[
    "cron(0/15 9-17 ? * MON#2 2026-2030)",
    "cron(0 0 L * ? *)",
    "cron(0 12 15W JAN,MAR ? *)",
    "rate(5 minutes)",
    "at(2026-02-29T12:00:00)",
];
pub(crate) const PATTERNS: &[&str] = &[
    r#"{"source":["aws.s3",{"prefix":"a"}],"detail":{"x":[{"numeric":[">",0,"<=",5]},{"anything-but":{"suffix":".x"}}],"ip":[{"cidr":"10.0.0.0/24"}],"$or":[{"a":[{"exists":false}]},{"b":[{"wildcard":"a*b*"}]}]}}"#,
    r#"{"detail":{"name":[{"equals-ignore-case":"X"},{"anything-but":["a",1]}]}}"#,
];
pub(crate) const POLICIES: &[&str] = &[
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:Get*"],"Resource":"arn:aws:s3:::b/${aws:username}/*","Condition":{"StringLike":{"aws:PrincipalTag/x":"a?"},"Bool":{"aws:SecureTransport":"true"},"IpAddress":{"aws:SourceIp":"10.0.0.0/8"},"NumericLessThan":{"a:b":"5"},"DateGreaterThan":{"aws:CurrentTime":"2026-01-01T00:00:00Z"}}}]}"#,
    r#"{"Statement":{"Effect":"Deny","NotAction":"iam:*","NotPrincipal":{"AWS":["1","*"]},"NotResource":"*"}}"#,
];

fn value() -> Value {
    json!({"a": {"b": [1, 2.5, {"c": "x"}]}, "l": [3, 1, 2, 2], "items": [{"name": "n", "price": 12, "qty": 3}], "c": null, "x": true})
}

/// A definition is checked, in both kinds.
pub fn definition(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    for options in [asl::Options::of(false), asl::Options::of(true), asl::Options::of_file()] {
        let checked = asl::check(&text, options);
        for found in &checked.diagnostics {
            assert!(found.start.line <= found.end.line, "a place ends before it starts");
        }
    }
}

/// A path is parsed and evaluated.
pub fn json_path(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let (input, context) = (value(), json!({"Execution": {"Id": "e"}}));
    let scope = Scope { input: &input, context: &context, variables: &NoVariables };
    if let Ok(path) = Path::parse(&text) {
        drop(path.resolve("F", &scope));
        drop(path.resolve_field("F", &scope));
    }
    drop(RefPath::parse(&text));
}

/// An expression is compiled and evaluated, within bounds.
pub fn jsonata(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let Ok(expression) = Expression::compile(&text) else { return };
    let (input, context) = (value(), json!({}));
    let mut frame = Frame {
        input: &input,
        context: &context,
        result: None,
        error_output: None,
        variables: &NoVariables,
        random: &mut SplitMix::new(1),
        now_ms: 1_767_225_600_000,
        limits: Limits { time_ms: 200, depth: 100, value_bytes: 1 << 20 },
    };
    drop(expression.evaluate("Output", &mut frame));
}

/// An intrinsic is parsed and called.
pub fn intrinsic(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let Ok(call) = Intrinsic::parse(&text) else { return };
    let (input, context) = (value(), json!({}));
    let scope = Scope { input: &input, context: &context, variables: &NoVariables };
    drop(call.eval(&scope, &mut SplitMix::new(1)));
}

/// A schedule is parsed, and asked for its next time.
pub fn schedule(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    drop(calendar::Expression::parse_rule(&text));
    drop(calendar::time_zone(&text));
    let Ok(expression) = calendar::Expression::parse(&text) else { return };
    for zone in ["UTC", "Europe/Berlin"] {
        let zone = calendar::time_zone(zone).expect("the zone is known");
        for after_ms in [0, 1_767_225_600_000, i64::MAX, i64::MIN] {
            expression.next_after(after_ms, 0, &zone);
        }
    }
}

/// A pattern is parsed and matched.
pub fn event_pattern(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    drop(pattern::InputPath::parse(&text));
    let Ok(pattern) = pattern::Pattern::parse(&text) else { return };
    pattern.matches(&json!({"source": "aws.s3", "detail": {"x": 5, "ip": "10.0.0.1", "b": "axxb", "name": "x"}}));
}

/// A policy is parsed.
pub fn policy_document(bytes: &[u8]) {
    drop(policy::Document::parse(&String::from_utf8_lossy(bytes)));
}
