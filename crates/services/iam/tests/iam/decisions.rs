//! Who may do what: the cases are a world, a question and AWS's answer.

use crate::world::{ACCOUNT, World, statement, trusts, trusts_service};
use serde_json::{Value, json};
use service::{Access, Authoriser, Principal};

const MACHINE: &str = "arn:aws:states:us-east-1:123456789012:stateMachine:train";

/// An operation that sets the stage, and its input.
type SetUp = (&'static str, Value);

async fn ask(
    world: &World,
    principal: &Principal,
    action: &str,
    resource: &str,
    context: &[(&str, &str)],
    resource_policy: Option<String>,
) -> Result<(), (String, u16, String)> {
    let context = context.iter().map(|(key, value)| ((*key).to_owned(), vec![(*value).to_owned()]));
    let access =
        Access { principal, action, resource, context: context.collect(), resource_policy };
    let answer = world.iam.authorise(&access).await;
    answer.map_err(|error| (error.code, error.status, error.message))
}

fn role() -> Principal {
    Principal::role(ACCOUNT, "run", "s1")
}

async fn world_with_role(policies: &[(&str, Value)]) -> World {
    let world = World::new();
    let trust = trusts_service("states.amazonaws.com");
    world
        .set_up(&[(
            "CreateRole",
            json!({"RoleName": "run", "Path": "/team/", "AssumeRolePolicyDocument": trust}),
        )])
        .await;
    world.set_up(policies).await;
    world
}

fn inline(name: &str, document: String) -> SetUp {
    ("PutRolePolicy", json!({"RoleName": "run", "PolicyName": name, "PolicyDocument": document}))
}

#[tokio::test]
async fn refusals_in_the_words_of_aws() {
    let start = "states:StartExecution";
    let who = "User: arn:aws:sts::123456789012:assumed-role/run/s1 is not authorized to perform:";
    let on = format!("{who} {start} on resource: {MACHINE}");
    let power = "arn:aws:iam::aws:policy/AmazonS3FullAccess";
    let cases: Vec<(Vec<SetUp>, Option<String>)> = vec![
        (vec![], Some(format!("{on} because no identity-based policy allows the {start} action"))),
        (vec![inline("p", statement("Allow", "states:Start*", MACHINE))], None),
        (
            vec![
                inline("p", statement("Allow", "states:*", "*")),
                inline("q", statement("Deny", start, "*")),
            ],
            Some(format!("{on} with an explicit deny in an identity-based policy")),
        ),
        (
            vec![(
                "AttachRolePolicy",
                json!({"RoleName": "run", "PolicyArn": "arn:aws:iam::aws:policy/AWSStepFunctionsFullAccess"}),
            )],
            None,
        ),
        (
            vec![
                inline("p", statement("Allow", "states:*", "*")),
                (
                    "PutRolePermissionsBoundary",
                    json!({"RoleName": "run", "PermissionsBoundary": power}),
                ),
            ],
            Some(format!("{on} because no permissions boundary allows the {start} action")),
        ),
    ];
    for (policies, wanted) in cases {
        let world = world_with_role(&policies).await;
        let answer = ask(&world, &role(), start, MACHINE, &[], None).await;
        let wanted = wanted.map(|message| ("AccessDeniedException".to_owned(), 400, message));
        assert_eq!(answer.err(), wanted, "{policies:?}");
    }
}

#[tokio::test]
async fn codes_of_services() {
    let world = world_with_role(&[]).await;
    for (action, code, status) in [
        ("states:StartExecution", "AccessDeniedException", 400),
        ("lambda:InvokeFunction", "AccessDeniedException", 403),
        ("s3:GetObject", "AccessDenied", 403),
        ("iam:CreateRole", "AccessDenied", 403),
        ("sns:Publish", "AuthorizationError", 403),
    ] {
        let refused = ask(&world, &role(), action, "*", &[], None).await.unwrap_err();
        assert_eq!((refused.0.as_str(), refused.1), (code, status), "{action}");
    }
    let passing = [("iam:PassedToService", "sagemaker.amazonaws.com")];
    let refused =
        ask(&world, &role(), "iam:PassRole", "arn:aws:iam::123456789012:role/x", &passing, None)
            .await;
    let (code, status, message) = refused.unwrap_err();
    assert_eq!((code.as_str(), status), ("AccessDeniedException", 400));
    assert!(message.ends_with("is not authorized to perform: iam:PassRole on resource: arn:aws:iam::123456789012:role/x because no identity-based policy allows the iam:PassRole action"), "{message}");
}

#[tokio::test]
async fn pass_role_to_one_service() {
    let document = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "iam:PassRole",
        "Resource": "arn:aws:iam::123456789012:role/train-*",
        "Condition": {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}}}]});
    let world = world_with_role(&[inline("pass", document.to_string())]).await;
    for (target, service, allowed) in [
        ("role/train-1", "sagemaker", true),
        ("role/train-1", "lambda", false),
        ("role/other", "sagemaker", false),
    ] {
        let resource = format!("arn:aws:iam::{ACCOUNT}:{target}");
        let service = format!("{service}.amazonaws.com");
        let context = [("iam:PassedToService", service.as_str())];
        let answer = ask(&world, &role(), "iam:PassRole", &resource, &context, None).await;
        assert_eq!(answer.is_ok(), allowed, "{target} {service}");
    }
}

#[tokio::test]
async fn resource_policies() {
    let world = world_with_role(&[]).await;
    let queue = "arn:aws:sqs:us-east-1:123456789012:q";
    let admits = |principal: Value| {
        Some(json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": principal,
            "Action": "sqs:SendMessage", "Resource": queue}]}).to_string())
    };
    let events = Principal::service(ACCOUNT, "events.amazonaws.com");
    let role_arn = "arn:aws:iam::123456789012:role/team/run";
    for (who, policy, allowed) in [
        (&events, None, false),
        (&events, admits(json!({"Service": "sns.amazonaws.com"})), false),
        (&events, admits(json!({"Service": "events.amazonaws.com"})), true),
        (&role(), None, false),
        (&role(), admits(json!({"AWS": role_arn})), true),
        (&role(), admits(json!({"AWS": "arn:aws:iam::123456789012:root"})), false),
        (&Principal::anonymous(ACCOUNT), None, false),
        (&Principal::anonymous(ACCOUNT), admits(json!("*")), true),
        (&Principal::root(ACCOUNT), None, true),
        (&Principal::platform(ACCOUNT), None, true),
    ] {
        let answer = ask(&world, who, "sqs:SendMessage", queue, &[], policy.clone()).await;
        assert_eq!(answer.is_ok(), allowed, "{} {policy:?}", who.arn);
    }
}

#[tokio::test]
async fn changes_count_at_once() {
    let world = world_with_role(&[]).await;
    let who = role();
    let question = || ask(&world, &who, "s3:GetObject", "arn:aws:s3:::b/k", &[], None);
    let policy = "arn:aws:iam::123456789012:policy/p";
    let allow = statement("Allow", "s3:GetObject", "*");
    let deny = statement("Deny", "s3:GetObject", "*");
    assert!(question().await.is_err());
    world
        .set_up(&[
            ("CreatePolicy", json!({"PolicyName": "p", "PolicyDocument": allow})),
            ("AttachRolePolicy", json!({"RoleName": "run", "PolicyArn": policy})),
        ])
        .await;
    assert!(question().await.is_ok());
    world
        .set_up(&[(
            "CreatePolicyVersion",
            json!({"PolicyArn": policy, "PolicyDocument": deny, "SetAsDefault": true}),
        )])
        .await;
    assert!(question().await.is_err());
    world
        .set_up(&[("SetDefaultPolicyVersion", json!({"PolicyArn": policy, "VersionId": "v1"}))])
        .await;
    assert!(question().await.is_ok());
    // A role of the same name is another role, though its record may have the same version.
    let trust = trusts_service("lambda.amazonaws.com");
    world
        .set_up(&[
            ("DetachRolePolicy", json!({"RoleName": "run", "PolicyArn": policy})),
            ("DeleteRole", json!({"RoleName": "run"})),
        ])
        .await;
    assert!(question().await.is_err());
    world
        .set_up(&[("CreateRole", json!({"RoleName": "run", "AssumeRolePolicyDocument": trust}))])
        .await;
    assert!(question().await.is_err());
}

#[tokio::test]
async fn users_and_their_groups() {
    let world = World::new();
    let own = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "iam:*",
        "Resource": "arn:aws:iam::*:user/people/${aws:username}"}]})
    .to_string();
    world
        .set_up(&[
            ("CreateUser", json!({"UserName": "eve", "Path": "/people/"})),
            ("CreateUser", json!({"UserName": "bob", "Path": "/people/"})),
            ("CreateGroup", json!({"GroupName": "all"})),
            ("AddUserToGroup", json!({"GroupName": "all", "UserName": "eve"})),
            (
                "PutGroupPolicy",
                json!({"GroupName": "all", "PolicyName": "own", "PolicyDocument": own}),
            ),
        ])
        .await;
    let eve = Principal::user(ACCOUNT, "/people/", "eve");
    let bob = Principal::user(ACCOUNT, "/people/", "bob");
    // The request names no path, and the second one not even a user; IAM knows better.
    world.call_as(&eve, "GetUser", json!({"UserName": "eve"})).await.unwrap();
    world.call_as(&eve, "GetUser", json!({})).await.unwrap();
    let error = world.call_as(&eve, "GetUser", json!({"UserName": "bob"})).await.unwrap_err();
    assert_eq!(
        error.message,
        "User: arn:aws:iam::123456789012:user/people/eve is not authorized to perform: iam:GetUser on resource: arn:aws:iam::123456789012:user/people/bob because no identity-based policy allows the iam:GetUser action"
    );
    assert!(world.call_as(&bob, "GetUser", json!({})).await.is_err());
    world.set_up(&[("RemoveUserFromGroup", json!({"GroupName": "all", "UserName": "eve"}))]).await;
    assert!(world.call_as(&eve, "GetUser", json!({})).await.is_err());
}

#[tokio::test]
async fn readers_may_read_policies_of_aws() {
    let world = World::new();
    let read = "arn:aws:iam::aws:policy/IAMReadOnlyAccess";
    world
        .set_up(&[
            ("CreateUser", json!({"UserName": "eve"})),
            ("AttachUserPolicy", json!({"UserName": "eve", "PolicyArn": read})),
        ])
        .await;
    let eve = Principal::user(ACCOUNT, "/", "eve");
    world.call_as(&eve, "GetPolicy", json!({"PolicyArn": read})).await.unwrap();
}

#[tokio::test]
async fn services_assume_roles_that_trust_them() {
    let world = World::new();
    let regional = trusts_service("states.eu-west-1.amazonaws.com");
    let conditional = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole",
        "Principal": {"Service": "events.amazonaws.com"}, "Condition": {"StringEquals": {"aws:SourceAccount": ACCOUNT}}}]});
    let sourced = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole",
        "Principal": {"Service": "events.amazonaws.com"}, "Condition": {"ArnLike": {"aws:SourceArn": "arn:aws:events:*"}}}]});
    for (name, trust) in [
        ("plain", trusts_service("states.amazonaws.com")),
        ("regional", regional),
        ("conditional", conditional.to_string()),
        ("sourced", sourced.to_string()),
        ("people", trusts("123456789012")),
    ] {
        world
            .set_up(&[("CreateRole", json!({"RoleName": name, "AssumeRolePolicyDocument": trust}))])
            .await;
    }
    for (role, service, assumed) in [
        ("role/plain", "states", true),
        ("role/plain", "events", false),
        ("role/other/plain", "states", false),
        ("role/gone", "states", false),
        ("role/regional", "states", true),
        ("role/conditional", "events", true),
        ("role/sourced", "events", false),
        ("role/people", "states", false),
    ] {
        let arn = format!("arn:aws:iam::{ACCOUNT}:{role}");
        let answer = world.iam.assume(&arn, &format!("{service}.amazonaws.com"), "s", None).await;
        match answer {
            Ok(session) => {
                assert!(assumed, "{role} {service}");
                let name = role.rsplit('/').next().unwrap();
                assert_eq!(session.arn, format!("arn:aws:sts::{ACCOUNT}:assumed-role/{name}/s"));
            }
            Err(error) => {
                assert!(!assumed, "{role} {service}: {error}");
                assert_eq!(error.code, "AccessDeniedException");
                assert!(error.message.starts_with(&format!("Neither the global service principal {service}.amazonaws.com, nor the regional one is authorized to assume the provided role.")), "{error}");
            }
        }
    }
}
