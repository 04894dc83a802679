//! Log groups: making, describing, deleting.

use crate::world::{DAY_MS, Expect, NO_GROUP, START_MS, World, check, done};
use serde_json::{Value, json};

fn arn(group: &str) -> String {
    format!("arn:aws:logs:us-east-1:123456789012:log-group:{group}")
}

#[tokio::test]
async fn life_of_a_group() {
    let name = json!({"logGroupName": "/aws/x/A-b_c.d#1"});
    let described = json!({"logGroups": [{
        "logGroupName": "/aws/x/A-b_c.d#1",
        "creationTime": START_MS,
        "arn": arn("/aws/x/A-b_c.d#1:*"),
        "logGroupArn": arn("/aws/x/A-b_c.d#1"),
        "logGroupClass": "STANDARD",
        "metricFilterCount": 0,
        "storedBytes": 0,
    }]});
    let world = World::new();
    let exists =
        Expect::Error("ResourceAlreadyExistsException", "The specified log group already exists");
    check(
        &world,
        vec![
            ("CreateLogGroup", name.clone(), done()),
            ("CreateLogGroup", name.clone(), exists),
            ("DescribeLogGroups", json!({}), Expect::Output(described)),
            ("DeleteLogGroup", name.clone(), done()),
            ("DescribeLogGroups", json!({}), Expect::Output(json!({"logGroups": []}))),
            ("DeleteLogGroup", name.clone(), NO_GROUP),
            ("CreateLogGroup", name, done()),
        ],
    )
    .await;
}

#[tokio::test]
async fn refusals() {
    let with = |more: Value| {
        let mut input = json!({"logGroupName": "g"});
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        input
    };
    let world = World::new();
    check(
        &world,
        vec![
            ("CreateLogGroup", json!({"logGroupName": "a b"}), Expect::Invalid("logGroupName")),
            ("CreateLogGroup", json!({"logGroupName": ""}), Expect::Invalid("logGroupName")),
            ("CreateLogGroup", json!({}), Expect::Invalid("logGroupName")),
            ("CreateLogGroup", json!({"logGroupName": "aws/x"}), Expect::Invalid("reserved")),
            ("CreateLogGroup", with(json!({"kmsKeyId": "k"})), Expect::Invalid("kmsKeyId")),
            (
                "CreateLogGroup",
                with(json!({"deletionProtectionEnabled": true})),
                Expect::Invalid("deletionProtectionEnabled"),
            ),
            (
                "CreateLogGroup",
                with(json!({"logGroupClass": "DELIVERY"})),
                Expect::Invalid("DELIVERY"),
            ),
            ("CreateLogGroup", with(json!({"logGroupClass": "X"})), Expect::Invalid("enum")),
            (
                "DescribeLogGroups",
                json!({"logGroupNamePrefix": "a", "logGroupNamePattern": "b"}),
                Expect::Invalid("mutually exclusive"),
            ),
            (
                "DescribeLogGroups",
                json!({"logGroupNamePrefix": "a", "logGroupIdentifiers": ["b"]}),
                Expect::Invalid("logGroupIdentifiers"),
            ),
            ("DescribeLogGroups", json!({"nextToken": "x"}), Expect::Invalid("nextToken")),
            ("DescribeLogGroups", json!({"limit": 51}), Expect::Invalid("limit")),
        ],
    )
    .await;
}

#[tokio::test]
async fn which_groups() {
    let world = World::new();
    for (name, class) in [
        ("/aws/lambda/a", "STANDARD"),
        ("/aws/lambda/b", "INFREQUENT_ACCESS"),
        ("/aws/sagemaker/TrainingJobs", "STANDARD"),
        ("Lambda", "STANDARD"),
        ("zebra", "STANDARD"),
    ] {
        let input = json!({"logGroupName": name, "logGroupClass": class});
        world.call("CreateLogGroup", input).await.unwrap();
    }
    let other_region = "arn:aws:logs:eu-west-1:123456789012:log-group:zebra";
    for (input, expected) in [
        (json!({}), "/aws/lambda/a /aws/lambda/b /aws/sagemaker/TrainingJobs Lambda zebra"),
        (json!({"logGroupNamePrefix": "/aws/lambda/"}), "/aws/lambda/a /aws/lambda/b"),
        (json!({"logGroupNamePrefix": "lambda"}), ""),
        (json!({"logGroupNamePattern": "ambda"}), "/aws/lambda/a /aws/lambda/b Lambda"),
        (json!({"logGroupNamePattern": "Lam"}), "Lambda"),
        (
            json!({"logGroupNamePattern": ""}),
            "/aws/lambda/a /aws/lambda/b /aws/sagemaker/TrainingJobs Lambda zebra",
        ),
        (json!({"logGroupClass": "INFREQUENT_ACCESS"}), "/aws/lambda/b"),
        (
            json!({"logGroupIdentifiers": ["zebra", arn("Lambda"), "none", other_region]}),
            "Lambda zebra",
        ),
        (json!({"accountIdentifiers": ["210987654321"]}), ""),
        (json!({"accountIdentifiers": ["123456789012"], "logGroupNamePrefix": "z"}), "zebra"),
    ] {
        for limit in [1, 2, 50] {
            assert_eq!(names(&world, &input, limit).await, expected, "{input} {limit}");
        }
    }
}

/// The names on all pages.
async fn names(world: &World, input: &Value, limit: usize) -> String {
    let mut input = input.clone();
    input["limit"] = limit.into();
    let mut names = Vec::new();
    loop {
        let page = world.call("DescribeLogGroups", input.clone()).await.unwrap();
        let groups = page["logGroups"].as_array().unwrap();
        assert!(groups.len() <= limit || input.get("logGroupIdentifiers").is_some());
        names.extend(groups.iter().map(|g| g["logGroupName"].as_str().unwrap().to_owned()));
        match page.get("nextToken") {
            Some(token) => input["nextToken"] = token.clone(),
            None => return names.join(" "),
        }
    }
}

#[tokio::test]
async fn what_a_group_holds_goes_with_it_and_with_no_other() {
    let streams = [("a", "s"), ("a", "s/1"), ("a/s", "s"), ("a-", "s")];
    let world = World::with(&streams).await;
    for (group, stream) in streams {
        world.put(group, stream, &[(0, "12345")]).await;
    }
    assert_eq!(stored(&world, "a").await, Some(62));
    assert_eq!(stored(&world, "a/s").await, Some(31));
    let retention = json!({"logGroupName": "a", "retentionInDays": 1});
    world.call("PutRetentionPolicy", retention).await.unwrap();
    world.call("DeleteLogGroup", json!({"logGroupName": "a"})).await.unwrap();
    assert_eq!((world.count("logs/stream").await, world.count("logs/chunk").await), (2, 2));
    assert_eq!(world.count("work").await, 0);
    world.advance_ms(DAY_MS);
    // Made anew it is empty.
    check(
        &world,
        vec![
            ("CreateLogGroup", json!({"logGroupName": "a"}), done()),
            (
                "DescribeLogStreams",
                json!({"logGroupName": "a"}),
                Expect::Output(json!({"logStreams": []})),
            ),
        ],
    )
    .await;
    assert_eq!(stored(&world, "a/s").await, Some(31));
}

async fn stored(world: &World, group: &str) -> Option<u64> {
    let input = json!({"logGroupIdentifiers": [group]});
    let page = world.call("DescribeLogGroups", input).await.unwrap();
    page["logGroups"][0]["storedBytes"].as_u64()
}

#[tokio::test]
async fn a_pattern_leaves_details_out() {
    let world = World::with(&[("g", "s")]).await;
    let page = world.call("DescribeLogGroups", json!({"logGroupNamePattern": "g"})).await.unwrap();
    let described = json!({"logGroupName": "g", "creationTime": START_MS, "arn": arn("g:*")});
    assert_eq!(page, json!({"logGroups": [described]}));
}
