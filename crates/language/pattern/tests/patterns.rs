//! Cases for event patterns: what matches, what does not, what is refused and in which words.

use pattern::{Error, Pattern};
use serde_json::{Value, json};

fn check(pattern: &str, event: &str, expected: bool) {
    let event: Value = serde_json::from_str(event).expect(event);
    let parsed = Pattern::parse(pattern).expect(pattern);
    assert_eq!(parsed.matches(&event), expected, "{pattern} on {event}");
}

/// Pattern, events that match, events that do not.
const MATCHES: &[(&str, &[&str], &[&str])] = &[
    (
        r#"{"a": ["x", 1, null, true]}"#,
        &[
            r#"{"a": "x"}"#,
            r#"{"a": 1.0}"#,
            r#"{"a": null}"#,
            r#"{"a": true}"#,
            r#"{"a": ["y", 1]}"#,
        ],
        &[
            r#"{"a": "X"}"#,
            r#"{"a": "1"}"#,
            r#"{"a": false}"#,
            r#"{"a": {"b": "x"}}"#,
            "{}",
            "[]",
            "1",
        ],
    ),
    (r#"{"a": [123456789012]}"#, &[r#"{"a": 123456789012}"#], &[r#"{"a": 123456789013}"#]),
    (r#"{"a": [18446744073709551615]}"#, &[r#"{"a": 18446744073709551615}"#], &[r#"{"a": 1}"#]),
    (r#"{"a": [""]}"#, &[r#"{"a": ""}"#], &[r#"{"a": null}"#, r#"{"a": []}"#]),
    (r#"{"a": [{"exactly": "x"}]}"#, &[r#"{"a": "x"}"#], &[r#"{"a": "y"}"#]),
    (r#"{"a": [{"prefix": "é"}]}"#, &[r#"{"a": "éa"}"#], &[r#"{"a": "e"}"#, r#"{"a": 1}"#]),
    (
        r#"{"a": [{"prefix": {"equals-ignore-case": "AB"}}]}"#,
        &[r#"{"a": "abc"}"#, r#"{"a": "ABc"}"#],
        &[r#"{"a": "bab"}"#],
    ),
    (
        r#"{"a": [{"suffix": {"equals-ignore-case": ".PNG"}}]}"#,
        &[r#"{"a": "x.png"}"#],
        &[r#"{"a": "x.pn"}"#],
    ),
    (
        r#"{"a": [{"numeric": [">", 0, "<=", 5]}]}"#,
        &[r#"{"a": 5}"#, r#"{"a": 0.1}"#],
        &[r#"{"a": 0}"#, r#"{"a": 5.1}"#, r#"{"a": "3"}"#],
    ),
    (r#"{"a": [{"numeric": ["=", 3.018e2]}]}"#, &[r#"{"a": 301.8}"#], &[r#"{"a": 301}"#]),
    (r#"{"a": [{"numeric": [">=", -5]}]}"#, &[r#"{"a": -5}"#], &[r#"{"a": -6}"#, r#"{"a": 6e9}"#]),
    (r#"{"a": [{"numeric": ["<", 5]}]}"#, &[r#"{"a": 4}"#], &[r#"{"a": 5}"#]),
    (
        r#"{"a": [{"cidr": "10.0.0.0/24"}]}"#,
        &[r#"{"a": "10.0.0.255"}"#, r#"{"a": "10.0.0.0"}"#],
        &[r#"{"a": "10.0.1.0"}"#, r#"{"a": "::1"}"#, r#"{"a": "x"}"#],
    ),
    (
        r#"{"a": ["2001:db8::1"]}"#,
        &[r#"{"a": "2001:0db8:0:0::0001"}"#],
        &[r#"{"a": "2001:db8::2"}"#],
    ),
    (r#"{"a": ["12:30"]}"#, &[r#"{"a": "12:30"}"#], &[r#"{"a": "12:31"}"#]),
    (
        r#"{"a": [{"anything-but": ["x", "y"]}]}"#,
        &[r#"{"a": "z"}"#, r#"{"a": null}"#, r#"{"a": 1}"#, r#"{"a": ["x", "z"]}"#],
        &[r#"{"a": "x"}"#, r#"{"a": []}"#, "{}"],
    ),
    (r#"{"a": [{"anything-but": 0}]}"#, &[r#"{"a": "0"}"#], &[r#"{"a": 0}"#, r#"{"a": 0.0}"#]),
    (
        r#"{"a": [{"anything-but": {"wildcard": ["*/lib/*", "x*"]}}]}"#,
        &[r#"{"a": "lib"}"#],
        &[r#"{"a": "a/lib/b"}"#, r#"{"a": "xy"}"#],
    ),
    (
        r#"{"a": [{"anything-but": {"equals-ignore-case": "X"}}]}"#,
        &[r#"{"a": "xx"}"#],
        &[r#"{"a": "x"}"#],
    ),
    (
        r#"{"a": [{"wildcard": "a*b\\*c*"}]}"#,
        &[r#"{"a": "ab*c"}"#, r#"{"a": "axxb*cyy"}"#],
        &[r#"{"a": "abc"}"#, r#"{"a": "b*c"}"#],
    ),
    (r#"{"a": [{"wildcard": "ab*ba"}]}"#, &[r#"{"a": "abba"}"#], &[r#"{"a": "aba"}"#]),
    (r#"{"a": [{"wildcard": "*"}]}"#, &[r#"{"a": ""}"#, r#"{"a": "x"}"#], &[r#"{"a": 1}"#]),
    (r#"{"a": [{"exists": true}]}"#, &[r#"{"a": null}"#], &["{}", r#"{"a": []}"#, r#"{"a": {}}"#]),
    (r#"{"a": [{"exists": false}]}"#, &["{}", r#"{"a": {"b": 1}}"#], &[r#"{"a": null}"#]),
    (
        r#"{"a": ["x", {"exists": false}], "b": [1]}"#,
        &[r#"{"a": "x", "b": 1}"#, r#"{"b": 1}"#],
        &[r#"{"a": "y", "b": 1}"#, r#"{"a": "x"}"#],
    ),
    (
        r#"{"s": ["e"], "$or": [{"a": [1]}, {"b": {"c": [2]}, "d": [3]}]}"#,
        &[r#"{"s": "e", "a": 1}"#, r#"{"s": "e", "b": {"c": 2}, "d": 3}"#],
        &[r#"{"s": "e", "b": {"c": 2}}"#, r#"{"a": 1}"#],
    ),
    (
        r#"{"$or": [{"a": [1]}, {"$or": [{"b": [1]}, {"c": [1]}]}], "s": ["e"]}"#,
        &[r#"{"s": "e", "c": 1}"#],
        &[r#"{"c": 1}"#, r#"{"s": "e"}"#],
    ),
    // The same element of an array has to have both.
    (
        r#"{"d": {"a": [1], "b": [2]}}"#,
        &[r#"{"d": [{"a": 1}, {"a": 1, "b": 2}]}"#, r#"{"d": [[{"a": 1, "b": 2}]]}"#],
        &[r#"{"d": [{"a": 1}, {"b": 2}]}"#, r#"{"d": []}"#, r#"{"d": [[{"a": 1}], [{"b": 2}]]}"#],
    ),
    (
        r#"{"a": {"b": {"x": [1], "y": [2]}, "n": ["k"]}}"#,
        &[r#"{"a": [{"n": "z"}, {"b": [{"x": 9}, {"x": 1, "y": 2}], "n": "k"}]}"#],
        &[
            r#"{"a": [{"b": [{"x": 1}, {"y": 2}], "n": "k"}]}"#,
            r#"{"a": [{"b": {"x": 1, "y": 2}}, {"n": "k"}]}"#,
        ],
    ),
    // exists: false looks at every element.
    (
        r#"{"d": {"a": [1], "b": [{"exists": false}]}}"#,
        &[r#"{"d": [{"a": 1}, {"c": 2}]}"#],
        &[r#"{"d": [{"a": 1}, {"b": 2}]}"#],
    ),
    // Dots in keys join as nesting does.
    (
        r#"{"d": {"s.t": ["r"], "u": [1]}}"#,
        &[r#"{"d": {"s": {"t": "r"}, "u": 1}}"#, r#"{"d.s": {"t": "r"}, "d": {"u": 1}}"#],
        &[r#"{"d": {"s": {"x": {"t": "r"}}, "u": 1}}"#],
    ),
    (
        r#"{"a": {"b": [1], "c": [2]}}"#,
        &[
            r#"{"a.b": 1, "a": [{"c": 2}, {"b": 3}]}"#,
            r#"{"a.b": 9, "a": [{"c": 2}, {"b": 1, "c": 2}]}"#,
        ],
        &[r#"{"a.b": 9, "a": [{"c": 2}, {"b": 1}]}"#],
    ),
];

#[test]
fn matching() {
    for (pattern, matching, others) in MATCHES {
        matching.iter().for_each(|event| check(pattern, event, true));
        others.iter().for_each(|event| check(pattern, event, false));
    }
}

/// Pattern, reason, column of the place AWS adds and how often; no column, no place.
// AWS: recorded answers of TestEventPattern.
const REFUSALS: &[(&str, &str, Option<usize>, usize)] = &[
    (r#"{"int": 42}"#, "\"int\" must be an object or an array", Some(11), 1),
    (r#"{"string": "my-value"}"#, "\"string\" must be an object or an array", Some(13), 1),
    (r#"{"resources": []}"#, "Empty arrays are not allowed", Some(17), 1),
    (
        r#"{"detail": {"equal": [{"NUMERIC": ["=", 5]}]}}"#,
        "Unrecognized match type NUMERIC",
        Some(36),
        1,
    ),
    (r#"{"my_key": [{"EXISTS": true}]}"#, "Unrecognized match type EXISTS", Some(28), 1),
    (
        r#"{"detail": {"c-count": [{"numeric": [">", 0, ">", 0]}]}}"#,
        "Bad numeric range operator: >",
        Some(49),
        1,
    ),
    (
        r#"{"detail": {"c-count": [{"numeric": [">", 0, "<"]}]}}"#,
        "Value of < must be numeric",
        Some(50),
        1,
    ),
    (
        r#"{"detail-type": [{"equals-ignore-case": ["ec2 instance state-change notification"]}]}"#,
        "equals-ignore-case match pattern must be a string",
        Some(42),
        1,
    ),
    (
        r#"{"detail": {"state": [{"anything-but": {"equals-ignore-case": 123}}]}}"#,
        "Inside anything-but/equals-ignore-case list, number|start|null|boolean is not supported.",
        Some(66),
        1,
    ),
    (
        r#"{"detail": {"state": [{"anything-but": {"equals-ignore-case": [123, 456]}}]}}"#,
        "Inside anything-but/equals-ignore-case list, number|start|null|boolean is not supported.",
        Some(67),
        2,
    ),
    (
        r#"{"detail": {"FileName": [{"anything-but": {"suffix": {"equals-ignore-case": ".png"}}}]}}"#,
        "Value of anything-but must be an array or single string/number value.",
        Some(55),
        1,
    ),
    (
        r#"{"EventBusArn": [{"wildcard": 123}]}"#,
        "wildcard match pattern must be a string",
        Some(34),
        1,
    ),
    (
        r#"{"EventBusArn": [{"wildcard": "arn:aws:events:us-east-1:**:event-bus/*"}]}"#,
        "Consecutive wildcard characters at pos 26",
        Some(72),
        1,
    ),
    (
        r#"{"EventBusArn": [{"wildcard": "*:*:*:*:*:event-bus/*"}]}"#,
        "Rule is too complex - try using fewer wildcard characters or fewer repeating character sequences after a wildcard character",
        None,
        0,
    ),
    (r#"{"a": [{"cidr": "bad-filter"}]}"#, "Malformed CIDR, one '/' required", None, 0),
    (r#"{"a": [{"cidr": "10.0.0.0/x"}]}"#, "Malformed CIDR, mask bits must be an integer", None, 0),
    (r#"{"a": [{"cidr": "xx.11.xx/8"}]}"#, "Nonstandard IP address: xx.11.xx", None, 0),
    (
        r#"{"detail": {"sourceIPAddress": [{"cidr": ["bad-type"]}]}}"#,
        "prefix match pattern must be a string",
        Some(43),
        1,
    ),
    (
        "this is valid json but not a dict",
        "Unrecognized token 'this': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')",
        Some(5),
        1,
    ),
    (
        "{'bad': 'quotation'}",
        "Unexpected character (''' (code 39)): was expecting double-quote to start field name",
        Some(2),
        1,
    ),
    (
        r#"{"not": closed mark""#,
        "Unrecognized token 'closed': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')",
        Some(15),
        1,
    ),
    (r#"["not", "a", "dict", "but valid json"]"#, "Filter is not an object", Some(2), 1),
];

#[test]
fn refusals_in_the_words_of_aws() {
    for (pattern, reason, column, times) in REFUSALS {
        let place = column.map_or_else(String::new, |column| {
            format!("\n at [Source: (String)\"{pattern}\"; line: 1, column: {column}]")
        });
        let expected =
            format!("Event pattern is not valid. Reason: {reason}{}", place.repeat(*times));
        let error = Pattern::parse(pattern).expect_err(pattern);
        assert_eq!(error.to_string(), expected);
    }
}

#[test]
fn other_refusals() {
    let cases = [
        "",
        "{",
        "{}",
        "{\"a\"",
        "{\"a\":",
        "{\"a\":[\"x\"",
        "{\"a\":[\"x\"}",
        "{\"a\":[\"x]}",
        "{\"a\":[\"\\x\"]}",
        "{\"a\":[\"\\ud800\"]}",
        "{\"a\":[\"\u{1}\"]}",
        "{\"a\":[\"x\",]}",
        "{\"a\":[\"x\"],}",
        "{\"a\":[01]}",
        "{\"a\":[1.]}",
        "{\"a\":[-]}",
        "{\"a\":[+1]}",
        "{\"a\":[NaN]}",
        "{\"a\":[[1]]}",
        "{\"a\":[{}]}",
        "{\"a\":{}}",
        "{\"a\":null}",
        "{\"a\":[{\"prefix\":\"x\",\"suffix\":\"y\"}]}",
        "{\"a\":[{\"prefix\":{\"suffix\":\"x\"}}]}",
        "{\"a\":[{\"exists\":\"true\"}]}",
        "{\"a\":[{\"numeric\":[]}]}",
        "{\"a\":[{\"numeric\":[\"=\"]}]}",
        "{\"a\":[{\"numeric\":[\"!=\",1]}]}",
        "{\"a\":[{\"numeric\":[\"<\",1,\">\",0]}]}",
        "{\"a\":[{\"numeric\":[\">\",5,\"<\",5]}]}",
        "{\"a\":[{\"numeric\":[\"=\",6e9]}]}",
        "{\"a\":[{\"numeric\":[\"=\",1e999]}]}",
        "{\"a\":[{\"anything-but\":[]}]}",
        "{\"a\":[{\"anything-but\":[1,\"x\"]}]}",
        "{\"a\":[{\"anything-but\":true}]}",
        "{\"a\":[{\"anything-but\":{\"exists\":true}}]}",
        "{\"a\":[{\"anything-but\":{\"prefix\":\"\"}}]}",
        "{\"a\":[{\"anything-but\":6e9}]}",
        "{\"a\":[{\"wildcard\":\"\\\\x\"}]}",
        "{\"a\":[{\"cidr\":\"10.0.0.0/32\"}]}",
        "{\"a\":[{\"cidr\":\"10.0.0.0/-1\"}]}",
        "{\"a\":[{\"cidr\":\"10.0.0.256/8\"}]}",
        "{\"$or\":[{\"a\":[1]}]}",
        "{\"$or\":{\"a\":[1]}}",
        "{\"$or\":[1,2]}",
        "{\"$or\":[{\"prefix\":[1]},{\"b\":[1]}]}",
    ];
    for case in cases {
        assert!(Pattern::parse(case).is_err(), "{case} was accepted");
    }
}

#[test]
fn hostile_input_ends_soon() {
    // Ten times $or of three is 59049 rules.
    let flat: Vec<String> = (0..10)
        .map(|it| format!("\"d{it}\":{{\"$or\":[{{\"a\":[1]}},{{\"b\":[1]}},{{\"c\":[1]}}]}}"))
        .collect();
    let error = Pattern::parse(&format!("{{{}}}", flat.join(","))).expect_err("3^10 rules");
    assert!(matches!(error, Error::Pattern { reason } if reason.contains("1000")));
    // Nesting.
    assert!(Pattern::parse(&"{\"a\":".repeat(100_000)).is_err());
    assert!(Pattern::parse(&"[".repeat(100_000)).is_err());
    assert!(Pattern::parse(&format!("{{\"a\":{}", "[".repeat(100_000))).is_err());
    // Wildcards against a long text that nearly matches.
    let wildcard = Pattern::parse(r#"{"a":[{"wildcard":"*a*a*a*a*b"}]}"#).unwrap();
    assert!(!wildcard.matches(&json!({"a": "a".repeat(1_000_000)})));
    // Independent arrays, of which only the last one fails.
    let fields: Vec<String> =
        (0..12).map(|it| format!("\"x{it:02}\":{{\"a\":[1],\"b\":[1]}}")).collect();
    let pattern = Pattern::parse(&format!("{{{}}}", fields.join(","))).unwrap();
    let mut event = serde_json::Map::new();
    for field in 0..12 {
        let both = json!({"a": 1, "b": 1});
        let element = if field == 11 { json!({"a": 1}) } else { both };
        event.insert(format!("x{field:02}"), json!(vec![element; 200]));
    }
    assert!(!pattern.matches(&Value::Object(event)));
}

/// A small generator of numbers, so that the cases are the same on every run.
struct Seed(u64);

impl Seed {
    fn next(&mut self, below: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % below as u64) as usize
    }

    fn value(&mut self, depth: usize) -> Value {
        match self.next(if depth == 0 { 5 } else { 8 }) {
            0 => json!(null),
            1 => json!(self.next(3)),
            2 => json!(true),
            3 => json!("x"),
            4 => json!(["a", "a.b", "10.0.0.1"][self.next(3)]),
            5 => (0..self.next(4)).map(|_| self.value(depth - 1)).collect(),
            _ => (0..self.next(4))
                .map(|_| {
                    (["a", "b", "a.b", "$or", ""][self.next(5)].to_owned(), self.value(depth - 1))
                })
                .collect::<serde_json::Map<_, _>>()
                .into(),
        }
    }
}

#[test]
fn no_text_panics() {
    let words = [
        "{",
        "}",
        "[",
        "]",
        ":",
        ",",
        "\"",
        "\\",
        "\"a\"",
        "\"a\":",
        "\"b\":[",
        "{\"prefix\":\"x\"}",
        "{\"numeric\":[\">\",0]}",
        "{\"exists\":false}",
        "{\"anything-but\":",
        "{\"wildcard\":\"*\"}",
        "\"$or\":[",
        "1",
        "-0.5e3",
        "true",
        "null",
        "\"é💥\"",
        "\u{0}",
        "\n",
        " ",
        "{\"a\":[1],",
    ];
    let mut seed = Seed(0x5eed);
    let mut accepted = 0;
    for _ in 0..40_000 {
        let length = seed.next(12) + 1;
        let text: String = (0..length).map(|_| words[seed.next(words.len())]).collect();
        for text in
            [text.clone(), format!("{{\"a\":[{text}]}}"), format!("{{\"a\":{{\"b\":[1],{text}}}}}")]
        {
            if let Ok(pattern) = Pattern::parse(&text) {
                accepted += 1;
                pattern.matches(&seed.value(4));
            }
        }
    }
    assert!(accepted > 100, "the generator makes valid patterns too: {accepted}");
}

/// A value that is likely to have what the pattern below asks for.
fn likely(seed: &mut Seed, depth: usize) -> Value {
    match seed.next(if depth == 0 { 3 } else { 9 }) {
        0 | 1 => json!("x"),
        2 => json!("y"),
        3..=5 => (0..=seed.next(2)).map(|_| likely(seed, depth - 1)).collect(),
        _ => ["a", "b", "a.b", "c", "b.c"]
            .into_iter()
            .map(|key| {
                (key.to_owned(), if seed.next(3) > 0 { likely(seed, depth - 1) } else { json!([]) })
            })
            .collect::<serde_json::Map<_, _>>()
            .into(),
    }
}

/// What a pattern of plain paths means, the slow way: some choice of one element in every array.
#[test]
fn arrays_agree_with_trying_everything() {
    let text = r#"{"a": {"a": ["x"], "b": {"c": ["x"]}, "c": ["x"]}, "b": ["x"]}"#;
    let pattern = Pattern::parse(text).unwrap();
    let paths = ["a.a", "a.b.c", "a.c", "b"];
    let mut seed = Seed(7);
    let (mut matched, mut tried) = (0, 0);
    while tried < 5_000 {
        let part = |seed: &mut Seed, depth: usize| {
            (0..=seed.next(3)).map(|_| likely(seed, depth)).collect::<Value>()
        };
        let event = json!({"a": part(&mut seed, 3), "b": likely(&mut seed, 1), "a.b": likely(&mut seed, 2)});
        if event.to_string().len() > 250 {
            continue;
        }
        tried += 1;
        let slow = worlds(&event).iter().any(|world| {
            paths.iter().all(|path| world.iter().any(|it| it.0 == *path && it.1 == "x"))
        });
        assert_eq!(pattern.matches(&event), slow, "{event}");
        matched += usize::from(slow);
    }
    assert!(matched > 50, "the generator makes events that match too: {matched}");
}

/// Every way to choose one element of each array, as the flat fields that are left.
fn worlds(node: &Value) -> Vec<Vec<(String, Value)>> {
    match node {
        Value::Array(elements) => elements.iter().flat_map(worlds).collect(),
        Value::Object(fields) => {
            let mut all: Vec<Vec<(String, Value)>> = vec![Vec::new()];
            for (key, value) in fields {
                let mut below = worlds(value);
                if below.is_empty() {
                    below.push(Vec::new());
                }
                all = all
                    .iter()
                    .flat_map(|one| below.iter().map(move |other| (one, other)))
                    .map(|(one, other)| {
                        let inner = other.iter().map(|(path, value)| {
                            let path =
                                if path.is_empty() { key.clone() } else { format!("{key}.{path}") };
                            (path, value.clone())
                        });
                        one.iter().cloned().chain(inner).collect()
                    })
                    .collect();
            }
            all
        }
        scalar => vec![vec![(String::new(), scalar.clone())]],
    }
}
