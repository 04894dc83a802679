//! Cases for decisions: policies, a request, what comes out.

use policy::{Context, Decision, Document, PolicyKind, PolicySource, Principal, Request, evaluate};

use PolicyKind::{Boundary, Identity, Resource, Session, Trust};

const USER: Principal = Principal::User { arn: "arn:aws:iam::111122223333:user/team/eve" };
const ROLE: Principal = Principal::Role {
    session_arn: "arn:aws:sts::111122223333:assumed-role/runner/night",
    role_arn: "arn:aws:iam::111122223333:role/service-role/runner",
};
const SERVICE: Principal = Principal::Service("events.amazonaws.com");
const ROOT: Principal = Principal::Account("111122223333");
const MACHINE: &str = "arn:aws:states:us-east-1:111122223333:stateMachine:train";
const BUCKET: &str = "arn:aws:s3:::models/best/model.tar.gz";

/// A statement as the inside of a JSON object, without its braces.
type Statements<'a> = &'a [(PolicyKind, &'a str)];

fn decide(policies: Statements, principal: Principal, action: &str, resource: &str) -> Decision {
    decide_with(policies, principal, action, resource, &Context::new())
}

fn decide_with(
    policies: Statements,
    principal: Principal,
    action: &str,
    resource: &str,
    context: &Context,
) -> Decision {
    let documents: Vec<(PolicyKind, Document)> = policies
        .iter()
        .map(|(kind, statement)| {
            let text = format!(r#"{{"Version": "2012-10-17", "Statement": {{{statement}}}}}"#);
            (*kind, Document::parse(&text).expect(&text))
        })
        .collect();
    let sources: Vec<PolicySource> =
        documents.iter().map(|(kind, document)| PolicySource::new(*kind, "p", document)).collect();
    let request = Request { principal, action, resource, resource_account: None, context };
    evaluate(&sources, &request)
}

/// `+` allowed, `-` denied by a statement, or the kind of policy that does not allow.
fn short(decision: &Decision) -> &'static str {
    match decision {
        Decision::Allow(_) => "+",
        Decision::ExplicitDeny(_) => "-",
        Decision::ImplicitDeny(Identity) => "identity",
        Decision::ImplicitDeny(Boundary) => "boundary",
        Decision::ImplicitDeny(Session) => "session",
        Decision::ImplicitDeny(Resource) => "resource",
        Decision::ImplicitDeny(Trust) => "trust",
    }
}

#[test]
fn actions_and_resources() {
    let cases: &[(&str, &str, &str, &str)] = &[
        (r#""Action": "*", "Resource": "*""#, "states:StartExecution", MACHINE, "+"),
        (r#""Action": "STATES:start*", "Resource": "*""#, "states:StartExecution", MACHINE, "+"),
        (
            r#""Action": "states:Start?xecution", "Resource": "*""#,
            "states:StartExecution",
            MACHINE,
            "+",
        ),
        (r#""Action": "states:?", "Resource": "*""#, "states:StartExecution", MACHINE, "identity"),
        (
            r#""Action": ["s3:*", "states:*"], "Resource": "*""#,
            "states:StartExecution",
            MACHINE,
            "+",
        ),
        (r#""Action": [], "Resource": "*""#, "states:StartExecution", MACHINE, "identity"),
        (r#""NotAction": "iam:*", "Resource": "*""#, "states:StartExecution", MACHINE, "+"),
        (
            r#""NotAction": "states:*", "Resource": "*""#,
            "states:StartExecution",
            MACHINE,
            "identity",
        ),
        (
            r#""Action": "*", "Resource": "arn:aws:states:*:*:stateMachine:*""#,
            "states:StartExecution",
            MACHINE,
            "+",
        ),
        (
            r#""Action": "*", "Resource": "arn:aws:states:*:train""#,
            "states:StartExecution",
            MACHINE,
            "identity",
        ),
        (r#""Action": "*", "Resource": "arn:aws:states:*""#, "states:StartExecution", MACHINE, "+"),
        (r#""Action": "*", "Resource": "arn:aws:s3:::models/*""#, "s3:GetObject", BUCKET, "+"),
        (r#""Action": "*", "Resource": "arn:aws:s3:::models/*/*.gz""#, "s3:GetObject", BUCKET, "+"),
        (
            r#""Action": "*", "Resource": "arn:aws:s3:::Models/*""#,
            "s3:GetObject",
            BUCKET,
            "identity",
        ),
        (r#""Action": "*", "Resource": "arn:aws:s3:::models""#, "s3:GetObject", BUCKET, "identity"),
        (
            r#""Action": "*", "NotResource": "arn:aws:s3:::models/*""#,
            "s3:GetObject",
            BUCKET,
            "identity",
        ),
        (r#""Action": "*", "NotResource": "arn:aws:s3:::data/*""#, "s3:GetObject", BUCKET, "+"),
        // An action that is about no resource in particular needs "*".
        (r#""Action": "*", "Resource": "*""#, "s3:ListAllMyBuckets", "*", "+"),
        (r#""Action": "*", "Resource": "arn:aws:s3:::*""#, "s3:ListAllMyBuckets", "*", "identity"),
        // Without resources a policy of an identity is about none.
        (r#""Action": "*""#, "s3:GetObject", BUCKET, "identity"),
    ];
    for (statement, action, resource, expected) in cases {
        let statement = format!(r#""Effect": "Allow", {statement}"#);
        let decision = decide(&[(Identity, &statement)], USER, action, resource);
        assert_eq!(short(&decision), *expected, "{statement} for {action} on {resource}");
    }
}

const ALLOW: &str = r#""Effect": "Allow", "Action": "*", "Resource": "*""#;
const DENY: &str = r#""Effect": "Deny", "Action": "*", "Resource": "*""#;
const OTHER: &str = r#""Effect": "Allow", "Action": "iam:*", "Resource": "*""#;
const TO_EVERYBODY: &str = r#""Effect": "Allow", "Action": "*", "Principal": "*""#;
const TO_STAR: &str = r#""Effect": "Allow", "Action": "*", "Principal": {"AWS": ["*"]}"#;
const TO_ACCOUNT: &str =
    r#""Effect": "Allow", "Action": "*", "Principal": {"AWS": "111122223333"}"#;
const TO_ROOT: &str =
    r#""Effect": "Allow", "Action": "*", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}"#;
const TO_OTHER_ACCOUNT: &str =
    r#""Effect": "Allow", "Action": "*", "Principal": {"AWS": "arn:aws:iam::999999999999:root"}"#;
const TO_USER: &str = r#""Effect": "Allow", "Action": "*", "Principal": {"AWS": "arn:aws:iam::111122223333:user/team/eve"}"#;
const TO_ROLE: &str = r#""Effect": "Allow", "Action": "*", "Principal": {"AWS": "arn:aws:iam::111122223333:role/service-role/runner"}"#;
const TO_SESSION: &str = r#""Effect": "Allow", "Action": "*", "Principal": {"AWS": "arn:aws:sts::111122223333:assumed-role/runner/night"}"#;
const TO_SERVICE: &str = r#""Effect": "Allow", "Action": "*", "Principal": {"Service": ["states.amazonaws.com", "events.amazonaws.com"]}"#;
const NOT_TO_USER: &str = r#""Effect": "Deny", "Action": "*", "NotPrincipal": {"AWS": "arn:aws:iam::111122223333:user/team/eve"}"#;

#[test]
fn kinds_of_policies() {
    let cases: &[(Statements, Principal, &str)] = &[
        (&[], USER, "identity"),
        (&[], ROOT, "+"),
        (&[], SERVICE, "resource"),
        (&[], Principal::Anonymous, "resource"),
        (&[(Identity, ALLOW)], USER, "+"),
        (&[(Identity, ALLOW), (Identity, DENY)], USER, "-"),
        (&[(Identity, DENY), (Identity, ALLOW)], USER, "-"),
        (&[(Identity, OTHER), (Identity, ALLOW)], USER, "+"),
        // A policy of an identity says nothing about services.
        (&[(Identity, ALLOW)], SERVICE, "resource"),
        // The boundary and the session limit and do not give.
        (&[(Boundary, ALLOW)], USER, "identity"),
        (&[(Identity, ALLOW), (Boundary, ALLOW)], USER, "+"),
        (&[(Identity, ALLOW), (Boundary, OTHER)], USER, "boundary"),
        (&[(Identity, ALLOW), (Boundary, DENY)], USER, "-"),
        (&[(Identity, ALLOW), (Session, OTHER)], ROLE, "session"),
        (&[(Identity, ALLOW), (Session, OTHER), (Session, ALLOW)], ROLE, "+"),
        (&[(Identity, ALLOW), (Boundary, OTHER), (Session, OTHER)], ROLE, "boundary"),
        // The resource's policy, in the same account.
        (&[(Resource, TO_EVERYBODY)], USER, "+"),
        (&[(Resource, TO_STAR)], Principal::Anonymous, "+"),
        (&[(Resource, TO_USER)], USER, "+"),
        (&[(Resource, TO_USER)], ROLE, "identity"),
        (&[(Resource, TO_USER), (Boundary, OTHER)], USER, "+"),
        (&[(Resource, TO_ROLE)], ROLE, "+"),
        (&[(Resource, TO_ROLE), (Boundary, OTHER)], ROLE, "identity"),
        (&[(Resource, TO_SESSION), (Boundary, OTHER), (Session, OTHER)], ROLE, "+"),
        (&[(Resource, TO_ACCOUNT)], USER, "identity"),
        (&[(Resource, TO_ROOT), (Identity, ALLOW)], USER, "+"),
        (&[(Resource, TO_OTHER_ACCOUNT), (Identity, ALLOW)], USER, "+"),
        (&[(Resource, TO_SERVICE)], SERVICE, "+"),
        (&[(Resource, TO_SERVICE)], Principal::Service("s3.amazonaws.com"), "resource"),
        (&[(Resource, TO_SERVICE)], USER, "identity"),
        (&[(Resource, NOT_TO_USER), (Identity, ALLOW)], USER, "+"),
        (&[(Resource, NOT_TO_USER), (Identity, ALLOW)], ROLE, "-"),
        (&[(Resource, NOT_TO_USER)], SERVICE, "-"),
        // A resource policy without principals is about nobody.
        (&[(Resource, DENY), (Identity, ALLOW)], USER, "+"),
        // A role must trust, even where the identity may assume everything.
        (&[(Trust, TO_SERVICE), (Identity, ALLOW)], USER, "trust"),
        (&[(Trust, TO_SERVICE)], USER, "trust"),
        (&[(Trust, TO_SERVICE)], SERVICE, "+"),
        (&[(Trust, TO_SERVICE)], Principal::Service("lambda.amazonaws.com"), "trust"),
        (&[(Trust, TO_USER)], USER, "+"),
        (&[(Trust, TO_ROOT)], USER, "identity"),
        (&[(Trust, TO_ROOT), (Identity, ALLOW)], USER, "+"),
        (&[(Trust, TO_ROOT)], ROOT, "+"),
        (&[(Trust, TO_SERVICE)], ROOT, "trust"),
    ];
    for (policies, principal, expected) in cases {
        let decision = decide(policies, *principal, "states:StartExecution", MACHINE);
        assert_eq!(short(&decision), *expected, "{policies:?} for {principal:?}");
    }
}

#[test]
fn other_accounts() {
    let theirs = "arn:aws:states:us-east-1:999999999999:stateMachine:train";
    let cases: &[(Statements, Principal, &str)] = &[
        (&[(Identity, ALLOW)], USER, "resource"),
        (&[(Identity, ALLOW), (Resource, TO_ACCOUNT)], USER, "+"),
        (&[(Identity, ALLOW), (Resource, TO_USER)], USER, "+"),
        (&[(Resource, TO_USER)], USER, "identity"),
        (&[(Resource, TO_EVERYBODY)], USER, "identity"),
        (&[(Identity, ALLOW), (Resource, TO_OTHER_ACCOUNT)], USER, "resource"),
        (&[(Identity, ALLOW), (Resource, TO_USER), (Boundary, OTHER)], USER, "boundary"),
        (&[], ROOT, "resource"),
        (&[(Resource, TO_ROOT)], ROOT, "+"),
    ];
    for (policies, principal, expected) in cases {
        let decision = decide(policies, *principal, "states:StartExecution", theirs);
        assert_eq!(short(&decision), *expected, "{policies:?} for {principal:?}");
    }
}

#[test]
fn variables() {
    let context: Context = [
        ("aws:PrincipalTag/team", vec!["red"]),
        ("aws:userid", vec!["AIDA:night"]),
        ("my:star", vec!["*"]),
        ("my:two", vec!["a", "b"]),
    ]
    .into_iter()
    .collect();
    let cases = [
        ("arn:aws:s3:::home/${aws:username}/*", "arn:aws:s3:::home/eve/x", true),
        ("arn:aws:s3:::home/${AWS:UserName}/*", "arn:aws:s3:::home/eve/x", true),
        ("arn:aws:s3:::home/${aws:username}/*", "arn:aws:s3:::home/adam/x", false),
        ("arn:aws:s3:::${aws:PrincipalTag/team}", "arn:aws:s3:::red", true),
        ("arn:aws:s3:::${aws:userid}", "arn:aws:s3:::AIDA:night", true),
        ("arn:aws:s3:::${my:none}", "arn:aws:s3:::", false),
        ("arn:aws:s3:::${my:none, 'blue'}", "arn:aws:s3:::blue", true),
        ("arn:aws:s3:::${my:two, 'blue'}", "arn:aws:s3:::blue", true),
        ("arn:aws:s3:::${my:star}", "arn:aws:s3:::anything", false),
        ("arn:aws:s3:::${*}", "arn:aws:s3:::*", true),
        ("arn:aws:s3:::${*}", "arn:aws:s3:::x", false),
        ("arn:aws:s3:::${$}{x}", "arn:aws:s3:::${x}", true),
        ("arn:aws:s3:::${open", "arn:aws:s3:::${open", true),
    ];
    for (resource, asked, expected) in cases {
        let statement = format!(r#""Effect": "Allow", "Action": "*", "Resource": "{resource}""#);
        let decision =
            decide_with(&[(Identity, &statement)], USER, "s3:GetObject", asked, &context);
        assert_eq!(decision.is_allowed(), expected, "{resource} for {asked}");
    }
    let old = r#"{"Version": "2008-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "arn:aws:s3:::${aws:username}"}]}"#;
    let document = Document::parse(old).unwrap();
    let sources = [PolicySource::new(Identity, "old", &document)];
    let ask = |resource| {
        let request = Request {
            principal: USER,
            action: "s3:GetObject",
            resource,
            resource_account: None,
            context: &context,
        };
        evaluate(&sources, &request).is_allowed()
    };
    assert!(!ask("arn:aws:s3:::eve"));
    assert!(ask("arn:aws:s3:::${aws:username}"));
}

#[test]
fn decisions_name_the_statement_and_speak_as_aws_does() {
    let document = Document::parse(
        r#"{"Version": "2012-10-17", "Statement": [
            {"Sid": "Read", "Effect": "Allow", "Action": "s3:Get*", "Resource": "*"},
            {"Effect": "Deny", "Action": "s3:Delete*", "Resource": "*"}]}"#,
    )
    .unwrap();
    let narrow = Document::parse(
        r#"{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObjectTagging", "Resource": "*"}]}"#,
    )
    .unwrap();
    let context = Context::new();
    let request = |action: &'static str| Request {
        principal: USER,
        action,
        resource: BUCKET,
        resource_account: Some("111122223333"),
        context: &context,
    };
    let identity = [PolicySource::new(Identity, "reader", &document)];
    let Decision::Allow(Some(statement)) = evaluate(&identity, &request("s3:GetObject")) else {
        panic!("not allowed");
    };
    assert_eq!(statement.to_string(), "statement Read of reader");
    let start = "User: arn:aws:iam::111122223333:user/team/eve is not authorized to perform:";
    let says = |sources: &[PolicySource], action: &'static str| {
        let request = request(action);
        evaluate(sources, &request).denial(&request)
    };
    let limited = |kind| [identity[0], PolicySource::new(kind, "limit", &narrow)];
    let cases = [
        (says(&identity, "s3:GetObject"), None),
        (
            says(&identity, "s3:PutObject"),
            Some(
                "s3:PutObject on resource: {} because no identity-based policy allows the s3:PutObject action",
            ),
        ),
        (
            says(&identity, "s3:DeleteObject"),
            Some(
                "s3:DeleteObject on resource: {} with an explicit deny in an identity-based policy",
            ),
        ),
        (
            says(&limited(Boundary), "s3:GetObject"),
            Some(
                "s3:GetObject on resource: {} because no permissions boundary allows the s3:GetObject action",
            ),
        ),
        (
            says(&limited(Session), "s3:GetObject"),
            Some(
                "s3:GetObject on resource: {} because no session policy allows the s3:GetObject action",
            ),
        ),
    ];
    for (got, expected) in cases {
        let expected = expected.map(|text| format!("{start} {}", text.replace("{}", BUCKET)));
        assert_eq!(got, expected);
    }
    let Decision::ExplicitDeny(statement) = evaluate(&identity, &request("s3:DeleteObject")) else {
        panic!("not denied");
    };
    assert_eq!(statement.to_string(), "statement 1 of reader");
}
