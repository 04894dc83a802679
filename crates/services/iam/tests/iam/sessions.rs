//! STS: assuming roles, temporary credentials, who is calling.

use crate::world::{ACCOUNT, START_MS, World, statement, trusts};
use serde_json::{Value, json};
use service::{Access, Authoriser, KeyStore, Principal};

async fn world() -> World {
    let world = World::new();
    let assume = statement("Allow", "sts:AssumeRole", "*");
    world.set_up(&[
        ("CreateUser", json!({"UserName": "eve"})),
        ("CreateUser", json!({"UserName": "bob"})),
        ("PutUserPolicy", json!({"UserName": "bob", "PolicyName": "p", "PolicyDocument": assume})),
        ("CreateRole", json!({"RoleName": "of-eve", "AssumeRolePolicyDocument": trusts("arn:aws:iam::123456789012:user/eve"), "MaxSessionDuration": 7200})),
        ("CreateRole", json!({"RoleName": "of-all", "AssumeRolePolicyDocument": trusts("123456789012")})),
        ("PutRolePolicy", json!({"RoleName": "of-eve", "PolicyName": "p", "PolicyDocument": statement("Allow", "s3:*", "*")})),
    ]).await;
    world
}

fn user(name: &str) -> Principal {
    Principal::user(ACCOUNT, "/", name)
}

fn role(name: &str) -> Value {
    json!({"RoleArn": format!("arn:aws:iam::{ACCOUNT}:role/{name}"), "RoleSessionName": "s1"})
}

/// The principal behind credentials as handed out.
async fn holder(world: &World, credentials: &Value) -> Option<Principal> {
    let text = |name: &str| credentials[name].as_str().expect("a text").to_owned();
    let found = world
        .iam
        .credential(&text("AccessKeyId"), Some(&text("SessionToken")))
        .await
        .expect("a lookup")?;
    assert_eq!(found.secret, text("SecretAccessKey"));
    Some(found.principal)
}

#[tokio::test]
async fn who_may_assume() {
    let world = world().await;
    for (who, name, allowed) in [
        ("eve", "of-eve", true),
        ("bob", "of-eve", false),
        ("eve", "of-all", false),
        ("bob", "of-all", true),
        ("bob", "gone", false),
    ] {
        let answer = world.call_as(&user(who), "AssumeRole", role(name)).await;
        match answer {
            Ok(_) => assert!(allowed, "{who} {name}"),
            Err(error) => {
                assert!(!allowed, "{who} {name}: {error}");
                assert_eq!((error.code.as_str(), error.status), ("AccessDenied", 403));
                assert_eq!(
                    error.message,
                    format!(
                        "User: arn:aws:iam::{ACCOUNT}:user/{who} is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::{ACCOUNT}:role/{name}"
                    )
                );
            }
        }
    }
}

#[tokio::test]
async fn credentials_live_as_long_as_they_should() {
    let world = world().await;
    let answer = world.call_as(&user("eve"), "AssumeRole", role("of-eve")).await.unwrap();
    let credentials = &answer["Credentials"];
    assert_eq!(credentials["Expiration"], START_MS / 1000 + 3600);
    assert_eq!(
        answer["AssumedRoleUser"]["Arn"],
        format!("arn:aws:sts::{ACCOUNT}:assumed-role/of-eve/s1")
    );
    let session = holder(&world, credentials).await.unwrap();
    assert_eq!(session.arn, format!("arn:aws:sts::{ACCOUNT}:assumed-role/of-eve/s1"));
    let identity = world.call_as(&session, "GetCallerIdentity", json!({})).await.unwrap();
    assert_eq!(identity["Arn"], session.arn.as_str());
    assert_eq!(identity["UserId"], answer["AssumedRoleUser"]["AssumedRoleId"]);

    // They outlive the server, but no other key's token and no damaged token goes with the key.
    let later = world.restarted();
    assert_eq!(holder(&later, credentials).await.unwrap(), session);
    let id = credentials["AccessKeyId"].as_str().unwrap();
    let token = credentials["SessionToken"].as_str().unwrap();
    assert!(later.iam.credential("ASIAAAAAAAAAAAAAAAAA", Some(token)).await.unwrap().is_none());
    assert!(later.iam.credential(id, Some(&token[1..])).await.unwrap().is_none());
    assert!(later.iam.credential(id, None).await.unwrap().is_none());

    let found = later.iam.credential(id, Some(token)).await.unwrap().unwrap();
    assert_eq!(found.expires_ms, Some(START_MS + 3_600_000));
}

#[tokio::test]
async fn credentials_end_with_their_role() {
    let world = world().await;
    let answer = world.call_as(&user("bob"), "AssumeRole", role("of-all")).await.unwrap();
    assert!(holder(&world, &answer["Credentials"]).await.is_some());
    world
        .set_up(&[
            ("DeleteRole", json!({"RoleName": "of-all"})),
            (
                "CreateRole",
                json!({"RoleName": "of-all", "AssumeRolePolicyDocument": trusts("123456789012")}),
            ),
        ])
        .await;
    assert!(holder(&world, &answer["Credentials"]).await.is_none());
}

#[tokio::test]
async fn session_policies_narrow() {
    let world = world().await;
    let mut narrowed = role("of-eve");
    narrowed["Policy"] = json!(statement("Allow", "s3:GetObject", "*"));
    narrowed["PolicyArns"] = json!([{"arn": "arn:aws:iam::aws:policy/AmazonSQSFullAccess"}]);
    let answer = world.call_as(&user("eve"), "AssumeRole", narrowed).await.unwrap();
    let session = holder(&world, &answer["Credentials"]).await.unwrap();
    for (action, allowed) in
        [("s3:GetObject", true), ("s3:PutObject", false), ("sqs:SendMessage", false)]
    {
        let access = Access {
            principal: &session,
            action,
            resource: "*",
            context: vec![],
            resource_policy: None,
        };
        let answer = world.iam.authorise(&access).await;
        assert_eq!(answer.is_ok(), allowed, "{action}");
        if action == "s3:PutObject" {
            assert_eq!(
                answer.unwrap_err().message,
                format!(
                    "User: arn:aws:sts::{ACCOUNT}:assumed-role/of-eve/s1 is not authorized to perform: s3:PutObject on resource: * because no session policy allows the s3:PutObject action"
                )
            );
        }
    }
}

#[tokio::test]
async fn external_id() {
    let world = world().await;
    let trust = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole",
        "Principal": {"AWS": "arn:aws:iam::123456789012:user/eve"}, "Condition": {"StringEquals": {"sts:ExternalId": "secret"}}}]});
    world
        .set_up(&[(
            "CreateRole",
            json!({"RoleName": "x", "AssumeRolePolicyDocument": trust.to_string()}),
        )])
        .await;
    for (id, allowed) in [(None, false), (Some("wrong"), false), (Some("secret"), true)] {
        let mut input = role("x");
        if let Some(id) = id {
            input["ExternalId"] = json!(id);
        }
        assert_eq!(
            world.call_as(&user("eve"), "AssumeRole", input).await.is_ok(),
            allowed,
            "{id:?}"
        );
    }
}

#[tokio::test]
async fn durations_and_what_is_missing() {
    let world = world().await;
    let session = Principal::role(ACCOUNT, "of-all", "s");
    world.set_up(&[
        ("PutRolePolicy", json!({"RoleName": "of-all", "PolicyName": "p", "PolicyDocument": statement("Allow", "*", "*")})),
        ("CreateRole", json!({"RoleName": "long", "AssumeRolePolicyDocument": trusts("123456789012"), "MaxSessionDuration": 43200})),
    ]).await;
    let with = |name: &str, more: Value| {
        let mut input = role(name);
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        input
    };
    for (who, input, code) in [
        (user("eve"), with("of-eve", json!({"DurationSeconds": 7200})), ""),
        (user("eve"), with("of-eve", json!({"DurationSeconds": 7201})), "ValidationError"),
        (user("eve"), with("of-eve", json!({"DurationSeconds": 60})), "ValidationError"),
        (session.clone(), with("long", json!({"DurationSeconds": 3600})), ""),
        (session.clone(), with("long", json!({"DurationSeconds": 3601})), "ValidationError"),
        (
            user("eve"),
            with("of-eve", json!({"RoleArn": "nothing-valid-in-here"})),
            "ValidationError",
        ),
        (user("eve"), with("of-eve", json!({"Policy": "{"})), "MalformedPolicyDocument"),
        (user("eve"), with("of-eve", json!({"SourceIdentity": "me"})), "NotImplemented"),
        (user("eve"), with("of-eve", json!({"TokenCode": "123456"})), "AccessDenied"),
    ] {
        let answer = world.call_as(&who, "AssumeRole", input.clone()).await;
        let found = answer.err().map(|error| error.code).unwrap_or_default();
        assert_eq!(found, code, "{input}");
    }
}

#[tokio::test]
async fn session_tokens_and_job_credentials() {
    let world = world().await;
    let answer = world.call_as(&user("eve"), "GetSessionToken", json!({})).await.unwrap();
    assert_eq!(answer["Credentials"]["Expiration"], START_MS / 1000 + 43_200);
    assert_eq!(holder(&world, &answer["Credentials"]).await.unwrap().arn, user("eve").arn);
    let session = Principal::role(ACCOUNT, "of-eve", "job-1");
    let refused = world.call_as(&session, "GetSessionToken", json!({})).await.unwrap_err();
    assert_eq!(refused.message, "Cannot call GetSessionToken with session credentials");

    let variables = world.iam.credentials(&session, 432_000).await.unwrap();
    let names: Vec<&str> = variables.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"]);
    let later = world.restarted();
    later.advance(431_999);
    let found =
        later.iam.credential(&variables[0].1, Some(&variables[2].1)).await.unwrap().unwrap();
    assert_eq!((found.principal.arn, found.secret), (session.arn, variables[1].1.clone()));
}
