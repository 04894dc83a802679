//! The first start's administrator.

use crate::world::World;
use serde_json::json;
use service::KeyStore;

#[tokio::test]
async fn made_once_and_found_again() {
    let world = World::new();
    let ctx = world.kit.platform_ctx("us-east-1");
    let first = world.iam.administrator(&ctx).await.unwrap();
    let credential = world.iam.credential(&first.access_key_id, None).await.unwrap().unwrap();
    assert_eq!(credential.secret, first.secret_access_key);
    world.call_as(&credential.principal, "CreateUser", json!({"UserName": "eve"})).await.unwrap();

    let later = world.restarted();
    let ctx = later.kit.platform_ctx("us-east-1");
    let again = later.iam.administrator(&ctx).await.unwrap();
    assert_eq!(again.access_key_id, first.access_key_id);
    assert_eq!(again.secret_access_key, first.secret_access_key);

    // A key that was deleted is replaced.
    let gone = json!({"UserName": first.user_name, "AccessKeyId": first.access_key_id});
    later.set_up(&[("DeleteAccessKey", gone)]).await;
    let new = later.iam.administrator(&ctx).await.unwrap();
    assert_ne!(new.access_key_id, first.access_key_id);
}
