//! Definitions and inputs that mean harm: each ends with an error of its own, soon and in little memory.
//!
//! One test in a process of its own, because what it measures is the process's greatest size.

use std::time::{Duration, Instant};

use engine::{Data, Effect, Entropy, Execution, Identity, Input, MachineKind, Status, decide};
use serde_json::{Value, json};

/// Longest time of one execution, slow machines and unoptimised builds considered; most of them take milliseconds.
const LONGEST: Duration = Duration::from_secs(40);
/// Most memory that all of them together may make the process take, bytes.
const MOST_MEMORY: u64 = 600 << 20;
/// Turns of one execution: each is bounded, and no history takes more.
const TURNS: usize = 20_000;

/// What becomes of one.
enum End {
    /// It fails with this error.
    Fails(&'static str),
    /// It ends well, which is as good.
    Succeeds,
}

use End::{Fails, Succeeds};

fn run(definition: &Value, input: Data) -> Execution {
    let checked = asl::check(&definition.to_string(), asl::Options::default());
    let program = checked.program.unwrap_or_else(|| panic!("{:?}", checked.diagnostics));
    let mut execution = Execution::new(Identity {
        execution_arn: "arn:aws:states:eu-west-1:111111111111:execution:machine:run".into(),
        name: "run".into(),
        state_machine_arn: "arn:aws:states:eu-west-1:111111111111:stateMachine:machine".into(),
        state_machine_name: "machine".into(),
        role_arn: "role".into(),
        state_machine_alias_arn: None,
        state_machine_version_arn: None,
        kind: MachineKind::Standard,
        input,
        start_ms: 0,
    });
    let mut waiting = vec![(Input::Start, 0)];
    let mut entropy = Entropy::from_number(7);
    for _ in 0..TURNS {
        let Some((input, now_ms)) = waiting.pop() else { break };
        let turn = decide(&execution, &program, input, now_ms, &mut entropy).expect("a turn");
        execution.apply(turn.changes);
        for effect in turn.effects {
            if let Effect::SetTimer { key, due_ms } = effect {
                waiting.push((Input::TimerFired { key }, due_ms));
            }
        }
    }
    execution
}

/// A state that is done again and again.
fn again(state: &Value) -> Value {
    let mut state = state.clone();
    state["Next"] = json!("Again");
    json!({"StartAt": "Once", "States": {"Once": state, "Again": {
        "Type": "Choice", "Choices": [{"Variable": "$$.State.Name", "IsPresent": false, "Next": "End"}], "Default": "Once",
    }, "End": {"Type": "Succeed"}}})
}

fn once(state: &Value) -> Value {
    let mut state = state.clone();
    state["End"] = json!(true);
    json!({"StartAt": "Once", "States": {"Once": state}})
}

fn jsonata(state: &Value) -> Value {
    let mut definition = once(state);
    definition["QueryLanguage"] = json!("JSONata");
    definition
}

/// A Map in a Map and so on.
fn maps(depth: usize) -> Value {
    let inner = (1..depth).fold(
        json!({"StartAt": "P1", "States": {"P1": {"Type": "Pass", "End": true}}}),
        |inner, level| {
            let name = format!("M{level}");
            let map = json!({"Type": "Map", "ItemsPath": "$$.Execution.Input", "ItemProcessor": inner, "End": true});
            json!({"StartAt": name, "States": {name: map}})
        },
    );
    json!({"StartAt": "M", "States": {"M": {"Type": "Map", "ItemProcessor": inner, "End": true}}})
}

/// What doubles.
fn doubling() -> Vec<(&'static str, Value, String, End)> {
    let pass = |more: Value| {
        let mut state = json!({"Type": "Pass"});
        state.as_object_mut().expect("an object").extend(more.as_object().expect("one").clone());
        state
    };
    let text = json!({"s": "xx"}).to_string();
    vec![
        (
            "a text that doubles",
            again(&pass(json!({"Parameters": {"s.$": "States.Format('{}{}', $.s, $.s)"}}))),
            text.clone(),
            Fails("States.DataLimitExceeded"),
        ),
        (
            "an object that doubles",
            again(&pass(json!({"Parameters": {"a.$": "$", "b.$": "$"}}))),
            text.clone(),
            Fails("States.DataLimitExceeded"),
        ),
        (
            "an object that nests",
            again(&pass(json!({"Parameters": {"a.$": "$"}}))),
            text.clone(),
            Fails("States.Runtime"),
        ),
        (
            "a text in one expression",
            jsonata(&pass(
                json!({"Output": "{% ($f := function($s, $n){ $n = 0 ? $s : $f($s & $s, $n - 1) }; $f('x', 60)) %}"}),
            )),
            text.clone(),
            Fails("States.QueryEvaluationError"),
        ),
        (
            "a list in one expression",
            jsonata(&pass(
                json!({"Output": "{% ($d := function($x, $n){ $n = 0 ? $x : $d([$x, $x], $n - 1) }; $d(1, 60)) %}"}),
            )),
            text,
            Fails("States.QueryEvaluationError"),
        ),
    ]
}

/// What takes long.
fn endless() -> Vec<(&'static str, Value, String, End)> {
    let letters = json!({"s": "a".repeat(100_000)}).to_string();
    let choice = |rule: Value| json!({"StartAt": "C", "States": {"C": {"Type": "Choice", "Choices": [rule], "Default": "E"}, "E": {"Type": "Succeed"}}});
    vec![
        (
            "an expression that never ends",
            jsonata(
                &json!({"Type": "Pass", "Output": "{% ($f := function($x){ $f($x + 1) }; $f(1)) %}"}),
            ),
            "{}".into(),
            Fails("States.QueryEvaluationError"),
        ),
        (
            "an expression that nests without end",
            jsonata(
                &json!({"Type": "Pass", "Output": "{% ($f := function($x){ 1 + $f($x + 1) }; $f(1)) %}"}),
            ),
            "{}".into(),
            Fails("States.QueryEvaluationError"),
        ),
        (
            "a pattern that backtracks",
            jsonata(
                &json!({"Type": "Pass", "Output": "{% $contains($states.input.s, /(a+)+(a|aa)+(.*)*b/) %}"}),
            ),
            json!({"s": "a".repeat(2_000)}).to_string(),
            Succeeds,
        ),
        (
            "wildcards that backtrack",
            choice(
                json!({"Variable": "$.s", "StringMatches": format!("{}b", "*a".repeat(2_000)), "Next": "E"}),
            ),
            letters,
            Succeeds,
        ),
        (
            "a path with many descents",
            once(&json!({"Type": "Pass", "Parameters": {"x.$": "$..*..*..*..*..*"}})),
            json!((0..30).fold(json!(1), |inner, _| json!([inner, {"a": 1}]))).to_string(),
            Fails("States.Runtime"),
        ),
        (
            "states without an end",
            again(&json!({"Type": "Pass"})),
            "{}".into(),
            Fails("States.Runtime"),
        ),
        (
            "retries without an end",
            once(&json!({
                "Type": "Map",
                "ItemProcessor": {"StartAt": "F", "States": {"F": {"Type": "Fail", "Error": "E"}}},
                "Retry": [{"ErrorEquals": ["States.ALL"], "MaxAttempts": 99_999_999, "IntervalSeconds": 1, "BackoffRate": 1.0}],
            })),
            "[1]".into(),
            Fails("States.Runtime"),
        ),
        (
            "a state that waits without an end",
            once(&json!({"Type": "Wait", "SecondsPath": "$.n"})),
            json!({"n": 99_999_999}).to_string(),
            Succeeds,
        ),
    ]
}

/// What is large.
fn large() -> Vec<(&'static str, Value, String, End)> {
    let number = |text: &str| format!(r#"{{"n": {text}}}"#);
    let pass = |path: &str| once(&json!({"Type": "Pass", "Parameters": {"n.$": path}}));
    let many = serde_json::to_string(&vec![0; 130_000]).expect("numbers");
    vec![
        ("a Map over 130,000 items", maps(1), many, Fails("States.Runtime")),
        (
            "a Map in a Map in a Map",
            maps(3),
            serde_json::to_string(&vec![0; 2_000]).expect("numbers"),
            Fails("States.Runtime"),
        ),
        (
            "a range of all numbers",
            pass("States.ArrayRange(0, 9007199254740991, 1)"),
            "{}".into(),
            Fails("States.Runtime"),
        ),
        (
            "a sum beyond numbers",
            pass("States.MathAdd($.n, $.n)"),
            number("1.7e308"),
            Fails("States.Runtime"),
        ),
        (
            "a wait beyond time",
            once(&json!({"Type": "Wait", "SecondsPath": "$.n"})),
            number("1e300"),
            Fails("States.Runtime"),
        ),
        (
            "a number of a thousand digits",
            once(&json!({"Type": "Pass"})),
            number(&"9".repeat(1_000)),
            Succeeds,
        ),
    ]
}

/// The greatest size of this process so far, bytes; nothing where the system does not say.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    kib.unwrap_or_default() * 1024
}

#[test]
fn whoever_means_harm_harms_only_himself() {
    let before = peak();
    for (name, definition, input, end) in [doubling(), endless(), large()].into_iter().flatten() {
        let started = Instant::now();
        // Numbers that no JSON reader has are refused before they begin.
        let Ok(input) = Data::parse(&input) else { continue };
        let execution = run(&definition, input);
        let found = (execution.progress.status, execution.progress.error.as_deref());
        let expected = match end {
            Fails(error) => (Status::Failed, Some(error)),
            Succeeds => (Status::Succeeded, None),
        };
        assert_eq!(found, expected, "{name}: {:?}", execution.progress.cause);
        let took = started.elapsed();
        assert!(took < LONGEST, "{name} took {took:?}");
        let peak = peak();
        assert!(peak - before < MOST_MEMORY, "{name}: {} MiB", (peak - before) >> 20);
    }
}

#[test]
fn what_cannot_even_begin() {
    let nest = |count: usize| format!("{}1{}", "[".repeat(count), "]".repeat(count));
    for input in [nest(1_000), nest(5_000), nest(1_000_000), "1e999".into(), String::new()] {
        assert!(Data::parse(&input).is_err(), "{}", &input[..input.len().min(20)]);
    }
    let rules = (0..5_000).fold(r#"{"Variable": "$", "IsNull": true}"#.to_owned(), |rule, _| {
        format!(r#"{{"Not": {rule}}}"#)
    });
    let rules = format!(
        r#"{{"StartAt": "C", "States": {{"C": {{"Type": "Choice", "Choices": [{rules}]}}, "E": {{"Type": "Succeed"}}}}}}"#
    );
    let parallels = (0..3_000).fold(r#"{"Type": "Succeed"}"#.to_owned(), |inner, level| {
        format!(r#"{{"Type": "Parallel", "End": true, "Branches": [{{"StartAt": "S{level}", "States": {{"S{level}": {inner}}}}}]}}"#)
    });
    let parallels = format!(r#"{{"StartAt": "P", "States": {{"P": {parallels}}}}}"#);
    let started = Instant::now();
    for definition in [rules, parallels, nest(500_000), "{\"a\":".repeat(200_000)] {
        assert!(asl::check(&definition, asl::Options::default()).program.is_none());
    }
    // Many states are no harm.
    let states: Vec<String> = (0..9_000)
        .map(|n| format!(r#""S{n}": {{"Type": "Pass", "Next": "S{}"}}"#, n + 1))
        .collect();
    let wide = format!(
        r#"{{"StartAt": "S0", "States": {{{}, "S9000": {{"Type": "Succeed"}}}}}}"#,
        states.join(", ")
    );
    assert!(asl::check(&wide, asl::Options::default()).program.is_some());
    assert!(started.elapsed() < LONGEST, "{:?}", started.elapsed());
}
