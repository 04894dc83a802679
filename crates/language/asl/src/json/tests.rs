//! Cases: a text and the problems it must show; and hostile text.

use super::ProblemKind as P;
use super::*;
use crate::value::{Random, SplitMix};

#[track_caller]
fn check(text: &str, problems: &[(P, usize, usize)]) {
    let (_, found) = parse(text);
    let index = LineIndex::new(text);
    let found: Vec<(P, usize, usize)> = found
        .iter()
        .map(|problem| {
            let at = index.position(problem.span.start);
            (problem.kind, at.line, at.column)
        })
        .collect();
    assert_eq!(found, problems, "{text}");
}

#[test]
fn faults_are_named_and_placed() {
    check("{\"a\": 1}", &[]);
    check(
        "{\n  // why\n  \"a\": [1, 2,],\n  /* b */ \"b\": 2,\n}",
        &[
            (P::Comment, 2, 3),
            (P::TrailingComma, 3, 13),
            (P::Comment, 4, 3),
            (P::TrailingComma, 4, 17),
        ],
    );
    check("{'a': 'b'}", &[(P::SingleQuotes, 1, 2), (P::SingleQuotes, 1, 7)]);
    check("{a: 1}", &[(P::UnquotedKey, 1, 2)]);
    check(
        "[NaN, True, undefined, -Infinity]",
        &[
            (P::NotJsonWord, 1, 2),
            (P::NotJsonWord, 1, 7),
            (P::NotJsonWord, 1, 13),
            (P::Number, 1, 24),
        ],
    );
    check(
        "[01, +1, .5, 1., 1e999, 0x1F]",
        &[
            (P::Number, 1, 2),
            (P::Number, 1, 6),
            (P::Number, 1, 10),
            (P::Number, 1, 14),
            (P::Number, 1, 18),
            (P::Number, 1, 25),
        ],
    );
    check("{\"a\": \"b,\n \"c\": 1}", &[(P::UnterminatedString, 1, 7)]);
    check("{\"a\": \"b", &[(P::UnterminatedString, 1, 7), (P::Unclosed, 1, 1)]);
    check("\"a\nb\"", &[(P::ControlCharacter, 1, 3)]);
    check("\u{feff}{}", &[(P::ByteOrderMark, 1, 1)]);
    check("{\"a\":1,\"a\":2}", &[(P::DuplicateKey, 1, 8)]);
    check("{\"a\" 1 \"b\": 2}", &[(P::MissingColon, 1, 2), (P::MissingComma, 1, 7)]);
    check("{\"a\": }", &[(P::Unexpected, 1, 7)]);
    check("[1 2]", &[(P::MissingComma, 1, 3)]);
    check("[1}", &[(P::Unclosed, 1, 3)]);
    check("{} x", &[(P::TrailingText, 1, 4)]);
    check("  ", &[(P::Empty, 1, 3)]);
    check("\"\\x \\ud800 \\u00e9\"", &[(P::Escape, 1, 2), (P::Escape, 1, 5)]);
    check("[ü]", &[(P::Unexpected, 1, 2)]);
}

#[test]
fn duplicates_are_found_in_large_objects() {
    let fields: Vec<String> = (0..40).map(|i| format!("\"k{i}\":0")).collect();
    let text = format!("{{{},\"k7\":1}}", fields.join(","));
    let (value, problems) = parse(&text);
    assert_eq!(problems.len(), 1);
    assert_eq!(problems[0].kind, P::DuplicateKey);
    assert_eq!(value.unwrap().get("k7").unwrap().kind, Kind::Number(1.into()));
}

#[test]
fn values_are_the_ones_of_serde_json() {
    let text = r#" {"a":[1,-2.5e3,true,null,"x\u00e9\ud83d\ude00\n"],"b":{"":{}},"big":123456789012345678901234567890} "#;
    let (value, problems) = parse(text);
    assert!(problems.is_empty());
    assert_eq!(value.unwrap().to_value(), serde_json::from_str::<Value>(text).unwrap());
}

#[test]
fn pointers_find_values() {
    let (value, _) = parse(r#"{"a":[{"b/c":7}]}"#);
    let value = value.unwrap();
    assert_eq!(value.pointer("/a/0/b~1c").unwrap().span, Span { start: 13, end: 14 });
    assert!(value.pointer("/a/1").is_none());
}

#[test]
fn deep_text_is_refused_without_recursion() {
    for text in [
        "[".repeat(200_000),
        "{\"a\":".repeat(100_000),
        format!("{}{}", "[".repeat(300), "]".repeat(300)),
    ] {
        let (_, problems) = parse(&text);
        assert!(problems.iter().any(|problem| problem.kind == P::TooDeep));
    }
}

#[test]
fn random_text_never_panics_and_agrees_with_serde_json() {
    let mut random = SplitMix::new(7);
    let pieces = [
        "{", "}", "[", "]", ",", ":", "\"", "\"a\"", "'", "1", "-", ".5", "e", "true", "nul", " ",
        "\n", "//", "/*", "*/", "#", "\\", "\\u12", "é", "😀", "\u{feff}", "\t", "\0",
    ];
    for _ in 0..20_000 {
        let length = random.next_u64() % 12;
        let text: String = (0..length)
            .map(|_| pieces[(random.next_u64() % pieces.len() as u64) as usize])
            .collect();
        let (value, problems) = parse(&text);
        let index = LineIndex::new(&text);
        for problem in &problems {
            assert!(
                problem.span.start <= problem.span.end && problem.span.end <= text.len(),
                "{text:?}"
            );
            index.position(problem.span.start);
        }
        let reference = serde_json::from_str::<Value>(&text).ok();
        let duplicates_only = problems.iter().all(|problem| problem.kind == P::DuplicateKey);
        assert_eq!(reference.is_some(), duplicates_only, "{text:?} {problems:?}");
        if let Some(reference) = reference {
            assert_eq!(value.unwrap().to_value(), reference, "{text:?}");
        }
    }
}
