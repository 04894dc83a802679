//! The official JSONata suite, where a copy of it lies beside the project: prints how many cases pass.

#![cfg(test)]

use super::{Expression, Failure, Frame, Limits, convert, run};
use crate::value::SplitMix;
use jsonata_core::value::JValue;
use serde_json::{Map, Value};

/// Groups whose expected results Step Functions does not give, and why.
const NOT_OF_STEP_FUNCTIONS: [(&str, &str); 2] = [
    ("function-eval/", "$eval is taken away"),
    ("tail-recursion/case001", "a larger stack than Step Functions has"),
];

fn evaluate(case: &Value) -> Result<Value, Failure> {
    let source = case["expr"].as_str().unwrap_or_default();
    let expression = Expression::compile(source)
        .map_err(|error| Failure::Coded(error.code.unwrap_or(error.message)))?;
    let variables: Map<String, Value> = case["bindings"].as_object().cloned().unwrap_or_default();
    let mut random = SplitMix::new(1);
    let mut frame = Frame {
        input: &Value::Null,
        context: &Value::Null,
        result: None,
        error_output: None,
        variables: &variables,
        random: &mut random,
        now_ms: 1_700_000_000_000,
        limits: Limits { depth: 5_000, time_ms: 4_000, value_bytes: 100_000_000 },
    };
    let item = if case["hasData"] == true {
        convert::to_evaluator(&case["data"])
    } else {
        JValue::Undefined
    };
    run::on(&expression.compiled, &mut frame, &item)
}

fn passes(case: &Value, found: &Result<Value, Failure>) -> bool {
    match (case["kind"].as_str(), found) {
        (Some("result"), Ok(value)) => close(value, &case["result"]),
        (Some("undef"), Err(Failure::Undefined)) => true,
        (Some("error"), Err(failure)) => *failure != Failure::Undefined,
        _ => false,
    }
}

fn close(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => {
            let (left, right) =
                (left.as_f64().unwrap_or(f64::NAN), right.as_f64().unwrap_or(f64::NAN));
            (left - right).abs() <= 1e-9 * left.abs().max(1.0)
        }
        (Value::Array(left), Value::Array(right)) => {
            left.len() == right.len()
                && left.iter().zip(right).all(|(left, right)| close(left, right))
        }
        (Value::Object(left), Value::Object(right)) => {
            left.len() == right.len()
                && left
                    .iter()
                    .all(|(key, value)| right.get(key).is_some_and(|other| close(value, other)))
        }
        (left, right) => left == right,
    }
}

#[test]
fn conformance_of_expressions() {
    let Some(text) = recordings::text("jsonata/cases.jsonl") else { return };
    let mut suite = recordings::Suite::new("jsonata", &["result"]);
    for line in text.lines() {
        // Two cases hold half a surrogate pair, which no Rust string can.
        let Ok(case) = serde_json::from_str::<Value>(line) else {
            suite.leave_out();
            continue;
        };
        let id = case["id"].as_str().unwrap_or_default();
        if NOT_OF_STEP_FUNCTIONS.iter().any(|(group, _)| id.starts_with(group)) {
            suite.leave_out();
            continue;
        }
        let found = evaluate(&case);
        let outcome = if passes(&case, &found) {
            Ok(())
        } else {
            let (expression, kind, result) = (&case["expr"], &case["kind"], &case["result"]);
            Err(format!("{expression} -> {found:?}, expected {kind} {result}"))
        };
        suite.check(id, outcome);
    }
    suite.finish(include_str!("known_misses.txt"));
}
