//! What IAM is asked: action, resource, condition keys, passed roles.

use crate::world::{ACCOUNT, World};
use serde_json::{Value, json};
use service::{PageToken, Principal, page_size};
use std::sync::atomic::Ordering;

#[tokio::test]
async fn actions_and_resources() {
    let count = |name: &str| format!("arn:aws:toy:eu-west-1:{ACCOUNT}:count/{name}");
    let cases: Vec<(&str, Value, &str, String, Option<&str>)> = vec![
        ("Add", json!({"Name": "a"}), "toy:Add", count("a"), None),
        ("Add", json!({"Name": "guarded"}), "toy:Add", count("guarded"), Some("policy")),
        ("Add", json!({}), "toy:Add", count("*"), None),
        ("Add", json!({"Name": "{region}"}), "toy:Add", count("{region}"), None),
        ("Add", json!({"Name": "arn:aws:x"}), "toy:Add", "arn:aws:x".to_owned(), None),
        ("Pass", json!({"Name": "n"}), "toy:Other", "n".to_owned(), None),
        ("Pass", json!({}), "toy:Other", "*".to_owned(), None),
        ("Look", json!({"Name": "a"}), "toy:Look", "*".to_owned(), None),
    ];
    for (operation, input, action, resource, policy) in cases {
        let world = World::new();
        world.clerk.admits.store(false, Ordering::SeqCst);
        let error = world.call(operation, input.clone()).await.unwrap_err();
        assert_eq!((error.code.as_str(), world.runs()), ("AccessDenied", 0));
        let asked = world.clerk.asked.lock().unwrap().pop().unwrap();
        assert_eq!(
            (asked.0.as_str(), asked.1, asked.3.as_deref()),
            (action, resource, policy),
            "{input}"
        );
    }
}

#[tokio::test]
async fn passed_roles() {
    let role = |name: &str| format!("arn:aws:iam::{ACCOUNT}:role/{name}");
    let cases = [
        (json!({}), vec![]),
        (json!({"RoleArn": role("a")}), vec![role("a")]),
        (
            json!({"RoleArn": role("a"), "Inner": {"RoleArn": role("b")}}),
            vec![role("a"), role("b")],
        ),
        (json!({"Inner": {}}), vec![]),
    ];
    for (input, expected) in cases {
        let world = World::new();
        world.call("Pass", input).await.unwrap();
        let asked = world.clerk.asked.lock().unwrap();
        let passed: Vec<_> = asked.iter().filter(|asked| asked.0 == "iam:PassRole").collect();
        let roles: Vec<&String> = passed.iter().map(|asked| &asked.1).collect();
        assert_eq!(roles, expected.iter().collect::<Vec<_>>());
        for asked in passed {
            let to = ("iam:PassedToService".to_owned(), vec!["toy.amazonaws.com".to_owned()]);
            assert!(asked.2.contains(&to), "{:?}", asked.2);
        }
    }
}

#[tokio::test]
async fn condition_keys() {
    let pairs = json!([{"Key": "team", "Value": "ml"}, {"Key": "empty"}, {"Value": "keyless"}]);
    let cases = [
        (json!({}), "aws:RequestedRegion=eu-west-1"),
        (
            json!({"Tags": pairs}),
            "aws:RequestedRegion=eu-west-1 aws:TagKeys=team,empty aws:RequestTag/team=ml aws:RequestTag/empty=",
        ),
        (
            json!({"tags": {"team": "ml"}}),
            "aws:RequestedRegion=eu-west-1 aws:TagKeys=team aws:RequestTag/team=ml",
        ),
        (json!({"TagKeys": ["a", "b"]}), "aws:RequestedRegion=eu-west-1 aws:TagKeys=a,b"),
    ];
    for (input, expected) in cases {
        let world = World::new();
        world.call("Look", input).await.unwrap();
        assert_eq!(shown(&world), expected);
    }
    let world = World::new();
    let principal =
        Principal::service(ACCOUNT, "events.amazonaws.com").on_behalf_of("arn:aws:rule");
    let mut ctx = world.kit.ctx(principal, "eu-west-1");
    ctx.source_ip = Some("::ffff:127.0.0.1".parse().unwrap());
    let toy = world.kit.service("toy").unwrap();
    world.kit.dispatcher().call_in(&ctx, &*toy, "Look", json!({})).await.unwrap();
    assert_eq!(
        shown(&world),
        "aws:RequestedRegion=eu-west-1 aws:SourceIp=127.0.0.1 aws:SourceArn=arn:aws:rule"
    );
}

fn shown(world: &World) -> String {
    let asked = world.clerk.asked.lock().unwrap();
    let keys: Vec<String> =
        asked[0].2.iter().map(|(key, values)| format!("{key}={}", values.join(","))).collect();
    keys.join(" ")
}

#[tokio::test]
async fn the_unlimited_are_not_asked_about() {
    for principal in [Principal::root(ACCOUNT), Principal::platform(ACCOUNT)] {
        let world = World::new();
        let ctx = world.kit.ctx(principal, "eu-west-1");
        ctx.call("toy", "Add", json!({"Name": "a"})).await.unwrap();
        assert!(world.clerk.asked.lock().unwrap().is_empty());
    }
}

#[test]
fn page_tokens_belong_to_their_question() {
    let (ours, other) = (PageToken { question: "list a" }, PageToken { question: "list b" });
    for cursor in ["", "key", "ключ/🔑", &"x".repeat(5000)] {
        let token = ours.make(cursor);
        assert_eq!(ours.read(Some(&token), "Bad").unwrap().as_deref(), Some(cursor));
        assert_eq!(other.read(Some(&token), "Bad").unwrap_err().code, "Bad");
    }
    assert_eq!(ours.read(None, "Bad").unwrap(), None);
    for hostile in ["", "a", "=", "%%%", "🔑", "AAAA", "_____w", &"A".repeat(10_000)] {
        assert_eq!(ours.read(Some(hostile), "Bad").unwrap_err().code, "Bad", "{hostile}");
    }
}

#[test]
fn page_sizes_stay_in_bounds() {
    let cases = [
        (None, 50),
        (Some(0), 50),
        (Some(-1), 50),
        (Some(i64::MIN), 50),
        (Some(1), 1),
        (Some(100), 100),
        (Some(101), 100),
        (Some(i64::MAX), 100),
    ];
    for (asked, expected) in cases {
        assert_eq!(page_size(asked, 50, 100), expected, "{asked:?}");
    }
}
