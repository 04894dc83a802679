//! Cases: an expression and its result or the tail of its cause.

use super::*;
use crate::value::{NoVariables, SplitMix};
use serde_json::{Map, json};

/// Long enough that no loaded machine reaches it before the limit that a case is about.
const PATIENT_MS: u64 = 120_000;
/// For cases that never end.
const IMPATIENT_MS: u64 = 2_000;

fn evaluate_with(source: &str, input: &Value, variables: &dyn Variables) -> Result<Value, String> {
    evaluate_within(PATIENT_MS, source, input, variables)
}

fn evaluate_within(
    time_ms: u64,
    source: &str,
    input: &Value,
    variables: &dyn Variables,
) -> Result<Value, String> {
    let expression = Expression::compile(source).map_err(|error| error.message)?;
    let context = json!({"State": {"Name": "S"}});
    let mut random = SplitMix::new(5);
    let mut frame = Frame {
        input,
        context: &context,
        result: None,
        error_output: None,
        variables,
        random: &mut random,
        now_ms: 1_700_000_000_123,
        limits: Limits { time_ms, ..Limits::default() },
    };
    expression.evaluate("F", &mut frame).map_err(|error| {
        let head = format!("The JSONata expression '{source}' specified for the field 'F' ");
        assert!(error.cause.starts_with(&head), "{}", error.cause);
        assert_eq!(error.error, "States.QueryEvaluationError");
        error.cause[head.len()..].to_owned()
    })
}

#[track_caller]
fn check(source: &str, expected: &Value) {
    let input = json!({"a": 1, "big": 9_007_199_254_740_993_i64, "f": 1.0, "arr": [{"x": 1}, {"x": 2}], "s": "text", "n": null});
    assert_eq!(evaluate_with(source, &input, &NoVariables).as_ref(), Ok(expected), "{source}");
}

#[track_caller]
fn fails(source: &str, tail: &str) {
    let time_ms = if tail.contains("timeout") { IMPATIENT_MS } else { PATIENT_MS };
    assert_eq!(
        evaluate_within(time_ms, source, &json!({"a": 1}), &NoVariables),
        Err(tail.to_owned()),
        "{source}"
    );
}

const MEMORY: &str = "threw an error during evaluation: Expression evaluation memory limit exceeded: Check for excessive memory usage";
const DEPTH: &str = "threw an error during evaluation: Stack overflow error: Check for non-terminating recursive function. \
                     Consider rewriting as tail-recursive";

#[test]
fn values() {
    check("1 + 2", &json!(3));
    check("$states.input.big", &json!(9_007_199_254_740_993_i64));
    check("$states.input.f", &json!(1));
    check("$states.input.arr.x", &json!([1, 2]));
    check("$states.input.arr[x=2].x", &json!(2));
    check("$sum($states.input.arr.x)", &json!(3));
    check("$states.context.State.Name", &json!("S"));
    check("{'k': $states.input.none}", &json!({}));
    check("$states.input.n", &json!(null));
    check("$exists($states.input.n)", &json!(true));
    check("[1/0, -1/0, 0/0]", &json!(["Infinity", "-Infinity", "NaN"]));
    check("$string(1e20)", &json!("100000000000000000000"));
    check("-0", &json!(0));
    check("'a' & 1 & true", &json!("a1true"));
    check("[1..3]", &json!([1, 2, 3]));
    check("$join(['a','b'], '-')", &json!("a-b"));
    check("$join(['a','b'])", &json!("ab"));
    check("['a','b'] ~> $join('-')", &json!("a-b"));
    check("['a','b'] ~> $join", &json!("ab"));
    check("$pad('x', -3, '#')", &json!("##x"));
    check("'x' ~> $pad(3)", &json!("x  "));
    check("$replace('abcabc', 'a', 'z', 1)", &json!("zbcabc"));
    check("$replace('abc', /b/, function($m){ $uppercase($m.match) })", &json!("aBc"));
    check("$states.input.s.$replace('t', 'T')", &json!("TexT"));
    check("$map([1,2], $string)", &json!(["1", "2"]));
    check("[1,2].$string()", &json!(["1", "2"]));
    check("($map([1,2], function($x){ $x ~> $string() }))", &json!(["1", "2"]));
    fails("$string()", "returned nothing (undefined).");
    check("$states.input.a.$string()", &json!("1"));
    check("$string({'a': [1]})", &json!("{\"a\":[1]}"));
    check("($string := function($x){ 'mine' }; $string(1))", &json!("mine"));
    check("($join := 5; $join + 1)", &json!(6));
    check("$now()", &json!("2023-11-14T22:13:20.123Z"));
    check("$now('[Y]')", &json!("2023"));
    check("$millis()", &json!(1_700_000_000_123_i64));
}

#[test]
fn functions_of_step_functions() {
    check("$partition([1,2,3,4,5], 2.9)", &json!([[1, 2], [3, 4], [5]]));
    check("$partition([1,2,3])", &json!([[1, 2, 3]]));
    check("$range(0, 10, 2)", &json!([0, 2, 4, 6, 8, 10]));
    check("$range(10, 0, -5)", &json!([10, 5, 0]));
    check("$range(-1.7, 2, 1)", &json!([-1, 0, 1, 2]));
    check("$range(3, 3, 1)", &json!(3));
    check("$count($range(1, 360145, 1))", &json!(360_145));
    check(
        "$count($range(-9223372036854775808, 9223372036854775807, 9223372036854775807))",
        &json!(3),
    );
    check("$hash('Hello', 'SHA-1')", &json!("f7ff9e8b7bb2e09b70935a5d785e0cc5d9d0abf0"));
    check("$random(42)", &json!(0.727_563_680_032_868_1));
    check("$random(0.9)", &json!(0.730_967_787_376_657));
    check("$random() = $random()", &json!(false));
    check("$length($uuid())", &json!(36));
    check("$parse('{\"b\":1,\"a\":[2.0]}')", &json!({"b": 1, "a": [2]}));
    check("$map(['{\"a\":1}', '{\"a\":2}'], $parse).a", &json!([1, 2]));
    check("$states.input.arr ~> $partition(1)", &json!([[{"x": 1}], [{"x": 2}]]));
    for undefined in [
        "$parse()",
        "$partition([], 2)",
        "$partition([1], 0)",
        "$range(5,1,1)",
        "$range(1,5)",
        "$hash('a')",
        "$nope",
        "$states.result",
        "$states.input.a.b",
    ] {
        fails(undefined, "returned nothing (undefined).");
    }
    let raised = |message: &str| format!("threw an error during evaluation. {message}");
    fails("$partition([1], -1)", &raised("D3137: Second argument must be zero or greater"));
    fails(
        "$range(1)",
        &raised("T0410: Argument 2 of function \"range\" does not match function signature"),
    );
    fails(
        "$uuid(1)",
        &raised("T0410: Argument 1 of function \"uuid\" does not match function signature"),
    );
    fails(
        "$parse(null)",
        &raised("T0410: Argument 1 of function \"parse\" does not match function signature"),
    );
    for text in ["''", "'{\"a\":1}{}'", "'{\"a\":1,\"a\":2}'", "'1e400'", "'[1,]'"] {
        fails(&format!("$parse({text})"), &raised("D3137: Invalid JSON"));
    }
    fails("$eval('1')", &raised("T1006: Attempted to invoke a non-function"));
    fails("$range(1, 360146, 1)", MEMORY);
}

#[test]
fn failures_in_aws_words() {
    let raised = |message: &str| format!("threw an error during evaluation. {message}");
    fails("function($x){$x}", "returned an unsupported result type.");
    fails("[1, $sum]", "returned an unsupported result type.");
    fails("/a/", "returned an unsupported result type.");
    fails(
        "1 + {}",
        &raised("T2002: The right side of the \"+\" operator must evaluate to a number"),
    );
    fails(
        "$sqrt(-1)",
        &raised("D3060: The sqrt function cannot be applied to a negative number: -1"),
    );
    fails(
        "$split('a','b',-1)",
        &raised("D3020: Third argument of split function must evaluate to a positive number"),
    );
    fails(
        "$sum(['a'])",
        &raised("T0412: Argument 1 of function \"sum\" must be an array of \"numbers\""),
    );
    fails(
        "$each('x', function($v){$v})",
        &raised("T0410: Argument 1 of function \"each\" does not match function signature"),
    );
    fails("$nope(1)", &raised("T1006: Attempted to invoke a non-function"));
    fails(
        "$replace('a','','b')",
        "threw an error during evaluation: Second argument of replace function cannot be an empty string",
    );
    let error = Expression::compile("a[1,2)").unwrap_err();
    assert_eq!(
        (error.code.as_deref(), error.message.as_str()),
        (Some("S0202"), "Expected \"]\", got \",\"")
    );
    assert_eq!(
        unexpected_type("1", "Items", "array", &json!(1)).cause,
        "The JSONata expression '1' specified for the field 'Items' returned an unexpected result type. Expected 'array', but was 'number' for value: 1"
    );
}

#[test]
fn limits_hold() {
    let doubling = |n: u32| {
        format!(
            "($f := function($s, $n){{ $n = 0 ? $s : $f($s & $s, $n - 1) }}; $length($f('x', {n})))"
        )
    };
    check(&doubling(22), &json!(4_194_304));
    fails(&doubling(23), MEMORY);
    check("[1..873782] ~> $count()", &json!(873_782));
    fails("[1..873783] ~> $count()", MEMORY);
    fails("$pad('x', 4e9)", MEMORY);
    fails("$pad('x', -4e9, 'ab')", MEMORY);
    fails("($p := $pad; $p('x', 1e8))", MEMORY);
    fails("($s := $pad('x', 1000000); $join([1..1000].$s))", MEMORY);
    fails("($s := $pad('x', 1000000); [1..1000].$s ~> $join)", MEMORY);
    fails("($s := $pad('x', 1000000); $replace($s, 'x', $s))", MEMORY);
    fails("($s := $pad('x', 1000000); $map([1..100000], function($i){ $s & $i }))", MEMORY);
    fails("($d := function($x,$n){$n=0?$x:$d([$x,$x],$n-1)}; $string($d(1,40)))", MEMORY);
    fails("($d := function($x,$n){$n=0?$x:$d([$x,$x],$n-1)}; $d(1,60) = $d(1,60))", MEMORY);
    fails(
        "($d := function($x,$n){$n=0?$x:$d([$x,$x],$n-1)}; $distinct([$d(1,60), $d(1,60)]))",
        MEMORY,
    );
    fails("($d := function($x,$n){$n=0?$x:$d([$x,$x],$n-1)}; $d(1,60))", MEMORY);
    let nest = "$d := function($x,$n){$n=0?$x:$d([[$x],[$x]],$n-1)}; ";
    fails(&format!("({nest}$string($d(1,30)))"), MEMORY);
    fails(&format!("({nest}[$d(1,30)] ~> $string)"), MEMORY);
    fails(&format!("({nest}$d(1,30) = $d(1,30))"), MEMORY);
    fails(&format!("({nest}$distinct([$d(1,30), $d(1,30)]))"), MEMORY);
    fails(&format!("({nest}$d(1,30))"), MEMORY);
    check(
        "$length($reduce([1..3000], function($a, $i){ $a & 'twenty characters...' }, ''))",
        &json!(60_000),
    );
    check("$count($reduce([1..2000], function($a, $i){ [$a, $i] }))", &json!(2000));
    fails("($f := function($x){ $x <= 0 ? 0 : 1 + $f($x-1) }; $f(1000000))", DEPTH);
    for (open, close) in [("1+", ""), ("(", ")"), ("[", "]")] {
        let nested = |count: usize| format!("{}1{}", open.repeat(count), close.repeat(count));
        assert!(evaluate_with(&nested(99), &json!({}), &NoVariables).is_ok());
        fails(&nested(100), DEPTH);
    }
    fails(
        "($f := function($x){ $f($x+1) }; $f(1))",
        "threw an error during evaluation: Expression evaluation timeout: Check for infinite loop",
    );
}

#[test]
fn what_is_charged_stays_what_it_is() {
    for (source, expected) in [
        ("$map([1,2], function($x){ [$x.missing, 1] })", json!([[1], [1]])),
        ("$map([1,2], function($x){ [$states.input.a.b, $x] })", json!([[1, 2, 1], [1, 2, 2]])),
        ("[1,2].[$]", json!([[1], [2]])),
        ("[1,2].[$, [$]]", json!([[1, [1]], [2, [2]]])),
        ("[1,2].{'a': $, 'b': [$]}", json!([{"a": 1, "b": [1]}, {"a": 2, "b": [2]}])),
        ("$states.input.a.{'c': b}", json!([{"c": 1}, {"c": 2}])),
        ("$states.input.a{$string(b): b}", json!({"1": 1, "2": 2})),
        ("($f := function($n){ function($m){ $n + $m } }; $f(1)(2))", json!(3)),
        ("($f := function($n){ $n > 0 ? function($m){ $m } : 1 }; $map([4], $f(1)))", json!(4)),
        ("$split('a,b', ',')", json!(["a", "b"])),
        ("$split('ab', '', 1)", json!(["a"])),
        ("$split('a1b2', /[0-9]/)", json!(["a", "b", ""])),
        ("'a b' ~> $split(' ')", json!(["a", "b"])),
        ("$map(['a b'], function($s){ $split($s, ' ') })", json!(["a", "b"])),
        ("($split := 1; $split)", json!(1)),
    ] {
        let input = json!({"a": [{"b": 1}, {"b": 2}]});
        assert_eq!(evaluate_with(source, &input, &NoVariables), Ok(expected), "{source}");
    }
}

#[test]
fn many_small_values_are_bounded() {
    let random = &mut SplitMix::new(1);
    let limits = Limits { time_ms: 60_000, depth: 100, value_bytes: 80_000 };
    let input = json!({"a": (0..2_000).collect::<Vec<i32>>()});
    for source in [
        "$map($states.input.a, function($x){ $map($states.input.a, function($y){ {'a': $y} }) })",
        "$states.input.a.[$states.input.a.{'x': 1}]",
        "$states.input.a.[$states.input.a.[$, $]]",
        "$states.input.a.{'x': $states.input.a.{'y': $}}",
        "$map($states.input.a, function($x){ $map($states.input.a, function($y){ function($z){ $x + $y } }) })",
        "$split($pad('x', 70000), '')",
        "$pad('x', 70000) ~> $split('')",
        "$map([$pad('x', 70000)], function($s){ $split($s, '') })",
        "$map([1..9000], function($i){ $split($pad('xy', 9000), '') })",
    ] {
        let mut frame = Frame {
            input: &input,
            context: &Value::Null,
            result: None,
            error_output: None,
            variables: &NoVariables,
            random,
            now_ms: 0,
            limits,
        };
        let found = Expression::compile(source).unwrap().evaluate("Output", &mut frame);
        let cause = found.map(|_| ()).unwrap_err().cause;
        assert!(cause.contains("memory limit exceeded"), "{source}: {cause}");
    }
}

#[test]
fn deep_source_is_refused_or_evaluated_but_never_overflows() {
    for source in [
        "(".repeat(100_000) + "1" + &")".repeat(100_000),
        "[".repeat(100_000),
        "-".repeat(100_000) + "1",
        format!("1{}", "+1".repeat(200_000)),
        "$f(".repeat(50_000),
    ] {
        let _ = evaluate_within(IMPATIENT_MS, &source, &json!({}), &NoVariables);
    }
}

#[test]
fn variables_are_seen_and_may_bear_the_names_of_functions() {
    let variables: Map<String, Value> =
        json!({"x": [1, 2], "string": "s", "join": {"a": 1}, "big": 9_007_199_254_740_993_i64})
            .as_object()
            .cloned()
            .unwrap();
    for (source, expected) in [
        ("$x", json!([1, 2])),
        ("$x[1]", json!(2)),
        ("$string", json!("s")),
        ("$string & 'x'", json!("sx")),
        ("$join.a", json!(1)),
        ("$join.a + 1", json!(2)),
        ("$big", json!(9_007_199_254_740_993_i64)),
        ("$count($x)", json!(2)),
    ] {
        assert_eq!(evaluate_with(source, &json!({}), &variables), Ok(expected), "{source}");
    }
}

#[test]
fn what_is_read_is_known() {
    let expression =
        Expression::compile("$states.input.a.b & $states.result & $v & $$.c & name.x").unwrap();
    assert!(
        expression.reads_states("input")
            && expression.reads_states("result")
            && !expression.reads_states("context")
    );
    assert_eq!(expression.variables(), ["v"]);
    assert_eq!(
        expression.unsupported(),
        [
            "Reference to '$$' is not supported.",
            "Reference to 'name' at the top level is not supported."
        ]
    );
    let expression = Expression::compile(
        "($own := $a; $map($b, function($x, $i){ $x + $c }); $map($d, $string); $e#$j.($j))",
    )
    .unwrap();
    assert_eq!(expression.variables(), ["a", "b", "c", "d", "e"]);
    for supported in [
        "$states.input.items[value > 3].name",
        "$states.input.a.{'k': b}",
        "$states.input^(age)",
        "[1..3].{'a': $}",
    ] {
        assert!(Expression::compile(supported).unwrap().unsupported().is_empty(), "{supported}");
    }
    assert_eq!(Expression::extract("{% a %}"), Some("a"));
    assert_eq!(Expression::extract("{%a%}"), Some("a"));
    assert_eq!(Expression::extract(" {% a %}"), None);
    assert_eq!(Expression::extract("{%}"), None);
}

#[test]
fn plain_paths_mean_the_same_to_us_and_to_the_evaluator() {
    use crate::value::Random as _;
    let mut random = SplitMix::new(11);
    for _ in 0..3_000 {
        let input = random_value(&mut random, 4);
        let names = ["a", "b", "c"];
        let length = random.next_u64() % 4;
        let steps: Vec<&str> =
            (0..length).map(|_| names[(random.next_u64() % 3) as usize]).collect();
        let path = if steps.is_empty() { String::new() } else { format!(".{}", steps.join(".")) };
        let plain =
            evaluate_with(&format!("$states.input{path}"), &input, &NoVariables).map_err(|_| ());
        let full =
            evaluate_with(&format!("($states.input{path})"), &input, &NoVariables).map_err(|_| ());
        assert_eq!(plain, full, "{path} of {input}");
    }
}

fn random_value(random: &mut SplitMix, depth: usize) -> Value {
    match random.next_u64() % if depth == 0 { 4 } else { 8 } {
        0 => Value::Null,
        1 => json!(random.next_u64() % 5),
        2 => json!("s"),
        3 => json!(true),
        4 => (0..random.next_u64() % 3).map(|_| random_value(random, depth - 1)).collect(),
        _ => {
            let mut fields = Map::new();
            for name in ["a", "b", "c"] {
                if random.next_u64().is_multiple_of(2) {
                    fields.insert(name.to_owned(), random_value(random, depth - 1));
                }
            }
            Value::Object(fields)
        }
    }
}

#[test]
fn random_text_never_panics() {
    let pieces = [
        "$",
        "$states",
        ".",
        "input",
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        "&",
        "..",
        "1",
        "'a'",
        "function($x)",
        ":=",
        ";",
        "~>",
        "$join",
        "$pad",
        "%",
        "@$i",
        "#$j",
        "^",
        "|",
        "*",
        "**",
        "?",
        ":",
        " ",
        "/a/",
        "é",
        "$map",
        ",",
    ];
    let mut random = SplitMix::new(9);
    for _ in 0..20_000 {
        let length = random.next_u64() % 12;
        let source: String = (0..length)
            .map(|_| pieces[(random.next_u64() % pieces.len() as u64) as usize])
            .collect();
        let _ = evaluate_within(IMPATIENT_MS, &source, &json!({"a": [1, {"b": 2}]}), &NoVariables);
    }
}
