//! Expressions of recorded executions against AWS's answers, where the recordings lie beside the project.
//!
//! Takes the executions whose machine is one Pass or Fail state: what comes out of those is what the expressions gave.

use asl::jsonata::{Frame, Limits};
use asl::states_error::StatesError;
use asl::template::{JsonataTemplate, PayloadTemplate};
use asl::value::{NoVariables, Scope, SplitMix};
use serde_json::{Value, json};

/// Recordings hold JSON texts of objects parsed, all other texts as they were.
fn value_of(recorded: &Value) -> Value {
    match recorded {
        Value::String(text) => serde_json::from_str(text).unwrap_or_else(|_| recorded.clone()),
        other => other.clone(),
    }
}

/// The outcome of a machine of one Pass state, or nothing if it is another machine.
fn outcome(row: &Value) -> Option<Result<Value, StatesError>> {
    let definition: Value = serde_json::from_str(row["definition"].as_str()?).ok()?;
    let states = definition["States"].as_object()?;
    let (name, state) = states.iter().next().filter(|_| states.len() == 1)?;
    if state["Type"] != "Pass" || !row["self_contained"].as_bool()? {
        return None;
    }
    let input = value_of(&row["input"]);
    let context = json!({"Execution": {"Input": input}, "StateMachine": {"Name": row["case"]}, "State": {"Name": name}});
    let mut random = SplitMix::new(1);
    let language = state.get("QueryLanguage").or(definition.get("QueryLanguage"));
    let found = if language == Some(&json!("JSONata")) {
        let mut frame = Frame {
            input: &input,
            context: &context,
            result: None,
            error_output: None,
            variables: &NoVariables,
            random: &mut random,
            now_ms: 0,
            limits: Limits::default(),
        };
        let field = if state.get("Assign").is_some() { "Assign" } else { "Output" };
        JsonataTemplate::compile(state.get(field)?)
            .expect("recorded definitions compile")
            .eval(field, &mut frame)
    } else {
        let scope = Scope { input: &input, context: &context, variables: &NoVariables };
        let template = PayloadTemplate::compile(state.get("Parameters")?)
            .expect("recorded definitions compile");
        template.eval(&scope, &mut random)
    };
    Some(found.map_err(|error| error.in_state(name, 2)))
}

/// Names and random numbers were blanked in the recordings.
fn is_blanked(value: &Value) -> bool {
    let text = value.to_string();
    text.contains("ArnPart")
        || text.contains("RandomNumberGenerated")
        || text.contains("generated-uuid")
}

#[test]
fn conformance_of_recorded_expressions() {
    let Some(text) = recordings::text("step-functions/executions.jsonl") else { return };
    let mut suite = recordings::Suite::new("expressions in executions", &["result"]);
    for row in text.lines().map(|line| serde_json::from_str::<Value>(line).expect("a row is JSON"))
    {
        let Some(found) = outcome(&row) else { continue };
        let expected = match row["expected_status"].as_str() {
            Some("SUCCEEDED") => Ok(value_of(&row["expected_output"])),
            _ => Err((row["expected_error"].clone(), row["expected_cause"].clone())),
        };
        if expected.as_ref().is_ok_and(is_blanked) && found.is_ok() {
            suite.leave_out();
            continue;
        }
        let found = found.map_err(|error| (json!(error.error), json!(error.cause)));
        let same = match (&found, &expected) {
            (Ok(found), Ok(expected)) => asl::value::equal(found, expected),
            (found, expected) => found == expected,
        };
        let outcome = if same {
            Ok(())
        } else {
            Err(format!("{} -> {found:?}, expected {expected:?}", row["definition"]))
        };
        suite.check(row["case"].as_str().unwrap_or_default(), outcome);
    }
    suite.finish("");
}
