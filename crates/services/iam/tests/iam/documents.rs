//! What AWS refuses as a policy, and how it says so.

use crate::world::{World, trusts_service};
use serde_json::json;

/// One statement with everything but what the case adds.
fn with(members: &str) -> String {
    format!(r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow",{members}}}]}}"#)
}

#[tokio::test]
async fn identity_policies() {
    let world = World::new();
    let cases: Vec<(String, &str)> = vec![
        (with(r#""Action":"s3:GetObject","Resource":"*""#), ""),
        (with(r#""NotAction":["iam:*"],"NotResource":["arn:aws:s3:::b/*"]"#), ""),
        (with(r#""Action":"*","Resource":"arn:aws:lambda:*""#), ""),
        (with(r#""Action":"s3:*","Resource":"*","Condition":{"StringLike":{"s3:prefix":["a",true,1]}}"#), ""),
        ("{".to_owned(), "Syntax errors in policy."),
        ("[]".to_owned(), "Syntax errors in policy."),
        (r#"{"Version":"2012-10-17","Statement":[]}"#.to_owned(), "Syntax errors in policy."),
        (r#"{"Version":"2012-10-17","Statement":7}"#.to_owned(), "Syntax errors in policy."),
        (r#"{"Version":"2021-01-01","Statement":[]}"#.to_owned(), "Syntax errors in policy."),
        (with(r#""Action":"s3:GetObject","Resource":"*","Extra":1"#), "Syntax errors in policy."),
        (with(r#""Action":7,"Resource":"*""#), "Syntax errors in policy."),
        (with(r#""Action":"s3:*","NotAction":"s3:*","Resource":"*""#), "Syntax errors in policy."),
        (with(r#""Action":"s3:*","Resource":"*""#).replace("Allow", "allow"), "The policy failed legacy parsing"),
        (with(r#""Action":"s3:*","Resource":"*""#).replace("2012", "2008"),
         "Policy document must be version 2012-10-17 or greater."),
        (with(r#""Action":"s3:*","Resource":"*","Principal":"*""#), "Policy document should not specify a principal."),
        (with(r#""Resource":"*""#), "Policy statement must contain actions."),
        (with(r#""Action":"s3:*""#), "Policy statement must contain resources."),
        (with(r#""Action":[],"Resource":"*""#), "Policy statement must contain actions."),
        (with(r#""Action":"GetObject","Resource":"*""#),
         "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."),
        (with(r#""Action":"s3:Get:Object","Resource":"*""#), "Actions/Condition can contain only one colon."),
        (with(r#""Action":"s_3:Get","Resource":"*""#), "Vendor s_3 is not valid"),
        (with(r#""Action":"s3:*","Resource":"bucket""#), "Resource bucket must be in ARN format or \"*\"."),
        (with(r#""Action":"s3:*","Resource":"arn:awz:s3:::b""#),
         "Partition \"awz\" is not valid for resource \"arn:awz:s3:::b\"."),
        (with(r#""Action":"s3:*","Resource":"arn:aws""#),
         "Resource vendor must be fully qualified and cannot contain regexes."),
        (with(r#""Action":"s3:*","Resource":"arn:aws:s3::b""#), "The policy failed legacy parsing"),
        (
            with(r#""Action":"s3:*","Resource":"arn:aws:s3:us-east-1::b""#),
            "Resource arn:aws:s3:us-east-1::b can not contain region information.",
        ),
        (
            with(r#""Action":"s3:*","Resource":"arn:s3:::bucket""#),
            "Partition \"s3\" is not valid for resource \"arn:s3:::bucket:*\".",
        ),
        (
            with(r#""Action":"iam:*","Resource":"arn:aws:iam::1:thing/x""#),
            "IAM resource path must either be \"*\" or start with user/, federated-user/, role/, group/, instance-profile/, mfa/, server-certificate/, policy/, sms-mfa/, saml-provider/, oidc-provider/, report/, access-report/.",
        ),
        (r#"{"Version":"2012-10-17","Statement":[{"Sid":"a","Effect":"Allow","Action":"s3:*","Resource":"*"},
            {"Sid":"a","Effect":"Allow","Action":"s3:*","Resource":"*"}]}"#.to_owned(),
         "Statement IDs (SID) in a single policy must be unique."),
        (with(r#""Sid":"a b","Action":"s3:*","Resource":"*""#),
         "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression [0-9A-Za-z]*"),
        (with(r#""Action":"s3:*","Resource":"*","Condition":{"Likes":{"a":"b"}}"#), "Syntax errors in policy."),
    ];
    for (number, (document, message)) in cases.into_iter().enumerate() {
        let input = json!({"PolicyName": format!("p{number}"), "PolicyDocument": document});
        let answer = world.call("CreatePolicy", input).await;
        let found = answer.err().map(|error| (error.code, error.message));
        let wanted = Some(("MalformedPolicyDocument".to_owned(), message.to_owned()));
        assert_eq!(found, wanted.filter(|_| !message.is_empty()), "{document}");
    }
}

#[tokio::test]
async fn trust_policies() {
    let world = World::new();
    let trust = trusts_service("lambda.amazonaws.com");
    world
        .set_up(&[
            (
                "CreateRole",
                json!({"RoleName": "there", "Path": "/p/", "AssumeRolePolicyDocument": trust}),
            ),
            ("CreateUser", json!({"UserName": "eve"})),
        ])
        .await;
    let by =
        |principal: &str| with(&format!(r#""Action":"sts:AssumeRole","Principal":{principal}"#));
    let cases: Vec<(String, &str)> = vec![
        (by(r#"{"Service":["states.amazonaws.com","scheduler.amazonaws.com"]}"#), ""),
        (by(r#"{"AWS":"123456789012"}"#), ""),
        (by(r#"{"AWS":"*"}"#), ""),
        (
            by(
                r#"{"AWS":["arn:aws:iam::123456789012:root","arn:aws:iam::999999999999:role/other"]}"#,
            ),
            "",
        ),
        (by(r#"{"AWS":"arn:aws:iam::123456789012:role/p/there"}"#), ""),
        (by(r#"{"AWS":"arn:aws:iam::123456789012:user/eve"}"#), ""),
        (by(r#"{"AWS":"*"}"#).replace("2012", "2008"), ""),
        (
            by(r#"{"AWS":"arn:aws:iam::123456789012:role/gone"}"#),
            r#"Invalid principal in policy: "AWS":"arn:aws:iam::123456789012:role/gone""#,
        ),
        (
            by(r#"{"AWS":"arn:aws:iam::123456789012:user/bob"}"#),
            r#"Invalid principal in policy: "AWS":"arn:aws:iam::123456789012:user/bob""#,
        ),
        (by(r#"{"AWS":"eve"}"#), r#"Invalid principal in policy: "AWS":"eve""#),
        (by(r#"{"Service":"states"}"#), r#"Invalid principal in policy: "SERVICE":"states""#),
        (by(r#"{"Nobody":"x"}"#), "Syntax errors in policy."),
        (with(r#""Action":"sts:AssumeRole""#), "Missing required field Principal"),
        (
            with(r#""Action":"s3:GetObject","Principal":"*""#),
            "AssumeRole policy may only specify STS AssumeRole actions.",
        ),
        (
            with(r#""Action":"sts:AssumeRole","Principal":"*","Resource":"*""#),
            "Has prohibited field Resource",
        ),
        ("{".to_owned(), "This policy contains invalid Json"),
        (format!(" {}", by(r#"{"AWS":"*"}"#)), "JSON strings must not have leading spaces"),
    ];
    for (number, (document, message)) in cases.into_iter().enumerate() {
        let input = json!({"RoleName": format!("r{number}"), "AssumeRolePolicyDocument": document});
        let answer = world.call("CreateRole", input).await;
        let found = answer.err().map(|error| (error.code, error.message));
        let wanted = Some(("MalformedPolicyDocument".to_owned(), message.to_owned()));
        assert_eq!(found, wanted.filter(|_| !message.is_empty()), "{document}");
    }
}
