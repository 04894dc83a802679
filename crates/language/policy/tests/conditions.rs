//! Cases for the operators of conditions.

use policy::{Context, Document, PolicyKind, PolicySource, Principal, Request, evaluate};

fn holds(condition: &str, context: &Context) -> bool {
    let text = format!(
        r#"{{"Version": "2012-10-17", "Statement": {{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {condition}}}}}"#
    );
    let document = Document::parse(&text).expect(&text);
    let sources = [PolicySource::new(PolicyKind::Identity, "p", &document)];
    let request = Request {
        principal: Principal::User { arn: "arn:aws:iam::111122223333:user/eve" },
        action: "s3:GetObject",
        resource: "*",
        resource_account: None,
        context,
    };
    evaluate(&sources, &request).is_allowed()
}

fn context() -> Context {
    let mut context: Context = [
        ("k:text", vec!["Blue"]),
        ("k:number", vec!["10"]),
        ("k:date", vec!["2026-03-01T12:00:00Z"]),
        ("k:bool", vec!["true"]),
        ("k:ip", vec!["10.1.2.3"]),
        ("k:ip6", vec!["2001:db8::5"]),
        ("k:arn", vec!["arn:aws:sns:us-east-1:111122223333:done:extra"]),
        ("k:many", vec!["a", "b"]),
        ("k:none", vec![]),
        ("k:junk", vec!["junk"]),
        ("k:bytes", vec!["AAEC"]),
    ]
    .into_iter()
    .collect();
    context.insert_time(1_772_366_400_000);
    context
}

const CASES: &[(&str, bool)] = &[
    ("{}", true),
    (r#"{"StringEquals": {"k:text": "Blue"}}"#, true),
    (r#"{"StringEquals": {"K:TEXT": ["Red", "Blue"]}}"#, true),
    (r#"{"StringEquals": {"k:text": "blue"}}"#, false),
    (r#"{"StringEquals": {"k:text": "B*"}}"#, false),
    (r#"{"StringEquals": {"k:text": []}}"#, false),
    (r#"{"StringEquals": {"k:absent": "x"}}"#, false),
    (r#"{"StringEqualsIfExists": {"k:absent": "x"}}"#, true),
    (r#"{"StringEqualsIfExists": {"k:text": "x"}}"#, false),
    (r#"{"StringNotEquals": {"k:text": ["Red", "Green"]}}"#, true),
    (r#"{"StringNotEquals": {"k:text": ["Red", "Blue"]}}"#, false),
    (r#"{"StringNotEquals": {"k:absent": "x"}}"#, true),
    (r#"{"StringEqualsIgnoreCase": {"k:text": "bLUE"}}"#, true),
    (r#"{"StringNotEqualsIgnoreCase": {"k:text": "bLUE"}}"#, false),
    (r#"{"StringLike": {"k:text": "B?u*"}}"#, true),
    (r#"{"StringLike": {"k:text": "b*"}}"#, false),
    (r#"{"StringNotLike": {"k:text": "B*"}}"#, false),
    (r#"{"StringLike": {"k:text": "${k:text}"}}"#, true),
    (r#"{"StringEquals": {"k:text": "${k:absent}"}}"#, false),
    (r#"{"StringNotEquals": {"k:text": "${k:absent}"}}"#, false),
    (r#"{"StringNotLike": {"k:text": ["x", "${k:absent, 'y'}"]}}"#, true),
    (r#"{"StringEquals": {"aws:username": "eve", "aws:PrincipalAccount": "111122223333"}}"#, true),
    (r#"{"StringEquals": {"aws:username": "eve", "aws:PrincipalType": "Role"}}"#, false),
    (r#"{"StringEquals": {"k:text": "Blue"}, "Bool": {"k:bool": "false"}}"#, false),
    (r#"{"NumericEquals": {"k:number": 10}}"#, true),
    (r#"{"NumericEquals": {"k:number": "10.0"}}"#, true),
    (r#"{"NumericNotEquals": {"k:number": 10}}"#, false),
    (r#"{"NumericLessThan": {"k:number": 11}}"#, true),
    (r#"{"NumericLessThan": {"k:number": 10}}"#, false),
    (r#"{"NumericLessThanEquals": {"k:number": 10}}"#, true),
    (r#"{"NumericGreaterThan": {"k:number": 9.5}}"#, true),
    (r#"{"NumericGreaterThanEquals": {"k:number": "11"}}"#, false),
    (r#"{"NumericEquals": {"k:junk": "junk"}}"#, false),
    (r#"{"NumericLessThan": {"k:number": "NaN"}}"#, false),
    (r#"{"DateGreaterThan": {"k:date": "2026-02-28T00:00:00Z"}}"#, true),
    (r#"{"DateLessThan": {"k:date": "2026-03-01T14:00:00+03:00"}}"#, false),
    (r#"{"DateLessThan": {"k:date": "2027"}}"#, true),
    (r#"{"DateLessThanEquals": {"k:date": "2026-03"}}"#, false),
    (r#"{"DateEquals": {"k:date": 1772366400}}"#, true),
    (r#"{"DateNotEquals": {"k:date": "2026-03-01T12:00:00Z"}}"#, false),
    (r#"{"DateGreaterThanEquals": {"aws:CurrentTime": "2026-03-01T12:00:00Z"}}"#, true),
    (r#"{"NumericEquals": {"aws:EpochTime": 1772366400}}"#, true),
    (r#"{"DateLessThan": {"k:junk": "2027"}}"#, false),
    (r#"{"Bool": {"k:bool": true}}"#, true),
    (r#"{"Bool": {"k:bool": ["FALSE", "True"]}}"#, true),
    (r#"{"BoolIfExists": {"k:absent": "true"}}"#, true),
    (r#"{"BinaryEquals": {"k:bytes": "AAEC"}}"#, true),
    (r#"{"IpAddress": {"k:ip": "10.1.0.0/16"}}"#, true),
    (r#"{"IpAddress": {"k:ip": ["192.168.0.0/16", "10.1.2.3"]}}"#, true),
    (r#"{"IpAddress": {"k:ip": "10.1.2.4"}}"#, false),
    (r#"{"IpAddress": {"k:ip": "0.0.0.0/0"}}"#, true),
    (r#"{"IpAddress": {"k:ip": "10.1.0.0/33"}}"#, false),
    (r#"{"IpAddress": {"k:ip6": "::/0"}}"#, true),
    (r#"{"IpAddress": {"k:ip6": "2001:db8::/64"}}"#, true),
    (r#"{"IpAddress": {"k:ip6": "0.0.0.0/0"}}"#, false),
    (r#"{"NotIpAddress": {"k:ip": "10.1.0.0/16"}}"#, false),
    (r#"{"ArnLike": {"k:arn": "arn:aws:sns:*:111122223333:done*"}}"#, true),
    (r#"{"ArnEquals": {"k:arn": "arn:aws:sns:*:*:done:extra"}}"#, true),
    (r#"{"ArnLike": {"k:arn": "arn:aws:sns:*:done:extra"}}"#, false),
    (r#"{"ArnNotLike": {"k:arn": "arn:aws:sqs:*:*:*"}}"#, true),
    (r#"{"Null": {"k:absent": "true"}}"#, true),
    (r#"{"Null": {"k:none": true}}"#, true),
    (r#"{"Null": {"k:text": "false"}}"#, true),
    (r#"{"Null": {"k:text": "true"}}"#, false),
    (r#"{"ForAllValues:StringEquals": {"k:many": ["a", "b", "c"]}}"#, true),
    (r#"{"ForAllValues:StringEquals": {"k:many": ["a"]}}"#, false),
    (r#"{"ForAllValues:StringEquals": {"k:absent": ["a"]}}"#, true),
    (r#"{"ForAllValues:StringNotEquals": {"k:many": ["c"]}}"#, true),
    (r#"{"ForAllValues:StringNotEquals": {"k:many": ["a"]}}"#, false),
    (r#"{"ForAnyValue:StringEquals": {"k:many": ["b", "x"]}}"#, true),
    (r#"{"ForAnyValue:StringEquals": {"k:many": ["x"]}}"#, false),
    (r#"{"ForAnyValue:StringEquals": {"k:absent": ["x"]}}"#, false),
    (r#"{"ForAnyValue:StringEquals": {"k:none": ["x"]}}"#, false),
    (r#"{"ForAnyValue:StringEqualsIfExists": {"k:absent": ["x"]}}"#, true),
    (r#"{"ForAnyValue:StringNotEquals": {"k:many": ["a"]}}"#, true),
    (r#"{"ForAnyValue:StringLike": {"k:many": ["?"]}}"#, true),
];

#[test]
fn operators() {
    let context = context();
    for (condition, expected) in CASES {
        assert_eq!(holds(condition, &context), *expected, "{condition}");
    }
}
