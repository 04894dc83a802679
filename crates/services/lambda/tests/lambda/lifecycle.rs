//! Creating, changing, listing and deleting functions.

use crate::world::{ROLE, World, archive};
use serde_json::{Value, json};

async fn refused(world: &World, operation: &str, input: Value) -> (String, String) {
    let error = world.call(operation, input.clone()).await.err();
    let error = error.unwrap_or_else(|| panic!("{operation} takes {input}"));
    (error.code, error.message)
}

#[tokio::test]
async fn configurations() {
    let world = World::new();
    let zip = service::base64_text(&archive(&[("main.py", "")]));
    let with = |member: &str, value: Value| {
        let mut input = json!({"FunctionName": "f", "Runtime": "python3.12", "Handler": "main.handler", "Role": ROLE, "Code": {"ZipFile": zip}});
        input[member] = value;
        input
    };
    for (member, value, expected) in [
        ("Layers", json!(["arn:aws:lambda:us-east-1:123456789012:layer:l:1"]), "layers"),
        ("ImageConfig", json!({"Command": ["x"]}), "ImageConfig"),
        ("PackageType", json!("Image"), "not Image"),
        ("Publish", json!(true), "versions"),
        ("Handler", Value::Null, "mandatory"),
        ("Runtime", Value::Null, "mandatory"),
        ("Role", json!("arn:aws:iam::123456789012:role/gone"), "cannot be assumed by Lambda"),
        (
            "Environment",
            json!({"Variables": {"AWS_REGION": "x", "OWN": "y"}}),
            "Reserved keys used in this request: AWS_REGION",
        ),
        ("Environment", json!({"Variables": {"OWN": "x".repeat(5000)}}), "4KB limit"),
        ("Environment", json!({"Variables": {"OWN": "a\u{0}b"}}), "null character"),
        ("DeadLetterConfig", json!({"TargetArn": "arn:aws:s3:::bucket"}), "not a queue or a topic"),
        ("FunctionName", json!("f:prod"), "cannot be created"),
        (
            "FunctionName",
            json!("arn:aws:lambda:eu-west-1:123456789012:function:f"),
            "cannot be created",
        ),
        ("FunctionName", json!("f".repeat(65)), "64"),
    ] {
        let (_, message) = refused(&world, "CreateFunction", with(member, value)).await;
        assert!(message.contains(expected), "{member}: {message}");
    }
    let answer = world.call("CreateFunction", with("Timeout", json!(7))).await.unwrap();
    for (member, value) in [
        ("Version", json!("$LATEST")),
        ("State", json!("Active")),
        ("MemorySize", json!(128)),
        ("Timeout", json!(7)),
    ] {
        assert_eq!(answer[member], value);
    }
    let (code, _) = refused(&world, "CreateFunction", with("Timeout", json!(7))).await;
    assert_eq!(code, "ResourceConflictException");
}

#[tokio::test]
async fn names() {
    let world = World::new();
    world.python("f", "").await;
    world.python("function", "").await;
    let arn = "arn:aws:lambda:us-east-1:123456789012:function";
    for name in [
        "f",
        "f:$LATEST",
        "function:f",
        "123456789012:function:f",
        "123456789012:f",
        &format!("{arn}:f"),
        &format!("{arn}:f:$LATEST"),
        "us-east-1:123456789012:function:f",
    ] {
        let answer = world.call("GetFunctionConfiguration", json!({"FunctionName": name})).await;
        assert_eq!(answer.unwrap()["FunctionName"], "f", "{name}");
    }
    let answer = world.call("GetFunctionConfiguration", json!({"FunctionName": "function"})).await;
    assert_eq!(answer.unwrap()["FunctionName"], "function");
    for (name, qualifier) in [
        ("g", None),
        ("f:1", None),
        ("f:prod", None),
        ("f", Some("prod")),
        ("f", Some("1")),
        ("210987654321:function:f", None),
        ("arn:aws:lambda:eu-west-1:123456789012:function:f", None),
    ] {
        let mut input = json!({"FunctionName": name});
        input["Qualifier"] = json!(qualifier.unwrap_or("$LATEST"));
        for operation in ["GetFunction", "Invoke", "DeleteFunction", "GetPolicy"] {
            let (code, message) = refused(&world, operation, input.clone()).await;
            assert_eq!(code, "ResourceNotFoundException", "{operation} {input}");
            assert!(
                message.contains("arn:aws:lambda:") || message.contains("does not exist"),
                "{message}"
            );
        }
    }
}

#[tokio::test]
async fn changes_and_revisions() {
    let world = World::new();
    world.python("f", "").await;
    let get = json!({"FunctionName": "f"});
    let before = world.call("GetFunctionConfiguration", get.clone()).await.unwrap();
    let zip = service::base64_text(&archive(&[("main.py", "2")]));
    let stale = json!({"FunctionName": "f", "RevisionId": "00000000-0000-0000-0000-000000000000"});
    let with = |more: Value| {
        let mut input = stale.clone();
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        input
    };
    for (operation, input) in [
        ("UpdateFunctionCode", with(json!({"ZipFile": zip}))),
        ("UpdateFunctionConfiguration", with(json!({"Timeout": 9}))),
        (
            "AddPermission",
            with(json!({"StatementId": "s", "Action": "lambda:InvokeFunction", "Principal": "*"})),
        ),
    ] {
        let (code, _) = refused(&world, operation, input).await;
        assert_eq!(code, "PreconditionFailedException", "{operation}");
    }
    assert_eq!(world.call("GetFunctionConfiguration", get.clone()).await.unwrap(), before);
    let dry = json!({"FunctionName": "f", "ZipFile": zip, "DryRun": true});
    let answer = world.call("UpdateFunctionCode", dry).await.unwrap();
    assert_ne!(answer["CodeSha256"], before["CodeSha256"]);
    assert_eq!(world.call("GetFunctionConfiguration", get.clone()).await.unwrap(), before);
    let publish = json!({"FunctionName": "f", "ZipFile": zip, "Publish": true});
    assert!(refused(&world, "UpdateFunctionCode", publish).await.1.contains("versions"));
    let change = json!({"FunctionName": "f", "ZipFile": zip, "RevisionId": before["RevisionId"]});
    let after = world.call("UpdateFunctionCode", change).await.unwrap();
    assert_ne!(after["RevisionId"], before["RevisionId"]);
    let change = json!({"FunctionName": "f", "Timeout": 9, "Description": "d"});
    let after = world.call("UpdateFunctionConfiguration", change).await.unwrap();
    assert_eq!((&after["Timeout"], &after["Handler"]), (&json!(9), &before["Handler"]));
    let error = world.call("PublishVersion", get.clone()).await.unwrap_err();
    assert_eq!((error.code.as_str(), error.status), ("NotImplemented", 501));
}

#[tokio::test]
async fn lists_and_tags() {
    let world = World::new();
    for number in 0..7 {
        world
            .create(
                &format!("f{number}"),
                "python3.12",
                "main.py",
                "",
                json!({"Tags": {"n": number.to_string()}}),
            )
            .await;
    }
    let mut names = Vec::new();
    let mut input = json!({"MaxItems": 3});
    loop {
        let page = world.call("ListFunctions", input.clone()).await.unwrap();
        let functions = page["Functions"].as_array().unwrap().clone();
        names.extend(functions.iter().map(|f| f["FunctionName"].as_str().unwrap().to_owned()));
        let Some(marker) = page.get("NextMarker") else { break };
        input["Marker"] = marker.clone();
    }
    assert_eq!(names, ["f0", "f1", "f2", "f3", "f4", "f5", "f6"]);
    let arn = "arn:aws:lambda:us-east-1:123456789012:function:f1";
    let change = json!({"Resource": arn, "Tags": {"team": "ml"}});
    world.call("TagResource", change).await.unwrap();
    world.call("UntagResource", json!({"Resource": arn, "TagKeys": ["n"]})).await.unwrap();
    let tags = world.call("ListTags", json!({"Resource": arn})).await.unwrap();
    assert_eq!(tags, json!({"Tags": {"team": "ml"}}));
    world.call("GetFunction", json!({"FunctionName": "f1"})).await.unwrap();
    world.call("ListVersionsByFunction", json!({"FunctionName": "f1"})).await.unwrap();
    world.call("GetFunctionConcurrency", json!({"FunctionName": "f1"})).await.unwrap();
    world.call("GetFunctionCodeSigningConfig", json!({"FunctionName": "f1"})).await.unwrap();
    world.call("DeleteFunction", json!({"FunctionName": "f1"})).await.unwrap();
    let (code, _) = refused(&world, "DeleteFunction", json!({"FunctionName": "f1"})).await;
    assert_eq!(code, "ResourceNotFoundException");
}
