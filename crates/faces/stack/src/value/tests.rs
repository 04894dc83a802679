//! Encodings there and back; secrets that follow from inputs to outputs.

use super::{Archive, Asset, Member, Object, Sealer, Value, decode, encode, mark_secrets};
use crate::error::Error;
use serde_json::json;
use std::path::Path;

/// Seals by turning the text round.
struct Mirror;

impl Sealer for Mirror {
    fn seal(&self, plain: &str) -> Result<String, Error> {
        Ok(plain.chars().rev().collect())
    }

    fn open(&self, sealed: &str) -> Result<String, Error> {
        Ok(sealed.chars().rev().collect())
    }
}

fn object(json: serde_json::Value) -> Object {
    Value::from_json(json).as_object().cloned().expect("an object")
}

#[test]
fn stored_values_come_back() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR"));
    let file = Asset::file(directory, "Cargo.toml").expect("the file is there");
    let members = [
        ("a".to_owned(), Member::Asset(file.clone())),
        (
            "b/c".to_owned(),
            Member::Archive(Archive::path(directory, "src/yaml").expect("a folder")),
        ),
    ];
    let archive = Archive::members(directory, members.into_iter().collect()).expect("readable");
    let values = [
        Value::from_json(json!({"a": [1, 2.5, null, true, "x"], "b": {}})),
        Value::Asset(file),
        Value::Archive(archive),
        Value::secret(Value::from_json(json!({"p": ["q"]}))),
        Value::Unknown,
    ];
    for value in values {
        let stored = encode(&value, &Mirror).expect("sealable");
        assert_eq!(decode(stored, &Mirror).expect("openable"), value);
    }
}

#[test]
fn sealed_text_is_not_clear() {
    let stored = encode(&Value::secret(Value::string("hunter2")), &Mirror).expect("sealable");
    assert_eq!(stored["ciphertext"], json!("\"2retnuh\""));
    assert!(!stored.to_string().contains("hunter2"));
}

#[test]
fn an_archive_is_the_same_bytes_every_time() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR"));
    let archive = Archive::path(directory, "src/yaml").expect("a folder");
    let first = archive.zip(directory).expect("zippable");
    assert_eq!(first, archive.zip(directory).expect("zippable"));
    let mut reader = zip::ZipArchive::new(std::io::Cursor::new(first)).expect("a zip file");
    assert!(reader.by_name("scalar.rs").is_ok());
    let members = [("../x".to_owned(), Member::Asset(Asset::text("x")))];
    assert!(Archive::members(directory, members.into_iter().collect()).is_err());
}

#[test]
fn secrets_follow_to_outputs() {
    let mut inputs = object(json!({"a": {"b": 1, "c": 2}, "d": [1], "e": 5}));
    let Some(Value::Object(below)) = inputs.get_mut("a") else { panic!("an object") };
    below.insert("b".to_owned(), Value::secret(Value::from_json(json!(1))));
    inputs.insert("d".to_owned(), Value::Array(vec![Value::secret(Value::Null)]));
    let mut outputs = object(json!({"a": {"b": 1, "c": 2}, "d": [1], "e": 5}));
    mark_secrets(&mut outputs, &inputs);
    assert_eq!(
        Value::Object(outputs).to_shown(false),
        json!({"a": {"b": "[secret]", "c": 2}, "d": "[secret]", "e": 5})
    );
}
