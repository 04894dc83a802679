//! Cases: an expression, an input and what comes out.

use super::Intrinsic;
use crate::value::{NoVariables, Random, Scope, SplitMix};
use serde_json::{Value, json};

fn eval(expression: &str, input: &Value) -> Result<Value, String> {
    let intrinsic = Intrinsic::parse(expression).map_err(|error| error.to_string())?;
    let context = json!({"Execution": {"Name": "run"}});
    let scope = Scope { input, context: &context, variables: &NoVariables };
    match intrinsic.eval(&scope, &mut SplitMix::new(1)) {
        Ok(value) => Ok(value.into_owned()),
        Err(error) => Err(format!("{}|{}", error.error, error.cause)),
    }
}

#[track_caller]
fn check(expression: &str, input: &Value, expected: &Value) {
    assert_eq!(eval(expression, input).as_ref(), Ok(expected), "{expression}");
}

#[track_caller]
fn fails(expression: &str, input: &Value, detail: &str) {
    let expected =
        format!("States.Runtime|The function '{expression}' had the following error: {detail}");
    assert_eq!(eval(expression, input), Err(expected));
}

#[test]
fn strings() {
    let i = json!({"a": "x", "n": null, "f": 1.1, "o": {"A": 1, "B": []}, "t": "n={}"});
    check("States.Format('{} and {}', $.a, $.n)", &i, &json!("x and null"));
    check("States.Format('{}|{}', $.f, $.o)", &i, &json!("1.1|{A=1, B=[]}"));
    check(r"States.Format('\{\}\'\\{}', 7)", &i, &json!(r"{}'\7"));
    check("States.Format($.t, 1)", &i, &json!("n=1"));
    check("States.Format('{}', $$.Execution.Name)", &i, &json!("run"));
    check("States.StringSplit('a.b+c', '.+')", &i, &json!(["a", "b", "c"]));
    check("States.StringSplit(',a,,b', ',')", &i, &json!(["a", "b"]));
    check("States.StringToJson('{\"a\": [1]}')", &i, &json!({"a": [1]}));
    check("States.JsonToString($.o)", &i, &json!("{\"A\":1,\"B\":[]}"));
    check("States.Base64Encode('Hello World')", &i, &json!("SGVsbG8gV29ybGQ="));
    check("States.Base64Decode('SGVsbG8gV29ybGQ=')", &i, &json!("Hello World"));
    check("States.Hash('Hello', 'SHA-1')", &i, &json!("f7ff9e8b7bb2e09b70935a5d785e0cc5d9d0abf0"));
    check("States.Hash('Hello', 'MD5')", &i, &json!("8b1a9953c4611296a827abf8c47804d7"));
    check(
        "States.JsonMerge($.o, States.StringToJson('{\"B\":2}'), false)",
        &i,
        &json!({"A": 1, "B": 2}),
    );
}

#[test]
fn arrays_and_numbers() {
    let i =
        json!({"a": [1, 2, 3, 4, 5], "u": [1, 1.0, {"x": 1, "y": 2}, {"y": 2, "x": 1}], "i": 41});
    check("States.Array(1, 'a', null, $.i)", &i, &json!([1, "a", null, 41]));
    check("States.Array()", &i, &json!([]));
    check("States.ArrayPartition($.a, 2.9)", &i, &json!([[1, 2], [3, 4], [5]]));
    check("States.ArrayContains($.a, 3.0)", &i, &json!(true));
    check("States.ArrayRange(1.9, 9, 3)", &i, &json!([1, 4, 7]));
    check("States.ArrayRange(3, 3, -1)", &i, &json!([3]));
    check("States.ArrayRange(5, 1, 1)", &i, &json!([]));
    check("States.ArrayGetItem($.a, 4)", &i, &json!(5));
    check("States.ArrayLength(States.Array(1,2))", &i, &json!(2));
    check("States.ArrayUnique($.u)", &i, &json!([1, {"x": 1, "y": 2}]));
    check("States.MathAdd($.i, 1)", &i, &json!(42));
    check("States.MathAdd(-1.5, 0)", &i, &json!(-1));
    check("States.MathAdd(-0.5, 0.5)", &i, &json!(1));
    check("States.ArrayLength($.a[?(@ > 2)])", &i, &json!(3));
    check(
        "States.ArrayGetItem(States.StringSplit('a-b', '-'), States.MathAdd(2, -1))",
        &i,
        &json!("b"),
    );
    let random = eval("States.MathRandom(1, 3)", &i).unwrap().as_i64().unwrap();
    assert!((1..3).contains(&random));
    assert_eq!(
        eval("States.MathRandom(1, 100, 42)", &i),
        eval("States.MathRandom(1, 100, 42)", &i)
    );
    let uuid = eval("States.UUID()", &i).unwrap();
    assert_eq!(uuid.as_str().map(|u| (u.len(), &u[14..15])), Some((36, "4")));
}

#[test]
fn failures_quote_the_expression() {
    let i = json!({"other": 1});
    let miss = |path: &str| {
        format!(
            "The JsonPath argument for the field '{path}' could not be found in the input '{{\"other\":1}}'"
        )
    };
    fails("States.Format('{}', $.nope)", &i, &miss("$.nope"));
    fails("States.Format('{}', States.Format('{}', $.nope))", &i, &miss("$.nope"));
    fails("States.Format('{}', $$.Nope.Deep)", &i, &miss("$.Nope.Deep"));
    fails(
        "States.Format('{}', $.other[0])",
        &i,
        "Filter: [0] can only be applied to arrays. Current context is: 1",
    );
    fails("States.MathAdd('a', 1)", &i, "Invalid arguments in States.MathAdd");
    fails("States.MathAdd(2147483647, 1)", &i, "Invalid arguments in States.MathAdd");
    fails("States.ArrayRange(1, 1001, 1)", &i, "Invalid arguments in States.ArrayRange");
    fails("States.ArrayRange(1, 5, 0.4)", &i, "Invalid arguments in States.ArrayRange");
    fails(
        "States.ArrayPartition(States.Array(1), 0.6)",
        &i,
        "Invalid arguments in States.ArrayPartition",
    );
    fails("States.MathRandom(1, 1)", &i, "Invalid arguments in States.MathRandom");
    fails("States.JsonMerge($, $, true)", &i, "Invalid arguments in States.JsonMerge");
    fails("States.Hash('a', 'md5')", &i, "Invalid arguments in States.Hash");
    fails(
        "States.Format('{}')",
        &i,
        "Invalid arguments in States.Format: number of arguments do not match the occurrences of {}.",
    );
    fails(
        "States.Format('{', 1)",
        &i,
        "Invalid template in States.Format: matching '}' not found for '{'.",
    );
}

#[test]
fn malformed_calls_are_refused() {
    let nested = format!("{}1{}", "States.Array(".repeat(11), ")".repeat(11));
    for text in [
        "States.Nope()",
        "States.Format",
        "States.Format('a",
        "States.MathAdd(1)",
        "States.UUID(1)",
        "States.Array(1,)",
        "States.Array(1) x",
        "States.Array($.a[)",
        "States.Array(a)",
        "$.a",
        "",
        &nested,
    ] {
        assert!(Intrinsic::parse(text).is_err(), "{text}");
    }
    assert!(Intrinsic::parse(&nested[13..nested.len() - 1]).is_ok());
}

#[test]
fn random_text_never_panics() {
    let pieces = [
        "States.",
        "Format(",
        "Array(",
        "'",
        "\\",
        "{}",
        "{",
        "$",
        "$$",
        ".a",
        "[0]",
        "[?(@.x",
        "==",
        ")",
        ",",
        "1",
        "-",
        "é",
        "\"",
        " ",
        "null",
        "MathAdd(",
        "ArrayRange(",
        "StringSplit(",
        "]",
    ];
    let mut random = SplitMix::new(3);
    for _ in 0..30_000 {
        let length = random.next_u64() % 14;
        let text: String = (0..length)
            .map(|_| pieces[(random.next_u64() % pieces.len() as u64) as usize])
            .collect();
        let _ = eval(&format!("States.Array({text})"), &json!({"a": [1, {"x": 2}]}));
        let _ = eval(&text, &json!({"a": [1]}));
    }
}
