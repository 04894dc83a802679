//! Managed policies and their versions.

use crate::world::{Expect, check, statement, trusts_service};
use serde_json::{Value, json};

const ARN: &str = "arn:aws:iam::123456789012:policy/team/p";

fn version(number: u32, is_default: bool) -> Value {
    json!({"VersionId": format!("v{number}"), "IsDefaultVersion": is_default})
}

#[tokio::test]
async fn versions() {
    let document = statement("Allow", "s3:GetObject", "*");
    let add = |default: bool| json!({"PolicyArn": ARN, "PolicyDocument": document, "SetAsDefault": default});
    check(vec![
        ("CreatePolicy", json!({"PolicyName": "p", "Path": "/team/", "PolicyDocument": document, "Description": "d"}),
         Expect::Output(json!({"Policy": {"Arn": ARN, "DefaultVersionId": "v1", "AttachmentCount": 0, "IsAttachable": true}}))),
        ("CreatePolicy", json!({"PolicyName": "P", "PolicyDocument": document}),
         Expect::Error("EntityAlreadyExists", 409, "A policy called P already exists. Duplicate names are not allowed.")),
        ("CreatePolicyVersion", add(true), Expect::Output(json!({"PolicyVersion": version(2, true)}))),
        ("CreatePolicyVersion", add(false), Expect::Output(json!({"PolicyVersion": version(3, false)}))),
        ("CreatePolicyVersion", add(false), Expect::Output(json!({"PolicyVersion": version(4, false)}))),
        ("CreatePolicyVersion", add(false), Expect::Output(json!({"PolicyVersion": version(5, false)}))),
        ("CreatePolicyVersion", add(false),
         Expect::Error("LimitExceeded", 409, "A managed policy can have up to 5 versions. Before you create a new version, you must delete an existing version.")),
        ("DeletePolicyVersion", json!({"PolicyArn": ARN, "VersionId": "v2"}),
         Expect::Error("DeleteConflict", 409, "Cannot delete the default version of a policy.")),
        ("DeletePolicyVersion", json!({"PolicyArn": ARN, "VersionId": "v5"}), Expect::Output(json!({}))),
        ("CreatePolicyVersion", add(false), Expect::Output(json!({"PolicyVersion": version(6, false)}))),
        ("SetDefaultPolicyVersion", json!({"PolicyArn": ARN, "VersionId": "v3"}), Expect::Output(json!({}))),
        ("ListPolicyVersions", json!({"PolicyArn": ARN}), Expect::Output(json!({"Versions": [
            version(6, false), version(4, false), version(3, true), version(2, false), version(1, false)]}))),
        ("GetPolicyVersion", json!({"PolicyArn": ARN, "VersionId": "v9"}),
         Expect::Error("NoSuchEntity", 404, "Policy arn:aws:iam::123456789012:policy/team/p version v9 does not exist or is not attachable.")),
        ("GetPolicyVersion", json!({"PolicyArn": ARN, "VersionId": "v1"}),
         Expect::Output(json!({"PolicyVersion": {"VersionId": "v1", "Document": "%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%5B%7B%22Effect%22%3A%22Allow%22%2C%22Action%22%3A%22s3%3AGetObject%22%2C%22Resource%22%3A%22%2A%22%7D%5D%7D"}}))),
        ("DeletePolicy", json!({"PolicyArn": ARN}),
         Expect::Error("DeleteConflict", 409, "This policy has more than one version. Before you delete a policy, you must delete the policy's versions. The default version is deleted with the policy.")),
    ])
    .await;
}

#[tokio::test]
async fn uses() {
    let document = statement("Allow", "s3:GetObject", "*");
    let attach = |name: &str| json!({name: "one", "PolicyArn": ARN});
    check(vec![
        ("CreatePolicy", json!({"PolicyName": "p", "Path": "/team/", "PolicyDocument": document}), Expect::Output(json!({}))),
        ("CreateRole", json!({"RoleName": "one", "AssumeRolePolicyDocument": trusts_service("lambda.amazonaws.com")}), Expect::Output(json!({}))),
        ("CreateRole", json!({"RoleName": "two", "PermissionsBoundary": ARN,
            "AssumeRolePolicyDocument": trusts_service("lambda.amazonaws.com")}), Expect::Output(json!({}))),
        ("CreateUser", json!({"UserName": "one"}), Expect::Output(json!({}))),
        ("CreateGroup", json!({"GroupName": "one"}), Expect::Output(json!({}))),
        ("AttachRolePolicy", attach("RoleName"), Expect::Output(json!({}))),
        ("AttachUserPolicy", attach("UserName"), Expect::Output(json!({}))),
        ("AttachGroupPolicy", attach("GroupName"), Expect::Output(json!({}))),
        ("GetPolicy", json!({"PolicyArn": ARN}),
         Expect::Output(json!({"Policy": {"AttachmentCount": 3, "PermissionsBoundaryUsageCount": 1}}))),
        ("ListEntitiesForPolicy", json!({"PolicyArn": ARN}),
         Expect::Output(json!({"PolicyRoles": [{"RoleName": "one"}, {"RoleName": "two"}],
            "PolicyUsers": [{"UserName": "one"}], "PolicyGroups": [{"GroupName": "one"}], "IsTruncated": false}))),
        ("ListEntitiesForPolicy", json!({"PolicyArn": ARN, "EntityFilter": "Role", "PolicyUsageFilter": "PermissionsBoundary"}),
         Expect::Output(json!({"PolicyRoles": [{"RoleName": "two"}], "PolicyUsers": [], "PolicyGroups": []}))),
        ("DeletePolicy", json!({"PolicyArn": ARN}),
         Expect::Error("DeleteConflict", 409, "Cannot delete a policy attached to entities.")),
        ("ListPolicies", json!({"Scope": "Local", "OnlyAttached": true}),
         Expect::Output(json!({"Policies": [{"PolicyName": "p", "AttachmentCount": 3}]}))),
        ("DetachRolePolicy", attach("RoleName"), Expect::Output(json!({}))),
        ("DetachUserPolicy", attach("UserName"), Expect::Output(json!({}))),
        ("DetachGroupPolicy", attach("GroupName"), Expect::Output(json!({}))),
        ("DeletePolicy", json!({"PolicyArn": ARN}),
         Expect::Error("DeleteConflict", 409, "Cannot delete a policy used as a permissions boundary.")),
        ("DeleteRole", json!({"RoleName": "two"}), Expect::Output(json!({}))),
        ("DeletePolicy", json!({"PolicyArn": ARN}), Expect::Output(json!({}))),
        ("GetPolicy", json!({"PolicyArn": ARN}),
         Expect::Error("NoSuchEntity", 404, "Policy arn:aws:iam::123456789012:policy/team/p was not found.")),
    ])
    .await;
}

#[tokio::test]
async fn policies_of_aws() {
    let arn = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess";
    check(vec![
        ("GetPolicy", json!({"PolicyArn": arn}), Expect::Output(json!({"Policy": {
            "PolicyName": "AmazonS3ReadOnlyAccess", "Path": "/", "DefaultVersionId": "v3", "AttachmentCount": 0}}))),
        ("GetPolicyVersion", json!({"PolicyArn": arn, "VersionId": "v3"}),
         Expect::Output(json!({"PolicyVersion": {"IsDefaultVersion": true}}))),
        ("DeletePolicy", json!({"PolicyArn": arn}),
         Expect::Error("AccessDenied", 403, "Policy arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess is managed by AWS and cannot be changed.")),
    ])
    .await;
}

#[tokio::test]
async fn those_of_the_recipe_are_carried() {
    let world = crate::world::World::new();
    for name in [
        "service-role/AWSLambdaRole",
        "service-role/AWSLambdaBasicExecutionRole",
        "AmazonSageMakerFullAccess",
        "AWSStepFunctionsFullAccess",
        "AmazonS3FullAccess",
        "AmazonS3ReadOnlyAccess",
        "CloudWatchLogsFullAccess",
        "AmazonEventBridgeFullAccess",
        "AmazonSNSFullAccess",
        "AmazonSQSFullAccess",
        "AWSLambda_FullAccess",
        "AdministratorAccess",
        "PowerUserAccess",
        "IAMFullAccess",
        "ReadOnlyAccess",
        "CloudWatchEventsFullAccess",
    ] {
        let arn = format!("arn:aws:iam::aws:policy/{name}");
        let policy = world.call("GetPolicy", json!({"PolicyArn": arn})).await.unwrap();
        let version = policy["Policy"]["DefaultVersionId"].clone();
        world
            .call("GetPolicyVersion", json!({"PolicyArn": arn, "VersionId": version}))
            .await
            .unwrap();
        let role = name.rsplit('/').next().unwrap();
        let trust = trusts_service("lambda.amazonaws.com");
        world
            .set_up(&[
                ("CreateRole", json!({"RoleName": role, "AssumeRolePolicyDocument": trust})),
                ("AttachRolePolicy", json!({"RoleName": role, "PolicyArn": arn})),
            ])
            .await;
        // Every document can be evaluated.
        let source = format!("arn:aws:iam::123456789012:role/{role}");
        let question = json!({"PolicySourceArn": source, "ActionNames": ["s3:GetObject"]});
        world.call("SimulatePrincipalPolicy", question).await.unwrap();
    }
}

#[tokio::test]
async fn tags_tell_case_apart() {
    let document = statement("Allow", "s3:GetObject", "*");
    let tag = |key: &str, value: &str| json!({"Key": key, "Value": value});
    check(vec![
        ("CreatePolicy", json!({"PolicyName": "p", "Path": "/team/", "PolicyDocument": document, "Tags": [tag("a", "1"), tag("A", "2")]}),
         Expect::Output(json!({"Policy": {"Arn": ARN}}))),
        ("ListPolicyTags", json!({"PolicyArn": ARN}), Expect::Output(json!({"Tags": [tag("A", "2"), tag("a", "1")]}))),
        ("UntagPolicy", json!({"PolicyArn": ARN, "TagKeys": ["a"]}), Expect::Output(json!({}))),
        ("GetPolicy", json!({"PolicyArn": ARN}), Expect::Output(json!({"Policy": {"Tags": [tag("A", "2")]}}))),
        ("TagPolicy", json!({"PolicyArn": ARN, "Tags": [tag("a", "1"), tag("a", "2")]}),
         Expect::Error("InvalidInput", 400, "Duplicate tag keys found.")),
    ])
    .await;
}
