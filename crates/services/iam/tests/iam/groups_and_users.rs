//! Users, access keys, groups.

use crate::world::{ACCOUNT, Expect, World, check, statement};
use serde_json::json;
use service::{KeyStore, Principal};

#[tokio::test]
async fn users_and_groups() {
    let policy = statement("Allow", "s3:GetObject", "*");
    check(vec![
        ("CreateUser", json!({"UserName": "eve", "Path": "/people/"}),
         Expect::Output(json!({"User": {"UserName": "eve", "Arn": "arn:aws:iam::123456789012:user/people/eve"}}))),
        ("CreateUser", json!({"UserName": "Eve"}), Expect::Error("EntityAlreadyExists", 409, "User with name Eve already exists.")),
        ("CreateGroup", json!({"GroupName": "dev"}),
         Expect::Output(json!({"Group": {"Arn": "arn:aws:iam::123456789012:group/dev"}}))),
        ("AddUserToGroup", json!({"GroupName": "dev", "UserName": "eve"}), Expect::Output(json!({}))),
        ("AddUserToGroup", json!({"GroupName": "dev", "UserName": "bob"}),
         Expect::Error("NoSuchEntity", 404, "The user with name bob cannot be found.")),
        ("AddUserToGroup", json!({"GroupName": "ops", "UserName": "eve"}),
         Expect::Error("NoSuchEntity", 404, "The group with name ops cannot be found.")),
        ("GetGroup", json!({"GroupName": "dev"}), Expect::Output(json!({"Users": [{"UserName": "eve"}]}))),
        ("UpdateGroup", json!({"GroupName": "dev", "NewGroupName": "ops"}), Expect::Output(json!({}))),
        ("ListGroupsForUser", json!({"UserName": "eve"}), Expect::Output(json!({"Groups": [{"GroupName": "ops"}]}))),
        ("DeleteGroup", json!({"GroupName": "ops"}),
         Expect::Error("DeleteConflict", 409, "Cannot delete entity, must remove users from group first.")),
        ("PutUserPolicy", json!({"UserName": "eve", "PolicyName": "p", "PolicyDocument": policy}), Expect::Output(json!({}))),
        ("CreateAccessKey", json!({"UserName": "eve"}), Expect::Output(json!({"AccessKey": {"UserName": "eve", "Status": "Active"}}))),
        ("CreateAccessKey", json!({"UserName": "eve"}), Expect::Output(json!({}))),
        ("CreateAccessKey", json!({"UserName": "eve"}),
         Expect::Error("LimitExceeded", 409, "Cannot exceed quota for AccessKeysPerUser: 2")),
        ("CreateAccessKey", json!({}),
         Expect::Error("ValidationError", 400, "Must specify userName when calling with non-User credentials")),
        ("UpdateUser", json!({"UserName": "eve", "NewUserName": "EVE", "NewPath": "/"}), Expect::Output(json!({}))),
        ("UpdateUser", json!({"UserName": "EVE", "NewUserName": "ann"}), Expect::Output(json!({}))),
        ("GetGroup", json!({"GroupName": "ops"}), Expect::Output(json!({"Users": [{"UserName": "ann"}]}))),
        ("ListUserPolicies", json!({"UserName": "ann"}), Expect::Output(json!({"PolicyNames": ["p"]}))),
        ("DeleteUser", json!({"UserName": "ann"}),
         Expect::Error("DeleteConflict", 409, "Cannot delete entity, must delete access keys first.")),
        ("ListUsers", json!({}), Expect::Output(json!({"Users": [{"UserName": "ann", "Path": "/"}]}))),
    ])
    .await;
}

#[tokio::test]
async fn access_keys() {
    let world = World::new();
    world.set_up(&[("CreateUser", json!({"UserName": "eve"}))]).await;
    let made = world.call("CreateAccessKey", json!({"UserName": "eve"})).await.unwrap();
    let (id, secret) =
        (made["AccessKey"]["AccessKeyId"].clone(), made["AccessKey"]["SecretAccessKey"].clone());
    let id = id.as_str().unwrap();
    assert!(id.starts_with("AKIA") && id.len() == 20, "{id}");
    assert_eq!(secret.as_str().unwrap().len(), 40);
    let info = world.call("GetAccessKeyInfo", json!({"AccessKeyId": id})).await.unwrap();
    assert_eq!(info["Account"], ACCOUNT);

    let listed = world.call("ListAccessKeys", json!({"UserName": "eve"})).await.unwrap();
    assert_eq!(listed["AccessKeyMetadata"][0]["AccessKeyId"], id);
    assert!(!listed.to_string().contains(secret.as_str().unwrap()));

    let credential = world.iam.credential(id, None).await.unwrap().unwrap();
    assert_eq!(credential.secret, secret.as_str().unwrap());
    assert_eq!(credential.principal.arn, "arn:aws:iam::123456789012:user/eve");
    assert!(world.iam.credential(id, Some("token")).await.unwrap().is_none());
    assert!(world.iam.credential("AKIAXXXXXXXXXXXXXXXX", None).await.unwrap().is_none());

    let switch = |status: &str| json!({"UserName": "eve", "AccessKeyId": id, "Status": status});
    world.set_up(&[("UpdateAccessKey", switch("Inactive"))]).await;
    assert!(world.iam.credential(id, None).await.unwrap().is_none());
    world.set_up(&[("UpdateAccessKey", switch("Active"))]).await;
    assert!(world.iam.credential(id, None).await.unwrap().is_some());

    let other = world
        .call("DeleteAccessKey", json!({"UserName": "bob", "AccessKeyId": id}))
        .await
        .unwrap_err();
    assert_eq!(other.message, format!("The Access Key with id {id} cannot be found."));
    // A user names nobody and means itself.
    world
        .set_up(&[(
            "AttachUserPolicy",
            json!({"UserName": "eve", "PolicyArn": "arn:aws:iam::aws:policy/IAMFullAccess"}),
        )])
        .await;
    let eve = Principal::user(ACCOUNT, "/", "eve");
    world.call_as(&eve, "DeleteAccessKey", json!({"AccessKeyId": id})).await.unwrap();
    assert!(world.iam.credential(id, None).await.unwrap().is_none());
}
