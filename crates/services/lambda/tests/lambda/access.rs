//! What IAM is asked, and the permissions of functions.

use crate::world::{ACCOUNT, World};
use serde_json::{Value, json};
use service::Principal;

#[tokio::test]
async fn however_a_function_is_named_iam_is_asked_about_it() {
    let world = World::new();
    world.python("secret", "").await;
    let arn = "arn:aws:lambda:us-east-1:123456789012:function:secret";
    for (name, qualifier, resource) in [
        ("secret", None, arn.to_owned()),
        ("secret:$LATEST", None, arn.to_owned()),
        ("secret", Some("$LATEST"), arn.to_owned()),
        ("123456789012:function:secret", None, arn.to_owned()),
        ("function:secret", None, arn.to_owned()),
        ("us-east-1:123456789012:secret", None, arn.to_owned()),
        (arn, None, arn.to_owned()),
        ("secret", Some("prod"), format!("{arn}:prod")),
        ("secret:prod", None, format!("{arn}:prod")),
    ] {
        let mut input = json!({"FunctionName": name, "InvocationType": "DryRun"});
        if let Some(qualifier) = qualifier {
            input["Qualifier"] = json!(qualifier);
        }
        let _answer = world.call("Invoke", input).await;
        let asked = world.door.asked.lock().unwrap().pop().unwrap();
        assert_eq!((asked.0.as_str(), asked.1), ("lambda:InvokeFunction", resource), "{name}");
    }
    world.call("ListTags", json!({"Resource": arn})).await.unwrap();
    assert_eq!(world.door.asked.lock().unwrap().pop().unwrap().1, arn);
    world.call("ListFunctions", json!({})).await.unwrap();
    assert_eq!(world.door.asked.lock().unwrap().pop().unwrap().1, "*");
}

fn statement(policy: &str) -> Value {
    let policy: Value = serde_json::from_str(policy).unwrap();
    policy["Statement"][0].clone()
}

#[tokio::test]
async fn permissions() {
    let world = World::new();
    world.python("f", "").await;
    let arn = "arn:aws:lambda:us-east-1:123456789012:function:f";
    let rule = "arn:aws:events:us-east-1:123456789012:rule/r";
    for (more, principal, condition) in [
        (
            json!({"Principal": "events.amazonaws.com", "SourceArn": rule}),
            json!({"Service": "events.amazonaws.com"}),
            json!({"ArnLike": {"AWS:SourceArn": rule}}),
        ),
        (
            json!({"Principal": "events.amazonaws.com"}),
            json!({"Service": "events.amazonaws.com"}),
            Value::Null,
        ),
        (
            json!({"Principal": "*", "PrincipalOrgID": "o-abcdefghij"}),
            json!("*"),
            json!({"StringEquals": {"aws:PrincipalOrgID": "o-abcdefghij"}}),
        ),
        (
            json!({"Principal": "210987654321"}),
            json!({"AWS": "arn:aws:iam::210987654321:root"}),
            Value::Null,
        ),
        (
            json!({"Principal": "s3.amazonaws.com", "SourceAccount": ACCOUNT, "SourceArn": "arn:aws:s3:::b"}),
            json!({"Service": "s3.amazonaws.com"}),
            json!({"ArnLike": {"AWS:SourceArn": "arn:aws:s3:::b"}, "StringEquals": {"AWS:SourceAccount": ACCOUNT}}),
        ),
        (
            json!({"Principal": "*", "FunctionUrlAuthType": "AWS_IAM", "EventSourceToken": "t"}),
            json!("*"),
            json!({"StringEquals": {"lambda:FunctionUrlAuthType": "AWS_IAM", "lambda:EventSourceToken": "t"}}),
        ),
    ] {
        let mut input =
            json!({"FunctionName": "f", "StatementId": "s", "Action": "lambda:InvokeFunction"});
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let answer = world.call("AddPermission", input.clone()).await.unwrap();
        let shown: Value = serde_json::from_str(answer["Statement"].as_str().unwrap()).unwrap();
        let error = world.call("AddPermission", input).await.unwrap_err();
        assert_eq!(error.code, "ResourceConflictException");
        let policy = world.call("GetPolicy", json!({"FunctionName": "f"})).await.unwrap();
        let kept = statement(policy["Policy"].as_str().unwrap());
        assert_eq!(kept, shown);
        assert_eq!((&kept["Principal"], kept["Condition"].clone()), (&principal, condition));
        assert_eq!((&kept["Resource"], &kept["Effect"]), (&json!(arn), &json!("Allow")));

        // A service's call is decided by exactly this policy, about the resource it acts for.
        let events = Principal::service(ACCOUNT, "events.amazonaws.com").on_behalf_of(rule);
        let call = json!({"FunctionName": arn, "InvocationType": "DryRun"});
        world.call_as(events, "Invoke", call).await.unwrap();
        let asked = world.door.asked.lock().unwrap().pop().unwrap();
        assert_eq!(asked.2.as_deref(), policy["Policy"].as_str());
        assert!(asked.3.contains(&("aws:SourceArn".to_owned(), vec![rule.to_owned()])));

        let remove = json!({"FunctionName": "f", "StatementId": "s"});
        let stale = json!({"FunctionName": "f", "StatementId": "s", "RevisionId": "x"});
        let error = world.call("RemovePermission", stale).await.unwrap_err();
        assert_eq!(error.code, "PreconditionFailedException");
        world.call("RemovePermission", remove.clone()).await.unwrap();
        let error = world.call("RemovePermission", remove).await.unwrap_err();
        assert_eq!(error.code, "ResourceNotFoundException");
        world.call("GetPolicy", json!({"FunctionName": "f"})).await.unwrap_err();
    }
}
