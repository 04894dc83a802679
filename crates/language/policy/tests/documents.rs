//! Cases for reading policies, and hostile ones.

use policy::{Context, Document, PolicyKind, PolicySource, Principal, Request, evaluate};

const SYNTAX: &str = "Syntax errors in policy.";

/// Text, AWS's message, our own.
const REFUSALS: &[(&str, &str, &str)] = &[
    ("", "This policy contains invalid Json", "the policy is not JSON at line 1, column 0"),
    ("[]", SYNTAX, "policy: is not an object"),
    ("{}", SYNTAX, "Statement: is missing"),
    (r#"{"Statement": []}"#, SYNTAX, "Statement: is empty"),
    (r#"{"Statement": "x"}"#, SYNTAX, "Statement: is not an object or an array"),
    (r#"{"Statement": ["x"]}"#, SYNTAX, "Statement[0]: is not an object"),
    (
        r#"{"Version": "2020-01-01", "Statement": []}"#,
        SYNTAX,
        "Version: is not 2012-10-17 or 2008-10-17",
    ),
    (r#"{"Version": "2012-10-17", "Id": 1, "Statement": []}"#, SYNTAX, "Id: is not a string"),
    (r#"{"Statements": []}"#, SYNTAX, "Statements: is not an element of a policy"),
    (r#"{"Statement": {"Action": "*"}}"#, SYNTAX, "Statement[0].Effect: is missing"),
    (
        r#"{"Statement": {"Effect": "allow", "Action": "*"}}"#,
        SYNTAX,
        "Statement[0].Effect: is not Allow or Deny",
    ),
    (r#"{"Statement": {"Effect": "Allow"}}"#, SYNTAX, "Statement[0].Action: is missing"),
    (
        r#"{"Statement": {"Effect": "Allow", "Action": 1}}"#,
        SYNTAX,
        "Statement[0].Action: is not a string or an array of strings",
    ),
    (
        r#"{"Statement": {"Effect": "Allow", "Action": "*", "NotAction": "*"}}"#,
        SYNTAX,
        "Statement[0].NotAction: stands beside its opposite",
    ),
    (
        r#"{"Statement": {"Effect": "Allow", "Action": "*", "Resource": [1]}}"#,
        SYNTAX,
        "Statement[0].Resource: is not a string or an array of strings",
    ),
    (
        r#"{"Statement": {"Effect": "Allow", "Action": "*", "Sid": 1}}"#,
        SYNTAX,
        "Statement[0].Sid: is not a string",
    ),
    (
        r#"{"Statement": {"Effect": "Allow", "Action": "*", "Resources": "*"}}"#,
        SYNTAX,
        "Statement[0].Resources: is not an element of a statement",
    ),
    (
        r#"{"Statement": {"Effect": "Allow", "Action": "*", "Principal": "eve"}}"#,
        SYNTAX,
        "Statement[0].Principal: is not * or an object",
    ),
    (
        r#"{"Statement": {"Effect": "Allow", "Action": "*", "Principal": {"Human": "eve"}}}"#,
        SYNTAX,
        "Statement[0].Principal: has a kind of principal that is unknown",
    ),
    (
        r#"{"Statement": {"Effect": "Allow", "Action": "*", "Condition": []}}"#,
        SYNTAX,
        "Statement[0].Condition: is not an object",
    ),
    (
        r#"{"Statement": {"Effect": "Allow", "Action": "*", "Condition": {"Bool": 1}}}"#,
        SYNTAX,
        "Statement[0].Condition.Bool: is not an object",
    ),
    (
        r#"{"Statement": {"Effect": "Allow", "Action": "*", "Condition": {"Bool": {"k": {}}}}}"#,
        SYNTAX,
        "Statement[0].Condition.Bool.k: is not a value or an array of values",
    ),
    (
        r#"{"Statement": {"Effect": "Allow", "Action": "*", "Condition": {"Equal": {"k": "v"}}}}"#,
        SYNTAX,
        "Statement[0].Condition: there is no condition operator \"Equal\"",
    ),
    (
        r#"{"Statement": {"Effect": "Allow", "Action": "*", "Condition": {"NullIfExists": {"k": "v"}}}}"#,
        SYNTAX,
        "Statement[0].Condition: there is no condition operator \"NullIfExists\"",
    ),
];

#[test]
fn refusals() {
    for (text, aws, exact) in REFUSALS {
        let error = Document::parse(text).expect_err(text);
        assert_eq!((error.aws_message(), error.to_string().as_str()), (*aws, *exact), "{text}");
    }
    assert!(Document::parse(&"[".repeat(100_000)).is_err());
}

/// A small generator of numbers, so that the cases are the same on every run.
struct Seed(u64);

impl Seed {
    fn next(&mut self, below: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % below as u64) as usize
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.next(from.len())]
    }

    fn text(&mut self, parts: &[&str]) -> String {
        (0..self.next(7)).map(|_| self.pick(parts)).collect()
    }
}

const PARTS: &[&str] = &[
    "*",
    "?",
    ":",
    "/",
    "a",
    "é",
    "💥",
    "arn:aws:s3:::",
    "${aws:username}",
    "${",
    "}",
    "${*}",
    ",",
    "'",
    "-1",
    "9e999",
    "10.0.0.0/8",
    "::1",
    "2026-01-01",
    "true",
    "",
];

fn allowed(statement: &str, action: &str, resource: &str, context: &Context) -> Option<bool> {
    let text = format!("{{\"Version\": \"2012-10-17\", \"Statement\": {statement}}}");
    let document = Document::parse(&text).ok()?;
    let sources = [PolicySource::new(PolicyKind::Identity, "p", &document)];
    let principal = Principal::User { arn: "arn:aws:iam::111122223333:user/eve" };
    let request = Request { principal, action, resource, resource_account: None, context };
    Some(evaluate(&sources, &request).is_allowed())
}

#[test]
fn no_policy_and_no_request_panics() {
    let operators = [
        "StringEquals",
        "StringLike",
        "ArnLike",
        "NumericLessThan",
        "DateGreaterThan",
        "Bool",
        "IpAddress",
        "Null",
        "BinaryEquals",
        "ForAllValues:StringLike",
        "ForAnyValue:StringNotLike",
        "NotIpAddressIfExists",
        "é",
    ];
    let mut seed = Seed(0x5eed);
    let mut evaluated = 0;
    for _ in 0..20_000 {
        let statement = format!(
            r#"{{"Effect": "Allow", "{}": "{}", "{}": ["{}", "{}"], "Condition": {{"{}": {{"k": ["{}", "{}"]}}}}}}"#,
            seed.pick(&["Action", "NotAction"]),
            seed.text(PARTS),
            seed.pick(&["Resource", "NotResource", "Principal"]),
            seed.text(PARTS),
            seed.text(PARTS),
            seed.pick(&operators),
            seed.text(PARTS),
            seed.text(PARTS),
        );
        let mut context = Context::new();
        context.insert("k", (0..seed.next(3)).map(|_| seed.text(PARTS)).collect::<Vec<_>>());
        context.insert_time([i64::MIN, 0, i64::MAX][seed.next(3)]);
        let (action, resource) = (seed.text(PARTS), seed.text(PARTS));
        evaluated += usize::from(allowed(&statement, &action, &resource, &context).is_some());
    }
    assert!(evaluated > 5_000, "the generator makes policies that parse: {evaluated}");
    let pieces =
        ["{", "}", "[", "]", "\"Statement\"", ":", ",", "\"Effect\"", "\"Allow\"", "1", "\\", "\""];
    for _ in 0..20_000 {
        let _ = Document::parse(&seed.text(&pieces));
    }
}

/// What a wildcard means, written down the simple and slow way.
fn fits(pattern: &[char], text: &[char]) -> bool {
    match (pattern.split_first(), text.split_first()) {
        (None, None) => true,
        (Some(('*', rest)), _) => (0..=text.len()).any(|skip| fits(rest, &text[skip..])),
        (Some(('?', rest)), Some((_, after))) => fits(rest, after),
        (Some((wanted, rest)), Some((found, after))) => wanted == found && fits(rest, after),
        _ => false,
    }
}

#[test]
fn wildcards_agree_with_their_meaning() {
    let mut seed = Seed(99);
    let context = Context::new();
    let mut fitting = 0;
    for _ in 0..20_000 {
        let pattern = seed.text(&["*", "?", "a", "b", "ab", "é"]);
        let text = seed.text(&["a", "b", "ab", "aab", "é"]);
        let expected = fits(&chars(&pattern), &chars(&text));
        let by_action = format!(r#"{{"Effect": "Allow", "Action": "{pattern}", "Resource": "*"}}"#);
        let by_resource =
            format!(r#"{{"Effect": "Allow", "Action": "*", "Resource": "{pattern}"}}"#);
        assert_eq!(allowed(&by_action, &text, "x", &context), Some(expected), "{pattern} {text}");
        assert_eq!(allowed(&by_resource, "x", &text, &context), Some(expected), "{pattern} {text}");
        fitting += usize::from(expected);
    }
    assert!(fitting > 500, "the generator makes texts that fit too: {fitting}");
}

fn chars(text: &str) -> Vec<char> {
    text.chars().collect()
}

#[test]
fn hostile_wildcards_end_soon() {
    let context = Context::new();
    let resource = "a".repeat(200_000);
    for pattern in ["*a".repeat(2_000) + "b", "*a?".repeat(1_000) + "b", "?*".repeat(2_000) + "b"] {
        let statement = format!(r#"{{"Effect": "Allow", "Action": "*", "Resource": "{pattern}"}}"#);
        assert_eq!(allowed(&statement, "x", &resource, &context), Some(false));
    }
}

#[test]
fn documents_that_read_condition_keys() {
    for (statement, expected) in [
        (r#""Resource": "*""#, false),
        (r#""Resource": ["arn:aws:s3:::a/${*}", "arn:aws:s3:::b"]"#, false),
        (r#""Resource": ["*", "arn:aws:s3:::a/${aws:username}"]"#, true),
        (r#""NotResource": "arn:aws:s3:::a/${aws:username, 'nobody'}""#, true),
        (r#""Resource": "*", "Condition": {"Bool": {"aws:SecureTransport": "true"}}"#, true),
        (r#""Resource": "*", "Condition": {}"#, false),
    ] {
        let text = format!(
            r#"{{"Version": "2012-10-17", "Statement": {{"Effect": "Allow", "Action": "s3:*", {statement}}}}}"#
        );
        let document = Document::parse(&text).unwrap();
        assert_eq!(document.reads_context(), expected, "{statement}");
    }
}
