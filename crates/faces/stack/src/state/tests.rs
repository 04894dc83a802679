//! Checkpoints there and back, secrets, locks.

use super::{Checkpoint, Pending, Resource, StateFile, Vault};
use crate::error::Error;
use crate::value::{Object, Sealer, Value};
use std::path::{Path, PathBuf};

fn scratch(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("stack-state-{name}-{}", super::uuid()));
    std::fs::create_dir_all(&folder).expect("a folder");
    folder
}

fn resource(secret: bool) -> Resource {
    let text = Value::string("hunter2");
    let value = if secret { Value::secret(text) } else { text };
    Resource {
        urn: "urn:pulumi:dev::p::aws:sns/topic:Topic::t".to_owned(),
        custom: true,
        id: Some("arn".to_owned()),
        token: "aws:sns/topic:Topic".to_owned(),
        inputs: Object::from_iter([("displayName".to_owned(), value)]),
        dependencies: vec!["urn:x".to_owned()],
        property_dependencies: [("displayName".to_owned(), vec!["urn:x".to_owned()])].into(),
        extra: serde_json::json!({"sequenceNumber": 3}).as_object().cloned().expect("an object"),
        ..Resource::default()
    }
}

#[test]
fn a_checkpoint_comes_back() {
    let checkpoint = Checkpoint {
        resources: vec![resource(false)],
        pending: vec![Pending { resource: resource(false), operation: "creating".to_owned() }],
        salt: None,
    };
    let vault = Vault::new(None, None);
    let text = checkpoint.render("p", "dev", &vault).expect("nothing secret");
    let (read, _) =
        Checkpoint::parse(Path::new("f"), &text, |salt| Vault::new(None, salt)).expect("readable");
    assert_eq!(read, checkpoint);
    for broken in [
        "",
        "{}",
        "[]",
        "{\"version\":4}",
        "{\"version\":3,\"checkpoint\":{\"latest\":{\"resources\":[1]}}}",
    ] {
        let result = Checkpoint::parse(Path::new("f"), broken, |salt| Vault::new(None, salt));
        assert!(matches!(result, Err(Error::State { .. })), "{broken}");
    }
}

#[test]
fn secrets_are_sealed_or_refused() {
    let checkpoint = Checkpoint { resources: vec![resource(true)], ..Checkpoint::default() };
    let refused = checkpoint.render("p", "dev", &Vault::new(None, None));
    assert!(matches!(refused, Err(Error::Secret(_))));
    let vault = Vault::new(Some("horse".to_owned()), None);
    let text = checkpoint.render("p", "dev", &vault).expect("sealable");
    assert!(!text.contains("hunter2"));
    let open = |passphrase: &str| {
        let vault = |salt| Vault::new(Some(passphrase.to_owned()), salt);
        Checkpoint::parse(Path::new("f"), &text, vault).map(|(read, _)| read.resources)
    };
    assert_eq!(open("horse").expect("openable"), checkpoint.resources);
    assert!(matches!(open("cow"), Err(Error::Secret(_))));
}

#[test]
fn a_salt_that_pulumi_wrote_opens() {
    let salt = "v1:zC/tEy/3rV4=:v1:B8GvVd3s0trmxH69:6+hSDtyscWcNunUIxY472JXfOXS+6g==";
    let vault = Vault::new(Some("correct horse battery staple".to_owned()), Some(salt.to_owned()));
    let sealed = vault.seal("\"x\"").expect("the passphrase fits");
    assert_eq!(vault.open(&sealed).expect("openable"), "\"x\"");
    assert!(vault.open("v1:AAAA:BBBB").is_err());
}

#[test]
fn one_run_at_a_time() {
    let root = scratch("lock");
    let file = StateFile::new(&root, "p", "dev");
    let held = file.lock().expect("free");
    assert!(matches!(file.lock(), Err(Error::Locked { .. })));
    drop(held);
    // What a killed process leaves behind does not hold the stack.
    let stale = root.join(".pulumi/locks/organization/p/dev/stale.json");
    let host = nix::unistd::gethostname().expect("a name").to_string_lossy().into_owned();
    let text = serde_json::json!({"pid": 0x3fff_ffff, "username": "u", "hostname": host, "timestamp": "t"});
    std::fs::write(&stale, text.to_string()).expect("writable");
    drop(file.lock().expect("free again"));
    let own = serde_json::json!({"pid": std::process::id(), "username": "u", "hostname": host, "timestamp": "t", "program": "refit"});
    std::fs::write(&stale, own.to_string()).expect("writable");
    drop(file.lock().expect("free: who wrote the note would hold the other lock"));
    let other =
        serde_json::json!({"pid": 1, "username": "u", "hostname": "elsewhere", "timestamp": "t"});
    std::fs::write(&stale, other.to_string()).expect("writable");
    let Err(Error::Locked { holder, .. }) = file.lock() else { panic!("held elsewhere") };
    assert_eq!(holder, "u@elsewhere (process 1, since t)");
    std::fs::remove_dir_all(root).expect("removable");
}

#[test]
fn files_are_where_pulumi_has_them() {
    let root = scratch("files");
    let file = StateFile::new(&root, "p", "dev");
    assert_eq!(file.read().expect("readable"), None);
    file.prepare().expect("writable");
    file.write("one").expect("writable");
    file.prepare().expect("writable");
    file.write("two").expect("writable");
    let read =
        |name: &str| std::fs::read_to_string(root.join(".pulumi").join(name)).expect("there");
    assert_eq!(read("stacks/p/dev.json"), "two");
    assert_eq!(read("stacks/p/dev.json.bak"), "one");
    assert_eq!(read("meta.yaml"), "version: 1\n");
    std::fs::remove_dir_all(root).expect("removable");
}
