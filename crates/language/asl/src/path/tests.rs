//! Cases: a path, a value and what it names.

use super::{Miss, Path, RefPath};
use crate::value::{NoVariables, Random, Scope, SplitMix};
use serde_json::{Map, Value, json};

fn store() -> Value {
    json!({
        "store": {
            "book": [
                {"category": "reference", "author": "Nigel Rees", "title": "Sayings", "price": 8.95},
                {"category": "fiction", "author": "Evelyn Waugh", "title": "Sword", "price": 12.99},
                {"category": "fiction", "author": "Herman Melville", "title": "Moby Dick", "isbn": "0-553", "price": 8.99},
                {"category": "fiction", "author": "J. R. R. Tolkien", "title": "Rings", "isbn": "0-395", "price": 22.99}
            ],
            "bicycle": {"color": "red", "price": 19.95}
        },
        "expensive": 10, "key-dash": 1, "dot.key": 2, "2": 3, "ünï": 4, "n": null, "list": [0, 1, 2, 3, 4],
        "tags": [["a", "b"], ["c"], []]
    })
}

#[track_caller]
fn check(path: &str, expected: &Value) {
    let store = store();
    let parsed = Path::parse(path).unwrap();
    assert_eq!(
        parsed.eval_on(&store).map(std::borrow::Cow::into_owned),
        Ok(expected.clone()),
        "{path}"
    );
}

#[track_caller]
fn misses(path: &str, miss: &Miss) {
    assert_eq!(Path::parse(path).unwrap().eval_on(&store()).as_ref(), Err(miss), "{path}");
}

#[test]
fn definite_paths() {
    check("$.expensive", &json!(10));
    check("$['expensive']", &json!(10));
    check("$.store['bicycle'][\"color\"]", &json!("red"));
    check("$.store.book[0].title", &json!("Sayings"));
    check("$.store.book[-1].title", &json!("Rings"));
    check("$.key-dash", &json!(1));
    check("$['dot.key']", &json!(2));
    check("$.2", &json!(3));
    check("$.ünï", &json!(4));
    check("$.n", &json!(null));
    check("$.expensive ", &json!(10));
    check("$.store.book[?(@.category==reference)].title", &json!(["Sayings"]));
    check("$.store.bicycle['color','price','none']", &json!({"color": "red", "price": 19.95}));
    misses("$.none", &Miss::NotFound);
    misses("$.expensive.x", &Miss::NotFound);
    misses("$.n.x", &Miss::NotFound);
    misses("$.list[5]", &Miss::PastEnd);
    misses("$.list[-6]", &Miss::PastEnd);
    misses("$.expensive[0]", &Miss::NotAnArray { index: 0, value: "10".into() });
}

#[test]
fn indefinite_paths() {
    check(
        "$.store.book[*].author",
        &json!(["Nigel Rees", "Evelyn Waugh", "Herman Melville", "J. R. R. Tolkien"]),
    );
    check("$..isbn", &json!(["0-553", "0-395"]));
    check("$.store..price", &json!([8.95, 12.99, 8.99, 22.99, 19.95]));
    check("$.store.*.color", &json!(["red"]));
    check("$..book[2].title", &json!(["Moby Dick"]));
    check("$.list[1:3]", &json!([1, 2]));
    check("$.list[:2]", &json!([0, 1]));
    check("$.list[-2:]", &json!([3, 4]));
    check("$.list[3:100]", &json!([3, 4]));
    check("$.list[3:1]", &json!([]));
    check("$.list[0, 2, 9]", &json!([0, 2]));
    check("$.tags[*][0]", &json!(["a", "c"]));
    check("$.none[*]", &json!([]));
    check("$.expensive[*]", &json!([]));
    check("$.none[1:2].x", &json!([]));
    check("$..none", &json!([]));
}

#[test]
fn filters() {
    check("$.store.book[?(@.price < 10)].title", &json!(["Sayings", "Moby Dick"]));
    check("$.store.book[?(@.price < $.expensive)].title", &json!(["Sayings", "Moby Dick"]));
    check("$.store.book[?(@.isbn)].title", &json!(["Moby Dick", "Rings"]));
    check("$.store.book[?(!@.isbn)].title", &json!(["Sayings", "Sword"]));
    check(
        "$.store.book[?(@.category == 'fiction' && @.price > 20 || @.title == \"Sayings\")].title",
        &json!(["Sayings", "Rings"]),
    );
    check("$.store.book[?(@.author =~ /.*REES/i)].title", &json!(["Sayings"]));
    check("$.store.book[?(@['category'] in ['reference', 'x'])].title", &json!(["Sayings"]));
    check("$.store.book[?(@.category nin ['fiction'])].title", &json!(["Sayings"]));
    check("$.list[?(@ >= 3)]", &json!([3, 4]));
    check("$.list[?(@ == 3.0)]", &json!([3]));
    check("$.tags[?(@ contains 'b')]", &json!([["a", "b"]]));
    check("$.tags[?(@ size 1)]", &json!([["c"]]));
    check("$.tags[?(@ empty true)]", &json!([[]]));
    check("$.tags[?(@ subsetof ['a','b','z'])]", &json!([["a", "b"], []]));
    check("$.tags[?(@ anyof ['b','c'])]", &json!([["a", "b"], ["c"]]));
    check("$.store.bicycle[?(@.color == 'red')].price", &json!([19.95]));
    check("$..[?(@.price > 20)].title", &json!(["Rings"]));
    check("$.store.book[?((@.price > 20) && (@.none == null))].title", &json!([]));
    check("$.list[?(@ < 'a')]", &json!([]));
    check("$.tags[?(@.length() > 1)]", &json!([["a", "b"]]));
}

#[test]
fn functions() {
    check("$.list.length()", &json!(5));
    check("$.list.sum()", &json!(10.0));
    check("$.list.max()", &json!(4.0));
    check("$.list.avg()", &json!(2.0));
    check("$.store.book[*].price.min()", &json!(8.95));
    check("$.store.bicycle.keys()", &json!(["color", "price"]));
    check("$.list.first()", &json!(0));
    check("$.list.index(-1)", &json!(4));
    check("$.list.append(9)", &json!([0, 1, 2, 3, 4, 9]));
    check("$.concat($.store.bicycle.color, '!')", &json!("red!"));
}

#[test]
fn roots() {
    let (input, context) = (json!({"a": 1}), json!({"b": 2}));
    let mut variables = Map::new();
    variables.insert("v_1".to_owned(), json!({"c": [3]}));
    let scope = Scope { input: &input, context: &context, variables: &variables };
    for (path, expected) in [
        ("$", json!({"a": 1})),
        ("$$", json!({"b": 2})),
        ("$$.b", json!(2)),
        ("$$['b']", json!(2)),
        ("$v_1.c[0]", json!(3)),
        ("$v_1", json!({"c": [3]})),
    ] {
        assert_eq!(*Path::parse(path).unwrap().eval(&scope).unwrap(), expected, "{path}");
    }
    assert_eq!(Path::parse("$w").unwrap().eval(&scope), Err(Miss::NoVariable));
    let cause = |path: &str| Path::parse(path).unwrap().resolve("F", &scope).unwrap_err().cause;
    assert_eq!(
        cause("$.x"),
        "The JSONPath '$.x' specified for the field 'F' could not be found in the input '{\"a\":1}'"
    );
    assert_eq!(
        cause("$$.x"),
        "The JSONPath '$.x' specified for the field 'F' could not be found in the input '{\"b\":2}'"
    );
}

#[test]
fn malformed_paths_are_refused() {
    for path in [
        "",
        "a",
        "$.",
        "$..",
        "$...a",
        "$.a.",
        "$[",
        "$[]",
        "$['a",
        "$[a]",
        "$['a'",
        "$[1",
        "$[?(@.a]",
        "$[?(@.a == )]",
        "$[?]",
        "$.a b",
        "$x y",
        "$1",
        "$.a[1:b]",
        "$.a.nope()",
        "$[?(@.a =~ /(/)]",
        "$[?(1)]",
        "$[99999999999999999999]",
    ] {
        assert!(Path::parse(path).is_err(), "{path}");
    }
}

#[test]
fn reference_paths_write() {
    let insert = |path: &str, root: Value| {
        RefPath::parse(path)
            .unwrap()
            .insert(root, json!(9))
            .map_err(|error| format!("{}|{}", error.error, error.cause))
    };
    for (path, root, expected) in [
        ("$", json!({"a": 1}), json!(9)),
        ("$.a", json!({"a": 1, "b": 2}), json!({"a": 9, "b": 2})),
        ("$.x.y.z", json!({"a": 1}), json!({"a": 1, "x": {"y": {"z": 9}}})),
        ("$['x']['y']", json!({"x": {"k": 1}}), json!({"x": {"k": 1, "y": 9}})),
        ("$.l[1]", json!({"l": [1, 2]}), json!({"l": [1, 9]})),
        ("$.l[0].k", json!({"l": [{}]}), json!({"l": [{"k": 9}]})),
        ("$.n.k", json!({"n": null}), json!({"n": {"k": 9}})),
    ] {
        assert_eq!(insert(path, root), Ok(expected), "{path}");
    }
    for (path, root, step) in [
        ("$.a.b", json!({"a": 1}), "b"),
        ("$.l[2]", json!({"l": [1]}), "2"),
        ("$.a", json!([1]), "a"),
        ("$.a", json!("s"), "a"),
        ("$.x[0]", json!({}), "0"),
    ] {
        let expected = format!(
            "States.ResultPathMatchFailure|Unable to apply step \"{step}\" to input {root}"
        );
        assert_eq!(insert(path, root), Err(expected), "{path}");
    }
    for path in
        ["$.a[*]", "$..a", "$.a[1:2]", "$['a','b']", "$.a[?(@.b)]", "$.a.length()", "$.a[-1]"]
    {
        assert!(RefPath::parse(path).is_err(), "{path}");
    }
}

#[test]
fn reference_paths_read() {
    let (input, context) = (json!({"a": {"b": [1]}}), json!({}));
    let scope = Scope { input: &input, context: &context, variables: &NoVariables };
    assert_eq!(RefPath::parse("$.a.b[0]").unwrap().get(&scope), Ok(&json!(1)));
    let error = RefPath::parse("$.a.items").unwrap().get(&scope).unwrap_err();
    assert_eq!(
        (error.error.as_str(), error.cause.as_str()),
        (
            "States.ReferencePathConflict",
            "Unable to apply step \"items\" to input {\"a\":{\"b\":[1]}}"
        )
    );
}

#[test]
fn growth_is_bounded() {
    let mut deep = json!(1);
    for _ in 0..100 {
        deep = json!([deep.clone(), {"a": [deep]}]);
        if deep.to_string().len() > 200_000 {
            break;
        }
    }
    let path = Path::parse("$..*..*..*..*").unwrap();
    assert_eq!(path.eval_on(&deep), Err(Miss::TooMuch));
}

#[test]
fn random_text_never_panics() {
    let pieces = [
        "$", "$$", "@", ".", "..", "*", "[", "]", "(", ")", "?", "'a'", "\"", "'", "a", "store",
        "0", "-1", ":", ",", "&&", "||", "!", "==", "<", "=~", "/a/", "in", "length()", "é", " ",
        "\\", "{", "}",
    ];
    let mut random = SplitMix::new(13);
    let value = store();
    for _ in 0..60_000 {
        let length = random.next_u64() % 12;
        let text: String = (0..length)
            .map(|_| pieces[(random.next_u64() % pieces.len() as u64) as usize])
            .collect();
        for text in [format!("${text}"), format!("$[?(@{text})]")] {
            if let Ok(path) = Path::parse(&text) {
                let _ = path.eval_on(&value);
            }
            if let Ok(path) = RefPath::parse(&text) {
                let _ = path.insert(value.clone(), Value::Null);
            }
        }
    }
    for text in [
        "[".repeat(50_000),
        "(".repeat(50_000),
        "!".repeat(50_000),
        "[?(@".repeat(10_000),
        "..".repeat(20_000),
    ] {
        assert!(Path::parse(&format!("${text}")).is_err());
        assert!(Path::parse(&format!("$[?({text}")).is_err());
    }
}
