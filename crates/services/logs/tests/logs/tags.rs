//! Tags, by both of AWS's APIs.

use crate::world::{Expect, NO_GROUP, World, check, done};
use serde_json::{Map, Value, json};

const ARN: &str = "arn:aws:logs:us-east-1:123456789012:log-group:/g";

#[tokio::test]
async fn both_apis_show_the_same_tags() {
    let world = World::new();
    let name = json!({"logGroupName": "/g"});
    let arn = json!({"resourceArn": ARN});
    let tags = |tags: Value| Expect::Output(json!({"tags": tags}));
    check(
        &world,
        vec![
            ("TagResource", json!({"resourceArn": ARN, "tags": {"a": "1"}}), NO_GROUP),
            ("ListTagsLogGroup", name.clone(), NO_GROUP),
            ("CreateLogGroup", json!({"logGroupName": "/g", "tags": {"a": "1"}}), done()),
            ("ListTagsForResource", arn.clone(), tags(json!({"a": "1"}))),
            (
                "ListTagsForResource",
                json!({"resourceArn": format!("{ARN}:*")}),
                Expect::Invalid("resourceArn"),
            ),
            ("TagResource", json!({"resourceArn": ARN, "tags": {"a": "2", "b": ""}}), done()),
            ("TagLogGroup", json!({"logGroupName": "/g", "tags": {"c": "3"}}), done()),
            ("ListTagsLogGroup", name.clone(), tags(json!({"a": "2", "b": "", "c": "3"}))),
            ("UntagResource", json!({"resourceArn": ARN, "tagKeys": ["a", "none"]}), done()),
            ("UntagLogGroup", json!({"logGroupName": "/g", "tags": ["b"]}), done()),
        ],
    )
    .await;
    let left = world.call("ListTagsForResource", arn).await.unwrap();
    assert_eq!(left, json!({"tags": {"c": "3"}}));
}

#[tokio::test]
async fn refusals() {
    let world = World::with(&[("/g", "s")]).await;
    let fifty: Map<String, Value> = (0..50).map(|n| (format!("k{n}"), json!("v"))).collect();
    let stream = format!("{ARN}:log-stream:s");
    check(
        &world,
        vec![
            ("TagResource", json!({"resourceArn": ARN, "tags": fifty}), done()),
            ("TagResource", json!({"resourceArn": ARN, "tags": {"k0": "again"}}), done()),
            (
                "TagResource",
                json!({"resourceArn": ARN, "tags": {"more": ""}}),
                Expect::Error(
                    "TooManyTagsException",
                    "The resource arn:aws:logs:us-east-1:123456789012:log-group:/g has more than 50 tags.",
                ),
            ),
            (
                "TagLogGroup",
                json!({"logGroupName": "/g", "tags": {"more": ""}}),
                Expect::Invalid("more than 50 tags"),
            ),
            ("TagResource", json!({"resourceArn": stream, "tags": {"a": ""}}), Expect::Invalid("name")),
            ("ListTagsForResource", json!({"resourceArn": "x"}), Expect::Invalid("ARN")),
            ("TagResource", json!({"resourceArn": ARN, "tags": {}}), Expect::Invalid("tags")),
        ],
    )
    .await;
}
