//! Trees and faults of small documents.

use super::{Kind, Node, parse};
use crate::source::Source;
use serde_json::{Map, Value, json};

fn plain(node: &Node) -> Value {
    match &node.kind {
        Kind::Null => Value::Null,
        Kind::Bool(flag) => Value::Bool(*flag),
        Kind::Number(number) => Value::Number(number.clone()),
        Kind::String(text) => Value::String(text.value.clone()),
        Kind::Sequence(items) => items.iter().map(|item| plain(item)).collect(),
        Kind::Mapping(entries) => Value::Object(
            entries
                .iter()
                .map(|entry| (entry.key.clone(), plain(&entry.value)))
                .collect::<Map<_, _>>(),
        ),
    }
}

fn read(text: &str) -> Result<Value, Vec<String>> {
    let source = Source::new("f.yaml".into(), text);
    parse(&source, text).map(|node| plain(&node)).map_err(|faults| {
        faults
            .iter()
            .map(|fault| {
                let place = fault.place.as_ref().expect("every fault has a place");
                format!("{}:{} {}", place.line, place.column, fault.message)
            })
            .collect()
    })
}

#[test]
fn documents_become_trees() {
    let cases = [
        ("", json!(null)),
        (
            "a: 1\nb: -2.5\nc: yes\nd: true\ne: ~\nf:\n",
            json!({"a":1,"b":-2.5,"c":"yes","d":true,"e":null,"f":null}),
        ),
        (
            "a: 0x1f\nb: 0o17\nc: 1e3\nd: .5\ne: 1.2.3\nf: '1'\ng: 2012-10-17\nh: .inf\ni: +3\nj: 0x-1",
            json!({
            "a":31,"b":15,"c":1000.0,"d":0.5,"e":"1.2.3","f":"1","g":"2012-10-17","h":".inf","i":3,"j":"0x-1"}),
        ),
        (
            "a: &x {p: 1, q: [1, 2]}\nb: *x\nc: {<<: *x, p: 3}",
            json!({
            "a":{"p":1,"q":[1,2]},"b":{"p":1,"q":[1,2]},"c":{"p":3,"q":[1,2]}}),
        ),
        (
            "a: &x {p: 1}\nb: &y {p: 2, q: 2}\nc:\n  <<: [*x, *y]\n  r: 3",
            json!({
            "a":{"p":1},"b":{"p":2,"q":2},"c":{"r":3,"p":1,"q":2}}),
        ),
        ("a: !!str 1\nb: |\n  x\n  y\nc: >-\n  x\n  y\n", json!({"a":"1","b":"x\ny\n","c":"x y"})),
        ("1: a\ntrue: b\n", json!({"1":"a","true":"b"})),
        ("99999999999999999999", json!(1e20)),
    ];
    for (text, expected) in cases {
        assert_eq!(read(text), Ok(expected), "{text}");
    }
}

#[test]
fn faults_have_places() {
    let bomb = format!(
        "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n{}",
        (1..12).fold(String::new(), |text, i| format!(
            "{text}a{i}: &a{i} [{}]\n",
            vec![format!("*a{}", i - 1); 10].join(",")
        ))
    );
    let deep = "[".repeat(200);
    let cases = [
        ("a: 1\nb: 2\na: 3\n", "3:1 the key `a` stands here a second time (first in line 1)"),
        ("a: {x: 1, x: 2}", "1:11 the key `x` stands here a second time (first in line 1)"),
        ("? [a]\n: b", "1:3 a list or a mapping cannot be a key"),
        ("a: 1\n---\nb: 2", "2:1 a second document starts here; only one is read"),
        ("a: &x [*x]", "1:8 this alias stands inside what it refers to"),
        ("a: {<<: 3}", "1:9 only a mapping, or a list of mappings, can be merged with `<<`"),
        (&bomb, "6:5 more than 250000 values once aliases are expanded"),
        (&deep, "1:129 nested deeper than 128 levels"),
    ];
    for (text, expected) in cases {
        let faults = read(text).expect_err(text);
        assert_eq!(faults.first().map(String::as_str), Some(expected), "{text:.60}");
    }
    let several = read("a: 1\na: 2\nb: 1\nb: 2").expect_err("two faults");
    assert_eq!(several.len(), 2);
    for text in ["a: [", "\t- a", "a: b: c", "'", "\"\\q\"", "%", "a: *b", "&", "{", "a\u{0}b: 1"] {
        let _ = read(text);
    }
}
