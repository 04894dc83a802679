//! Pages: every item once, whatever the size; markers belong to their question.

use crate::world::{World, trusts_service};
use serde_json::{Value, json};

#[tokio::test]
async fn every_role_once() {
    let world = World::new();
    for number in 0..23 {
        let trust = trusts_service("lambda.amazonaws.com");
        let name = format!("{}{number}", if number % 2 == 0 { "Role" } else { "role" });
        world
            .set_up(&[("CreateRole", json!({"RoleName": name, "AssumeRolePolicyDocument": trust}))])
            .await;
    }
    for size in [1, 5, 22, 23, 24, 1000] {
        let mut seen = Vec::new();
        let mut marker = Value::Null;
        loop {
            let mut input = json!({"MaxItems": size});
            if !marker.is_null() {
                input["Marker"] = marker;
            }
            let page = world.call("ListRoles", input).await.unwrap();
            let roles = page["Roles"].as_array().unwrap();
            assert!(roles.len() <= size);
            seen.extend(roles.iter().map(|role| role["RoleName"].as_str().unwrap().to_owned()));
            marker = page.get("Marker").cloned().unwrap_or_default();
            assert_eq!(page["IsTruncated"], !marker.is_null());
            if marker.is_null() {
                break;
            }
        }
        let mut once = seen.clone();
        once.sort();
        once.dedup();
        assert_eq!((seen.len(), once.len()), (23, 23), "size {size}");
    }
}

#[tokio::test]
async fn markers_of_other_questions_are_refused() {
    let world = World::new();
    let page = world.call("ListPolicies", json!({"MaxItems": 1, "Scope": "AWS"})).await.unwrap();
    let marker = page["Marker"].as_str().unwrap();
    for input in [
        json!({"Marker": marker, "Scope": "Local"}),
        json!({"Marker": "rubbish", "Scope": "AWS"}),
        json!({"Marker": "\u{e9}", "Scope": "AWS"}),
    ] {
        let error = world.call("ListPolicies", input.clone()).await.unwrap_err();
        assert_eq!(
            (error.code.as_str(), error.message.as_str()),
            ("ValidationError", "Invalid Marker."),
            "{input}"
        );
    }
}
