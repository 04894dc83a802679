//! Buckets that keep older versions.

use crate::world::World;
use serde_json::{Value, json};

/// `version: what it contains`, newest first; `-` for a delete marker.
async fn story(world: &World, key: &str) -> Vec<String> {
    let input = json!({"Bucket": "data", "Prefix": key});
    let output = world.call("ListObjectVersions", input).await.unwrap();
    let list = |name: &str| output[name].as_array().cloned().unwrap_or_default();
    let mut all: Vec<Value> = list("Versions");
    all.extend(list("DeleteMarkers"));
    assert_eq!(
        all.iter().filter(|it| it["IsLatest"] == true).count(),
        usize::from(!all.is_empty())
    );
    let mut story = Vec::new();
    for version in all {
        let id = version["VersionId"].as_str().unwrap();
        let input = json!({"Bucket": "data", "Key": key, "VersionId": id});
        let content = match world.call("GetObject", input).await {
            Ok(output) => output["Body"].as_str().unwrap().to_owned(),
            Err(error) => error.code,
        };
        let null = if id == "null" { "null:" } else { "" };
        let latest = if version["IsLatest"] == true { "*" } else { "" };
        story.push(format!("{latest}{null}{content}"));
    }
    story.sort();
    story
}

async fn set(world: &World, status: &str) {
    let input = json!({"Bucket": "data", "VersioningConfiguration": {"Status": status}});
    world.call("PutBucketVersioning", input).await.unwrap();
}

async fn put(world: &World, body: &str) -> Option<String> {
    let input = json!({"Bucket": "data", "Key": "k", "Body": body});
    let output = world.call("PutObject", input).await.unwrap();
    output["VersionId"].as_str().map(str::to_owned)
}

async fn delete(world: &World, version: Option<&str>) -> Value {
    let mut input = json!({"Bucket": "data", "Key": "k"});
    if let Some(version) = version {
        input["VersionId"] = json!(version);
    }
    world.call("DeleteObject", input).await.unwrap()
}

async fn current(world: &World) -> String {
    match world.call("GetObject", json!({"Bucket": "data", "Key": "k"})).await {
        Ok(output) => output["Body"].as_str().unwrap().to_owned(),
        Err(error) => error.code,
    }
}

#[tokio::test]
async fn versions_come_and_go() {
    let world = World::new();
    world.bucket("data", &[]).await;
    assert_eq!(put(&world, "one").await, None);
    set(&world, "Enabled").await;
    let second = put(&world, "two").await.unwrap();
    put(&world, "three").await.unwrap();
    assert_eq!(story(&world, "k").await, ["*three", "null:one", "two"]);
    assert_eq!(world.contents(), 3);

    let marker = delete(&world, None).await;
    assert_eq!(marker["DeleteMarker"], true);
    assert_eq!(current(&world).await, "NoSuchKey");
    assert_eq!(story(&world, "k").await, ["*MethodNotAllowed", "null:one", "three", "two"]);
    let listed = world.call("ListObjectsV2", json!({"Bucket": "data"})).await.unwrap();
    assert_eq!(listed["KeyCount"], 0);

    let gone = delete(&world, marker["VersionId"].as_str()).await;
    assert_eq!(gone["DeleteMarker"], true);
    assert_eq!(current(&world).await, "three");
    delete(&world, Some(&second)).await;
    assert_eq!(story(&world, "k").await, ["*three", "null:one"]);
    assert_eq!(world.contents(), 2);

    set(&world, "Suspended").await;
    assert_eq!(put(&world, "four").await.as_deref(), Some("null"));
    assert_eq!(story(&world, "k").await, ["*null:four", "three"]);
    put(&world, "five").await;
    assert_eq!(story(&world, "k").await, ["*null:five", "three"]);
    assert_eq!(world.contents(), 2);
    delete(&world, None).await;
    assert_eq!(story(&world, "k").await, ["*null:MethodNotAllowed", "three"]);
    assert_eq!(world.contents(), 1);
    let full = world.call("DeleteBucket", json!({"Bucket": "data"})).await.unwrap_err();
    assert_eq!(full.code, "BucketNotEmpty");
    delete(&world, Some("null")).await;
    assert_eq!(current(&world).await, "three");
    delete(&world, Some("nonsense")).await;
    assert_eq!(current(&world).await, "three");
}

#[tokio::test]
async fn all_versions_are_listed_in_pages_and_emptied_in_one_request() {
    let world = World::new();
    world.bucket("data", &["a"]).await;
    set(&world, "Enabled").await;
    for round in 0..3 {
        put(&world, &round.to_string()).await;
    }
    delete(&world, None).await;
    let (mut query, mut seen) = (String::new(), Vec::new());
    loop {
        let page = world.send(&format!("GET /data?versions&max-keys=2{query}"), &[], "").await;
        let text = page.text();
        let ids = text.split("<VersionId>").skip(1).filter_map(|it| it.split_once('<'));
        seen.extend(ids.map(|(id, _)| id.to_owned()));
        if page.element("IsTruncated") == "false" {
            break;
        }
        let (key, version) = (page.element("NextKeyMarker"), page.element("NextVersionIdMarker"));
        query = format!("&key-marker={key}&version-id-marker={version}");
    }
    assert_eq!(seen.len(), 5, "{seen:?}");
    let objects: String = seen
        .iter()
        .map(|id| {
            let key = if id == "null" { "a" } else { "k" };
            format!("<Object><Key>{key}</Key><VersionId>{id}</VersionId></Object>")
        })
        .collect();
    let emptied = world.send("POST /data?delete", &[], format!("<Delete>{objects}</Delete>")).await;
    assert_eq!(emptied.text().matches("<Deleted>").count(), 5, "{}", emptied.text());
    assert_eq!(world.contents(), 0);
    assert_eq!(world.send("DELETE /data", &[], "").await.status, 204);
}
