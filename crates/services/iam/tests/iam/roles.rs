//! Roles, their policies, tags and instance profiles.

use crate::world::{Expect, check, statement, trusts_service};
use serde_json::json;

const MANAGED: &str = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole";

#[tokio::test]
async fn life_of_a_role() {
    let trust = trusts_service("states.amazonaws.com");
    let encoded = "%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%5B%7B%22Effect%22%3A%22Allow%22%2C%22Principal%22%3A%7B%22Service%22%3A%22states.amazonaws.com%22%7D%2C%22Action%22%3A%22sts%3AAssumeRole%22%7D%5D%7D";
    check(vec![
        ("GetRole", json!({"RoleName": "run"}),
         Expect::Error("NoSuchEntity", 404, "The role with name run cannot be found.")),
        ("CreateRole", json!({"RoleName": "run", "Path": "/team/", "AssumeRolePolicyDocument": trust,
            "Description": "runs", "Tags": [{"Key": "owner", "Value": "eve"}]}),
         Expect::Output(json!({"Role": {"RoleName": "run", "Path": "/team/", "Arn": "arn:aws:iam::123456789012:role/team/run", "CreateDate": 1_767_225_600,
            "AssumeRolePolicyDocument": encoded,
            "Tags": [{"Key": "owner", "Value": "eve"}]}}))),
        ("CreateRole", json!({"RoleName": "RUN", "AssumeRolePolicyDocument": trust}),
         Expect::Error("EntityAlreadyExists", 409, "Role with name RUN already exists.")),
        ("UpdateRole", json!({"RoleName": "run", "MaxSessionDuration": 7200, "Description": "x"}),
         Expect::Output(json!({}))),
        ("UpdateAssumeRolePolicy", json!({"RoleName": "run", "PolicyDocument": trusts_service("events.amazonaws.com")}),
         Expect::Output(json!({}))),
        ("TagRole", json!({"RoleName": "run", "Tags": [{"Key": "OWNER", "Value": "bob"}, {"Key": "b", "Value": ""}]}),
         Expect::Output(json!({}))),
        ("UntagRole", json!({"RoleName": "run", "TagKeys": ["b", "none"]}), Expect::Output(json!({}))),
        ("ListRoleTags", json!({"RoleName": "run"}),
         Expect::Output(json!({"Tags": [{"Key": "OWNER", "Value": "bob"}], "IsTruncated": false}))),
        ("TagRole", json!({"RoleName": "run", "Tags": [{"Key": "a", "Value": "1"}, {"Key": "A", "Value": "2"}]}),
         Expect::Error("InvalidInput", 400, "Duplicate tag keys found. Please note that Tag keys are case insensitive.")),
        ("PutRolePermissionsBoundary", json!({"RoleName": "run", "PermissionsBoundary": "arn:aws:iam::aws:policy/PowerUserAccess"}),
         Expect::Output(json!({}))),
        ("GetRole", json!({"RoleName": "run"}),
         Expect::Output(json!({"Role": {"MaxSessionDuration": 7200, "Description": "x", "PermissionsBoundary": {
            "PermissionsBoundaryType": "Policy",
            "PermissionsBoundaryArn": "arn:aws:iam::aws:policy/PowerUserAccess"}}}))),
        ("DeleteRolePermissionsBoundary", json!({"RoleName": "run"}), Expect::Output(json!({}))),
        ("ListRoles", json!({"PathPrefix": "/team/"}), Expect::Output(json!({"Roles": [{"RoleName": "run"}]}))),
        ("ListRoles", json!({"PathPrefix": "/other/"}), Expect::Output(json!({"Roles": []}))),
        ("DeleteRole", json!({"RoleName": "run"}), Expect::Output(json!({}))),
        ("DeleteRole", json!({"RoleName": "run"}),
         Expect::Error("NoSuchEntity", 404, "The role with name run cannot be found.")),
    ])
    .await;
}

#[tokio::test]
async fn policies_of_a_role() {
    let trust = trusts_service("lambda.amazonaws.com");
    let policy = statement("Allow", "s3:GetObject", "arn:aws:s3:::data/*");
    let long =
        statement("Allow", "s3:GetObject", &format!("arn:aws:s3:::data/{}", "x".repeat(10_240)));
    check(vec![
        ("CreateRole", json!({"RoleName": "r", "AssumeRolePolicyDocument": trust}), Expect::Output(json!({}))),
        ("PutRolePolicy", json!({"RoleName": "r", "PolicyName": "read", "PolicyDocument": policy}), Expect::Output(json!({}))),
        ("PutRolePolicy", json!({"RoleName": "r", "PolicyName": "long", "PolicyDocument": long}),
         Expect::Error("LimitExceeded", 409, "Maximum policy size of 10240 bytes exceeded for role r")),
        ("PutRolePolicy", json!({"RoleName": "q", "PolicyName": "read", "PolicyDocument": policy}),
         Expect::Error("NoSuchEntity", 404, "The role with name q cannot be found.")),
        ("GetRolePolicy", json!({"RoleName": "r", "PolicyName": "read"}),
         Expect::Output(json!({"RoleName": "r", "PolicyName": "read"}))),
        ("GetRolePolicy", json!({"RoleName": "r", "PolicyName": "write"}),
         Expect::Error("NoSuchEntity", 404, "The role policy with name write cannot be found.")),
        ("ListRolePolicies", json!({"RoleName": "r"}), Expect::Output(json!({"PolicyNames": ["read"], "IsTruncated": false}))),
        ("AttachRolePolicy", json!({"RoleName": "r", "PolicyArn": MANAGED}), Expect::Output(json!({}))),
        ("AttachRolePolicy", json!({"RoleName": "r", "PolicyArn": MANAGED}), Expect::Output(json!({}))),
        ("AttachRolePolicy", json!({"RoleName": "r", "PolicyArn": "arn:aws:iam::123456789012:policy/no"}),
         Expect::Error("NoSuchEntity", 404, "Policy arn:aws:iam::123456789012:policy/no does not exist or is not attachable.")),
        ("AttachRolePolicy", json!({"RoleName": "r", "PolicyArn": "arn:aws:iam::aws:policy/AmazonBraketFullAccess"}),
         Expect::Error("NoSuchEntity", 404, "Policy arn:aws:iam::aws:policy/AmazonBraketFullAccess does not exist or is not attachable. (refit carries only some of the policies that AWS manages: see ListPolicies with Scope AWS)")),
        ("ListAttachedRolePolicies", json!({"RoleName": "r"}),
         Expect::Output(json!({"AttachedPolicies": [{"PolicyName": "AWSLambdaBasicExecutionRole", "PolicyArn": MANAGED}]}))),
        ("ListAttachedRolePolicies", json!({"RoleName": "r", "PathPrefix": "/x/"}),
         Expect::Output(json!({"AttachedPolicies": []}))),
        ("DeleteRole", json!({"RoleName": "r"}),
         Expect::Error("DeleteConflict", 409, "Cannot delete entity, must detach all policies first.")),
        ("DetachRolePolicy", json!({"RoleName": "r", "PolicyArn": MANAGED}), Expect::Output(json!({}))),
        ("DetachRolePolicy", json!({"RoleName": "r", "PolicyArn": MANAGED}),
         Expect::Error("NoSuchEntity", 404, "Policy arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole was not found.")),
        ("DeleteRole", json!({"RoleName": "r"}),
         Expect::Error("DeleteConflict", 409, "Cannot delete entity, must delete policies first.")),
        ("DeleteRolePolicy", json!({"RoleName": "r", "PolicyName": "read"}), Expect::Output(json!({}))),
        ("DeleteRole", json!({"RoleName": "r"}), Expect::Output(json!({}))),
    ])
    .await;
}

#[tokio::test]
async fn instance_profiles() {
    let trust = trusts_service("ec2.amazonaws.com");
    check(vec![
        ("CreateRole", json!({"RoleName": "Web", "AssumeRolePolicyDocument": trust}), Expect::Output(json!({}))),
        ("ListInstanceProfilesForRole", json!({"RoleName": "Web"}),
         Expect::Output(json!({"InstanceProfiles": [], "IsTruncated": false}))),
        ("CreateInstanceProfile", json!({"InstanceProfileName": "p"}),
         Expect::Output(json!({"InstanceProfile": {"Arn": "arn:aws:iam::123456789012:instance-profile/p", "Roles": []}}))),
        ("CreateInstanceProfile", json!({"InstanceProfileName": "p"}),
         Expect::Error("EntityAlreadyExists", 409, "Instance Profile p already exists.")),
        ("AddRoleToInstanceProfile", json!({"InstanceProfileName": "p", "RoleName": "Web"}), Expect::Output(json!({}))),
        ("AddRoleToInstanceProfile", json!({"InstanceProfileName": "p", "RoleName": "Web"}),
         Expect::Error("LimitExceeded", 409, "Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1")),
        ("ListInstanceProfilesForRole", json!({"RoleName": "Web"}),
         Expect::Output(json!({"InstanceProfiles": [{"InstanceProfileName": "p", "Roles": [{"RoleName": "Web"}]}]}))),
        ("DeleteRole", json!({"RoleName": "Web"}),
         Expect::Error("DeleteConflict", 409, "Cannot delete entity, must remove roles from instance profile first.")),
        ("DeleteInstanceProfile", json!({"InstanceProfileName": "p"}),
         Expect::Error("DeleteConflict", 409, "Cannot delete entity, must remove roles from instance profile first.")),
        ("RemoveRoleFromInstanceProfile", json!({"InstanceProfileName": "p", "RoleName": "Web"}), Expect::Output(json!({}))),
        ("DeleteInstanceProfile", json!({"InstanceProfileName": "p"}), Expect::Output(json!({}))),
        ("GetInstanceProfile", json!({"InstanceProfileName": "p"}),
         Expect::Error("NoSuchEntity", 404, "Instance Profile p cannot be found.")),
        ("DeleteRole", json!({"RoleName": "Web"}), Expect::Output(json!({}))),
    ])
    .await;
}

#[tokio::test]
async fn what_cannot_be_attached() {
    let trust = trusts_service("lambda.amazonaws.com");
    let missing = "arn:aws:iam::123456789012:policy/no";
    let no_policy = "arn:aws:iam::123456789012:not_a_policy/invalid";
    check(vec![
        ("CreateRole", json!({"RoleName": "r", "AssumeRolePolicyDocument": trust}), Expect::Output(json!({}))),
        ("AttachRolePolicy", json!({"RoleName": "r", "PolicyArn": "longpolicynamebutnoarn"}),
         Expect::Error("ValidationError", 400, "ARN longpolicynamebutnoarn is not valid.")),
        ("PutRolePermissionsBoundary", json!({"RoleName": "r", "PermissionsBoundary": no_policy}),
         Expect::Error("InvalidInput", 400, "ARN arn:aws:iam::123456789012:not_a_policy/invalid is not valid.")),
        ("PutRolePermissionsBoundary", json!({"RoleName": "r", "PermissionsBoundary": missing}),
         Expect::Error("NoSuchEntity", 404, "Scope ARN: arn:aws:iam::123456789012:policy/no does not exist or is not attachable.")),
        ("CreateRole", json!({"RoleName": "q", "AssumeRolePolicyDocument": trust, "PermissionsBoundary": missing}),
         Expect::Error("NoSuchEntity", 404, "Scope ARN: arn:aws:iam::123456789012:policy/no does not exist or is not attachable.")),
        ("GetPolicyVersion", json!({"PolicyArn": missing, "VersionId": "v1"}),
         Expect::Error("NoSuchEntity", 404, "Policy arn:aws:iam::123456789012:policy/no version v1 does not exist or is not attachable.")),
        ("SetDefaultPolicyVersion", json!({"PolicyArn": missing, "VersionId": "v1"}),
         Expect::Error("NoSuchEntity", 404, "Policy arn:aws:iam::123456789012:policy/no version v1 does not exist or is not attachable.")),
        ("TagPolicy", json!({"PolicyArn": missing, "Tags": [{"Key": "a", "Value": "1"}]}),
         Expect::Error("NoSuchEntity", 404, "Policy arn:aws:iam::123456789012:policy/no was not found.")),
        ("CreateInstanceProfile", json!({"InstanceProfileName": "i"}), Expect::Output(json!({}))),
        ("RemoveRoleFromInstanceProfile", json!({"InstanceProfileName": "i", "RoleName": "r"}),
         Expect::Error("NoSuchEntity", 404, "Role r in Instance Profile i cannot be found.")),
        ("GetInstanceProfile", json!({"InstanceProfileName": "i"}),
         Expect::Output(json!({"InstanceProfile": {"Roles": [], "Tags": []}}))),
    ])
    .await;
}
