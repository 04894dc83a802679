//! The policy simulator.

use crate::world::{World, holds, statement, trusts_service};
use serde_json::json;

#[tokio::test]
async fn of_a_role() {
    let world = World::new();
    world.set_up(&[
        ("CreateRole", json!({"RoleName": "r", "AssumeRolePolicyDocument": trusts_service("sagemaker.amazonaws.com")})),
        ("PutRolePolicy", json!({"RoleName": "r", "PolicyName": "in", "PolicyDocument": statement("Allow", "s3:Get*", "arn:aws:s3:::b/*")})),
        ("PutRolePolicy", json!({"RoleName": "r", "PolicyName": "no", "PolicyDocument": statement("Deny", "s3:GetObjectAcl", "*")})),
        ("AttachRolePolicy", json!({"RoleName": "r", "PolicyArn": "arn:aws:iam::aws:policy/AmazonSQSFullAccess"})),
    ]).await;
    let source = "arn:aws:iam::123456789012:role/r";
    let answer = world.call("SimulatePrincipalPolicy", json!({"PolicySourceArn": source,
        "ActionNames": ["s3:GetObject", "s3:GetObjectAcl", "s3:PutObject", "sqs:SendMessage"], "ResourceArns": ["arn:aws:s3:::b/k"]})).await.unwrap();
    let wanted = json!({"IsTruncated": false, "EvaluationResults": [
        {"EvalActionName": "s3:GetObject", "EvalDecision": "allowed", "EvalResourceName": "arn:aws:s3:::b/k",
         "MatchedStatements": [{"SourcePolicyId": "in", "SourcePolicyType": "role"}]},
        {"EvalActionName": "s3:GetObjectAcl", "EvalDecision": "explicitDeny",
         "MatchedStatements": [{"SourcePolicyId": "no", "SourcePolicyType": "role"}]},
        {"EvalActionName": "s3:PutObject", "EvalDecision": "implicitDeny", "MatchedStatements": []},
        {"EvalActionName": "sqs:SendMessage", "EvalDecision": "allowed",
         "MatchedStatements": [{"SourcePolicyId": "AmazonSQSFullAccess", "SourcePolicyType": "aws-managed"}]}]});
    assert!(holds(&answer, &wanted), "{answer}");

    let mut input = json!({"PolicySourceArn": source, "ActionNames": ["s3:GetObject", "s3:PutObject"],
        "ResourceArns": ["arn:aws:s3:::b/1", "arn:aws:s3:::c/1"], "MaxItems": 3});
    let first = world.call("SimulatePrincipalPolicy", input.clone()).await.unwrap();
    assert_eq!(first["EvaluationResults"].as_array().unwrap().len(), 3);
    input["Marker"] = first["Marker"].clone();
    let second = world.call("SimulatePrincipalPolicy", input).await.unwrap();
    assert_eq!(second["EvaluationResults"][0]["EvalResourceName"], "arn:aws:s3:::c/1");
    assert_eq!(second["IsTruncated"], false);

    let missing = json!({"PolicySourceArn": "arn:aws:iam::123456789012:role/gone", "ActionNames": ["s3:GetObject"]});
    let error = world.call("SimulatePrincipalPolicy", missing).await.unwrap_err();
    assert_eq!(error.message, "The role with name gone cannot be found.");
}

#[tokio::test]
async fn of_given_policies() {
    let world = World::new();
    let conditional = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*",
        "Condition": {"StringEquals": {"s3:prefix": "home"}}}]}).to_string();
    let entry = json!([{"ContextKeyName": "s3:prefix", "ContextKeyValues": ["home"], "ContextKeyType": "string"}]);
    let boundary = statement("Allow", "sqs:*", "*");
    for (input, wanted) in [
        (
            json!({"PolicyInputList": [conditional], "ActionNames": ["s3:ListBucket"]}),
            json!({"EvalDecision": "implicitDeny"}),
        ),
        (
            json!({"PolicyInputList": [conditional], "ActionNames": ["s3:ListBucket"], "ContextEntries": entry}),
            json!({"EvalDecision": "allowed", "EvalResourceName": "*", "MatchedStatements": [{"SourcePolicyId": "PolicyInputList.1"}]}),
        ),
        (
            json!({"PolicyInputList": [conditional], "ActionNames": ["s3:ListBucket"], "ContextEntries": entry,
            "PermissionsBoundaryPolicyInputList": [boundary]}),
            json!({"EvalDecision": "implicitDeny", "PermissionsBoundaryDecisionDetail": {"AllowedByPermissionsBoundary": false}}),
        ),
    ] {
        let answer = world.call("SimulateCustomPolicy", input.clone()).await.unwrap();
        assert!(holds(&answer["EvaluationResults"][0], &wanted), "{input}\n{answer}");
    }
    let error = world
        .call(
            "SimulateCustomPolicy",
            json!({"PolicyInputList": ["{"], "ActionNames": ["s3:ListBucket"]}),
        )
        .await;
    assert_eq!(error.unwrap_err().code, "InvalidInput");
}

#[tokio::test]
async fn account_summary_counts() {
    let world = World::new();
    world.set_up(&[("CreateUser", json!({"UserName": "eve"}))]).await;
    let answer = world.call("GetAccountSummary", json!({})).await.unwrap();
    assert!(
        holds(
            &answer,
            &json!({"SummaryMap": {"Users": 1, "Roles": 0, "AttachedPoliciesPerRoleQuota": 10}})
        ),
        "{answer}"
    );
}
