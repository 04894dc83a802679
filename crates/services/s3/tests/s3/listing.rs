//! Listings: order, prefixes, delimiters, pages.

use crate::world::World;
use serde_json::{Value, json};

/// All pages of a listing: keys and common prefixes in the order of the pages.
async fn pages(world: &World, mut input: Value, size: i64) -> Vec<Vec<String>> {
    let mut pages = Vec::new();
    input["Bucket"] = json!("data");
    input["MaxKeys"] = json!(size);
    loop {
        let output = world.call("ListObjectsV2", input.clone()).await.unwrap();
        let names = |list: &str, name: &str| {
            let list = output[list].as_array().cloned().unwrap_or_default();
            list.into_iter().map(|it| it[name].as_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        let mut page = names("Contents", "Key");
        page.extend(names("CommonPrefixes", "Prefix"));
        assert_eq!(output["KeyCount"], page.len());
        pages.push(page);
        if output["IsTruncated"] == false {
            return pages;
        }
        input["ContinuationToken"] = output["NextContinuationToken"].clone();
    }
}

#[tokio::test]
async fn prefixes_delimiters_and_pages() {
    let world = World::new();
    let keys = ["a", "b/1", "b/2", "b/c/3", "c", "ä", "z/", "z/1", "\u{ff5e}", "\u{1f600}"];
    world.bucket("data", &keys).await;
    world.bucket("data2", &["x"]).await;
    let flat = |pages: &[Vec<String>]| pages.concat().join(" ");
    for (input, expected) in [
        // Byte order of UTF-8: an emoji comes after every character of the basic plane.
        (json!({}), "a b/1 b/2 b/c/3 c z/ z/1 ä \u{ff5e} \u{1f600}"),
        (json!({"Prefix": "b/"}), "b/1 b/2 b/c/3"),
        (json!({"Prefix": "b/", "Delimiter": "/"}), "b/1 b/2 b/c/"),
        (json!({"Prefix": "nothing"}), ""),
        (json!({"StartAfter": "b/2"}), "b/c/3 c z/ z/1 ä \u{ff5e} \u{1f600}"),
        (json!({"StartAfter": "b/2", "Prefix": "b"}), "b/c/3"),
        (json!({"Prefix": "z/", "Delimiter": "/"}), "z/ z/1"),
    ] {
        for size in [1, 2, 3, 1000] {
            let pages = pages(&world, input.clone(), size).await;
            assert!(pages.iter().all(|page| page.len() as i64 <= size), "{input} {size}");
            assert_eq!(flat(&pages), expected, "{input} {size}");
        }
    }
    for size in [1, 2, 3, 1000] {
        let mut all = pages(&world, json!({"Delimiter": "/"}), size).await.concat();
        all.sort();
        assert_eq!(all, ["a", "b/", "c", "z/", "ä", "\u{ff5e}", "\u{1f600}"], "{size}");
    }
    let none = world.call("ListObjectsV2", json!({"Bucket": "data", "MaxKeys": 0})).await.unwrap();
    assert_eq!((&none["KeyCount"], &none["IsTruncated"]), (&json!(0), &json!(false)));
}

#[tokio::test]
async fn tokens_belong_to_their_question() {
    let world = World::new();
    world.bucket("data", &["a", "b"]).await;
    let page = world.call("ListObjectsV2", json!({"Bucket": "data", "MaxKeys": 1})).await.unwrap();
    let token = page["NextContinuationToken"].clone();
    for input in [
        json!({"Bucket": "data", "Prefix": "b", "ContinuationToken": token}),
        json!({"Bucket": "data", "ContinuationToken": "nonsense"}),
        json!({"Bucket": "data", "ContinuationToken": "é"}),
        json!({"Bucket": "data", "MaxKeys": -1}),
    ] {
        let error = world.call("ListObjectsV2", input.clone()).await.unwrap_err();
        assert_eq!(error.code, "InvalidArgument", "{input}");
    }
}

#[tokio::test]
async fn version_one_over_http() {
    let world = World::new();
    world.bucket("data", &["a b", "a+b", "d/1", "d/2", "e"]).await;
    for (query, contains, lacks) in [
        ("", "<Key>a b</Key>", "<NextMarker>"),
        ("encoding-type=url", "<Key>a%20b</Key>", "<Key>a b</Key>"),
        ("encoding-type=url", "<Key>a%2Bb</Key>", ""),
        ("delimiter=/&max-keys=3", "<NextMarker>d/</NextMarker>", "<Key>e</Key>"),
        ("delimiter=/&marker=d/", "<Key>e</Key>", "<Prefix>d/</Prefix>"),
        ("marker=d/1", "<Key>d/2</Key>", "<Key>d/1</Key>"),
        ("max-keys=2", "<IsTruncated>true</IsTruncated>", "<NextMarker>"),
        ("list-type=2&prefix=d/", "<KeyCount>2</KeyCount>", "<Owner>"),
        ("list-type=2&fetch-owner=true", "<Owner>", ""),
    ] {
        let text = world.send(&format!("GET /data?{query}"), &[], "").await.text();
        assert!(text.contains(contains), "{query}: {text}");
        assert!(lacks.is_empty() || !text.contains(lacks), "{query}: {text}");
    }
}
