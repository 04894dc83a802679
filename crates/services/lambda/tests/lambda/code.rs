//! Archives: what unpacks, what is refused, what is kept.

use crate::world::{ROLE, World, archive};
use serde_json::{Value, json};
use service::{AwsError, Service};
use std::io::Write;
use std::sync::Arc;

fn request(name: &str, code: Value) -> Value {
    json!({"FunctionName": name, "Runtime": "python3.12", "Handler": "main.handler", "Role": ROLE, "Code": code})
}

fn zip_with(write: impl FnOnce(&mut zip::ZipWriter<std::io::Cursor<Vec<u8>>>)) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    write(&mut zip);
    zip.finish().unwrap().into_inner()
}

fn options() -> zip::write::SimpleFileOptions {
    zip::write::SimpleFileOptions::default()
}

#[tokio::test]
async fn hostile_archives() {
    let world = World::new();
    let climbing = archive(&[("../../outside", "x")]);
    let absolute = archive(&[("/tmp/refit-outside", "x")]);
    let link = zip_with(|zip| zip.add_symlink("link", "/etc/passwd", options()).unwrap());
    let through_link = zip_with(|zip| {
        zip.add_symlink("folder", "/tmp", options()).unwrap();
        zip.start_file("folder/refit-outside", options()).unwrap();
    });
    let bomb = zip_with(|zip| {
        zip.start_file("zeros", options()).unwrap();
        let zeros = vec![0; 1024 * 1024];
        (0..251).for_each(|_| zip.write_all(&zeros).unwrap());
    });
    let file_as_folder = archive(&[("a", "x"), ("a/b", "x")]);
    let cut = archive(&[("main.py", "x")])[..30].to_vec();
    for (what, zip) in [
        ("climbing", climbing),
        ("absolute", absolute),
        ("link", link),
        ("through a link", through_link),
        ("bomb", bomb),
        ("a file as a folder", file_as_folder),
        ("cut", cut),
        ("text", b"not a zip".to_vec()),
        ("empty", Vec::new()),
    ] {
        let code = json!({"ZipFile": service::base64_text(&zip)});
        let answer = world.call("CreateFunction", request("f", code)).await;
        if let Err(error) = answer {
            assert_eq!(error.code, "InvalidParameterValueException", "{what}");
            assert!(error.message.starts_with("Could not unzip"), "{what}: {error}");
        } else {
            // An absolute name may be taken as one below the folder.
            assert_eq!(what, "absolute");
            world.call("DeleteFunction", json!({"FunctionName": "f"})).await.unwrap();
        }
    }
    assert!(!world.folder.path().join("outside").exists());
    assert!(!std::path::Path::new("/tmp/refit-outside").exists());
    assert!(world.code_folders().len() <= 1, "{:?}", world.code_folders());
}

#[tokio::test]
async fn the_same_archive_many_times_at_once() {
    let world = Arc::new(World::new());
    let files: Vec<(String, String)> =
        (0..200).map(|n| (format!("m{n}.py"), "x = 1\n".repeat(n))).collect();
    let files: Vec<(&str, &str)> =
        files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    let code = json!({"ZipFile": service::base64_text(&archive(&files))});
    let calls = (0..12).map(|n| {
        let (world, code) = (world.clone(), code.clone());
        tokio::spawn(
            async move { world.call("CreateFunction", request(&format!("f{n}"), code)).await },
        )
    });
    for answer in futures_util::future::join_all(calls).await {
        answer.unwrap().unwrap();
    }
    assert_eq!(world.code_folders().len(), 1);
    let folder = world.folder.path().join("functions").join(&world.code_folders()[0]);
    assert_eq!(std::fs::read_dir(folder).unwrap().count(), 200);
}

#[tokio::test]
async fn sources() {
    let world = World::new();
    let zip = archive(&[("main.py", "")]);
    std::fs::write(world.folder.path().join("f.zip"), &zip).unwrap();
    let file = std::fs::File::create(world.folder.path().join("large.zip")).unwrap();
    file.set_len(300_000_000).unwrap();
    let ok = json!({"S3Bucket": "code", "S3Key": "f.zip"});
    let answer = world.call("CreateFunction", request("f", ok)).await.unwrap();
    assert_eq!(answer["CodeSize"], zip.len());
    let message = |answer: Result<Value, AwsError>| answer.unwrap_err().message;
    for (code, expected) in [
        (json!({"S3Bucket": "code", "S3Key": "absent"}), "S3 Error Code: NoSuchKey"),
        (json!({"S3Bucket": "code", "S3Key": "large.zip"}), "Unzipped size must be smaller"),
        (json!({"S3Bucket": "code", "S3Key": "f.zip", "S3ObjectVersion": "1"}), "S3ObjectVersion"),
        (json!({"S3Bucket": "code"}), "provide a source"),
        (json!({}), "provide a source"),
        (json!({"ImageUri": "x"}), "not Image"),
        (json!({"ZipFile": "§"}), ""),
    ] {
        let said = message(world.call("CreateFunction", request("g", code.clone())).await);
        assert!(said.contains(expected), "{code}: {said}");
    }
}

#[tokio::test]
async fn a_start_removes_what_no_function_has() {
    let world = World::new();
    for (name, text) in [("a", "1"), ("b", "2")] {
        world.python(name, text).await;
    }
    world.call("DeleteFunction", json!({"FunctionName": "a"})).await.unwrap();
    let functions = world.folder.path().join("functions");
    let draft = functions.join(format!("{}.draft-x", "0".repeat(64)));
    std::fs::create_dir(&draft).unwrap();
    std::fs::create_dir(functions.join("of-somebody-else")).unwrap();
    assert_eq!(world.code_folders().len(), 4);
    world.lambda.start(&world.kit.platform_ctx("us-east-1")).await.unwrap();
    let left = world.code_folders();
    assert_eq!(left.len(), 2, "{left:?}");
    assert!(left.contains(&"of-somebody-else".to_owned()));
}
