//! Items as RFC 8949's appendix A has them, and what is none.

#![cfg(test)]

use serde_json::{Value, json};

use super::{DEEPEST, head, parse, whole};

fn bytes(text: &str) -> Vec<u8> {
    hex(text)
}

fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> =
        text.bytes().filter_map(|c| char::from(c).to_digit(16)).map(|d| d as u8).collect();
    digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}

#[test]
fn reads_items() {
    let cases: &[(&str, Value)] = &[
        ("00", json!(0)),
        ("17", json!(23)),
        ("1818", json!(24)),
        ("1903e8", json!(1000)),
        ("1b000000e8d4a51000", json!(1_000_000_000_000_i64)),
        ("1bffffffffffffffff", json!(u64::MAX)),
        ("20", json!(-1)),
        ("3903e7", json!(-1000)),
        ("f90000", json!(0.0)),
        ("f93c00", json!(1.0)),
        ("f93e00", json!(1.5)),
        ("f97bff", json!(65504.0)),
        ("f90001", json!(5.960_464_477_539_063e-8)),
        ("f9c400", json!(-4.0)),
        ("fa47c35000", json!(100_000.0)),
        ("fb3ff199999999999a", json!(1.1)),
        ("f97c00", json!("Infinity")),
        ("f97e00", json!("NaN")),
        ("fbfff0000000000000", json!("-Infinity")),
        ("f4", json!(false)),
        ("f5", json!(true)),
        ("f6", json!(null)),
        ("c11a514b67b0", json!(1_363_896_240)),
        ("c1fb41d452d9ec200000", json!(1_363_896_240.5)),
        ("4401020304", json!("AQIDBA==")),
        ("62c3bc", Value::from("\u{fc}")),
        ("7f657374726561646d696e67ff", json!("streaming")),
        ("83010203", json!([1, 2, 3])),
        ("9f018202039f0405ffff", json!([1, [2, 3], [4, 5]])),
        ("a26161016162820203", json!({"a": 1, "b": [2, 3]})),
        ("bf61610161629f0203ffff", json!({"a": 1, "b": [2, 3]})),
    ];
    for (text, expected) in cases {
        assert_eq!(parse(&bytes(text)).as_ref(), Some(expected), "{text}");
    }
}

#[test]
fn refuses_what_is_none() {
    let cases = [
        "",
        "18",
        "1901",
        "1c",
        "1f",
        "3f",
        "42 01",
        "61 ff",
        "7f 01 ff",
        "7f 7f 61 61 ff ff",
        "81",
        "9f 01",
        "a1 01 02",
        "a1 61 61",
        "bf 61 61 ff",
        "c1",
        "df 00",
        "e0",
        "f8 20",
        "ff",
        "00 00",
        "9b ff ff ff ff ff ff ff ff",
        "5b ff ff ff ff ff ff ff ff 00",
    ];
    for text in cases {
        assert_eq!(parse(&bytes(text)), None, "{text}");
    }
    for opening in [0x81, 0xc1, 0x9f] {
        let mut deep = vec![opening; DEEPEST * 100];
        deep.push(0);
        assert_eq!(parse(&deep), None);
    }
}

#[test]
fn numbers_come_back() {
    for number in
        [0, 23, 24, 255, 256, 65_535, 65_536, i64::from(u32::MAX), i64::MAX, -1, -25, i64::MIN]
    {
        let mut out = Vec::new();
        whole(number, &mut out);
        assert_eq!(parse(&out), Some(json!(number)), "{number}");
    }
    let mut out = Vec::new();
    head(super::UNSIGNED, 24, &mut out);
    assert_eq!(out, [0x18, 24]);
}
