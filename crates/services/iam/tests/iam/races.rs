//! Two operations that decide at the same time: what one relies on, the other cannot delete.

use crate::world::{World, statement, trusts_service};
use serde_json::{Value, json};
use store::{Batch, Store};

const POLICY: &str = "arn:aws:iam::123456789012:policy/p";

/// What an operation would commit.
async fn decided(world: &World, (operation, input): &(&str, Value)) -> Batch {
    let service = world.kit.service("iam").expect("IAM");
    let ctx = world.kit.platform_ctx("us-east-1");
    service.run(&ctx, operation, input.clone()).await.expect("a decision").batch
}

#[tokio::test]
async fn relying_and_deleting() {
    let document = statement("Allow", "s3:GetObject", "*");
    let trust = trusts_service("lambda.amazonaws.com");
    let stage = [
        ("CreateRole", json!({"RoleName": "r", "AssumeRolePolicyDocument": trust})),
        ("CreateUser", json!({"UserName": "u"})),
        ("CreateGroup", json!({"GroupName": "g"})),
        ("CreatePolicy", json!({"PolicyName": "p", "PolicyDocument": document})),
        ("CreateInstanceProfile", json!({"InstanceProfileName": "i"})),
    ];
    let pairs = [
        (
            ("AttachRolePolicy", json!({"RoleName": "r", "PolicyArn": POLICY})),
            ("DeletePolicy", json!({"PolicyArn": POLICY})),
        ),
        (
            ("PutUserPermissionsBoundary", json!({"UserName": "u", "PermissionsBoundary": POLICY})),
            ("DeletePolicy", json!({"PolicyArn": POLICY})),
        ),
        (
            ("AddUserToGroup", json!({"UserName": "u", "GroupName": "g"})),
            ("DeleteGroup", json!({"GroupName": "g"})),
        ),
        (
            ("AddRoleToInstanceProfile", json!({"RoleName": "r", "InstanceProfileName": "i"})),
            ("DeleteRole", json!({"RoleName": "r"})),
        ),
        (
            ("CreateAccessKey", json!({"UserName": "u"})),
            ("UpdateUser", json!({"UserName": "u", "NewUserName": "w"})),
        ),
        (("CreateAccessKey", json!({"UserName": "u"})), ("DeleteUser", json!({"UserName": "u"}))),
        (
            (
                "PutRolePolicy",
                json!({"RoleName": "r", "PolicyName": "a", "PolicyDocument": document}),
            ),
            (
                "PutRolePolicy",
                json!({"RoleName": "r", "PolicyName": "b", "PolicyDocument": document}),
            ),
        ),
    ];
    for (one, other) in pairs {
        for (first, second) in [(&one, &other), (&other, &one)] {
            let world = World::new();
            world.set_up(&stage).await;
            let batches = (decided(&world, first).await, decided(&world, second).await);
            world.store.commit(batches.0).await.unwrap();
            let late = world.store.commit(batches.1).await;
            let conflict = matches!(late, Err(store::Error::Conflict { .. }));
            assert!(conflict, "{} then {}: {late:?}", first.0, second.0);
        }
    }
}
