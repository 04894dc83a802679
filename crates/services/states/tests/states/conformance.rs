//! Recorded calls and AWS's answers, where the recordings are at hand.

use crate::fakes::Fake;
use crate::world::{ACCOUNT, World};
use serde_json::{Map, Value, json};
use service::{AwsError, Service};
use std::collections::HashMap;
use std::sync::Arc;

/// How a scenario ended.
enum Verdict {
    Passed,
    /// It needs what a client checks, or a service that is not here.
    Skipped,
    Failed(String),
}

#[tokio::test(start_paused = true)]
async fn api_traces() {
    let Some(text) = recordings::text("step-functions/api_traces.jsonl") else { return };
    let mut suite = recordings::Suite::new("api traces", &["answers"]);
    for line in text.lines() {
        let row: Value = serde_json::from_str(line).unwrap();
        let case = row["case"].as_str().unwrap();
        match run(&row).await {
            Verdict::Passed => suite.check(case, Ok(())),
            Verdict::Skipped => suite.leave_out(),
            Verdict::Failed(why) => suite.check(case, Err(why)),
        }
    }
    suite.finish(include_str!("known_misses.txt"));
}

async fn run(row: &Value) -> Verdict {
    let world = World::new(Vec::new()).await;
    let mut state = Substitutes::default();
    let mut checked = 0;
    for step in row["steps"].as_array().unwrap() {
        let operation = step["op"].as_str().unwrap();
        let expect = step.get("expect").and_then(Value::as_array).cloned().unwrap_or_default();
        let is_client_side =
            |expected: &Value| expected["aws"].to_string().contains("Parameter validation failed");
        if expect.iter().any(is_client_side) {
            continue;
        }
        let input = state.input(step, &expect);
        tokio::time::sleep(std::time::Duration::from_secs(1)).await;
        let answer = world.call(operation, input.clone()).await;
        state.learn(operation, &input, answer.as_ref().ok());
        let found = match &answer {
            Ok(output) => output.clone(),
            Err(error) => json!({"Error": {"Code": error.code, "Message": error.message}}),
        };
        for expected in expect.iter().filter(|expected| {
            expected["same_object"] != json!(false) || expected["aws"].is_string()
        }) {
            checked += 1;
            if let Err(why) = compare(&expected["aws"], &found, "") {
                return Verdict::Failed(format!("{operation} {input}: {why}"));
            }
        }
    }
    if checked == 0 { Verdict::Skipped } else { Verdict::Passed }
}

/// What recorded requests name and this server named otherwise.
#[derive(Default)]
struct Substitutes {
    executions: HashMap<String, String>,
    started: Vec<String>,
    next_token: Option<Value>,
}

impl Substitutes {
    fn input(&mut self, step: &Value, expect: &[Value]) -> Value {
        let mut input = step["params"].as_object().cloned().unwrap_or_default();
        input.retain(|_, value| !value.is_null());
        let refused = expect.iter().any(|e| e["aws"].to_string().contains("DoesNotExist"));
        if let Some(arn) = input.get("executionArn").and_then(Value::as_str).filter(|_| !refused) {
            let known = self.executions.get(arn).cloned();
            let own = known.or_else(|| (!self.started.is_empty()).then(|| self.started.remove(0)));
            if let Some(own) = own {
                self.executions.insert(arn.to_owned(), own.clone());
                input["executionArn"] = Value::from(own);
            }
        }
        let is_page =
            input.get("nextToken").and_then(Value::as_str).is_some_and(|t| t.len() <= 1024);
        if let Some(token) = self.next_token.as_ref().filter(|_| is_page) {
            input["nextToken"] = token.clone();
        }
        Value::Object(input)
    }

    fn learn(&mut self, operation: &str, input: &Value, output: Option<&Value>) {
        let Some(output) = output else { return };
        if operation == "StartExecution" && input.get("name").is_none() {
            self.started.push(output["executionArn"].as_str().unwrap().to_owned());
        }
        if let Some(token) = output.get("nextToken") {
            self.next_token = Some(token.clone());
        }
    }
}

#[tokio::test(start_paused = true)]
async fn trials_of_states() {
    let Some(text) = recordings::text("step-functions/test_state.jsonl") else { return };
    let silent = |name| Fake::new(name, |operation, _| Err(AwsError::not_implemented(operation)));
    let others = ["events", "lambda", "s3"].map(|name| silent(name) as Arc<dyn Service>);
    let world = World::new(others.into()).await;
    let mut suite = recordings::Suite::new("TestState", &["answer"]);
    for line in text.lines() {
        let row: Value = serde_json::from_str(line).unwrap();
        let found = match world.call("TestState", row["request"].clone()).await {
            Ok(output) => output,
            Err(error) => json!({"Error": {"Code": error.code, "Message": error.message}}),
        };
        let outcome = compare(&row["expected_response"], &found, "");
        suite.check(row["case"].as_str().unwrap(), outcome);
    }
    suite.finish(include_str!("known_misses.txt"));
}

/// Compares, placeholders standing for anything.
fn compare(expected: &Value, found: &Value, path: &str) -> Result<(), String> {
    let differs = || Err(format!("{path}: AWS has {expected}, refit has {found}"));
    match (expected, found) {
        (Value::Object(expected), Value::Object(found)) => objects(expected, found, path),
        (Value::Object(_) | Value::Array(_) | Value::Number(_), Value::String(text)) => {
            match serde_json::from_str::<Value>(text) {
                // Texts that hold JSON are recorded as JSON.
                Ok(value) => compare(expected, &value, path),
                Err(_) => differs(),
            }
        }
        // A list that the scenario put together of several pages, or of which it kept the list alone.
        (Value::Array(_), Value::Object(members)) => {
            let list = members.values().find(|value| value.is_array());
            list.map_or_else(differs, |list| compare(expected, list, path))
        }
        (Value::Array(expected), Value::Array(found)) if expected.len() == found.len() => expected
            .iter()
            .zip(found)
            .enumerate()
            .try_for_each(|(at, (e, f))| compare(e, f, &format!("{path}[{at}]"))),
        (Value::String(expected), Value::String(found))
            if expected.starts_with('[') && same_list(expected, found) =>
        {
            Ok(())
        }
        (Value::String(expected), Value::String(found)) if matches(expected, found) => Ok(()),
        (Value::String(expected), Value::Number(_)) if is_time(expected) => Ok(()),
        (Value::String(text), Value::Object(found)) if found.contains_key("Error") => {
            // An error as the client's exception prints.
            let (code, message) = (&found["Error"]["Code"], &found["Error"]["Message"]);
            let says = format!("({}) when calling the ", code.as_str().unwrap_or_default());
            let tail = text.split(" operation: ").nth(1).unwrap_or_default();
            if text.contains(&says) && matches(tail, message.as_str().unwrap_or_default()) {
                Ok(())
            } else {
                differs()
            }
        }
        _ if expected == found => Ok(()),
        _ => differs(),
    }
}

/// Lists are recorded as the texts they came in, with their spaces.
fn same_list(expected: &str, found: &str) -> bool {
    let lists = [expected, found].map(serde_json::from_str::<Value>);
    matches!(lists, [Ok(expected), Ok(found)] if compare(&expected, &found, "").is_ok())
}

/// Members that newer recordings have and older ones, of the same operation, have not.
const LATER: [&str; 7] = [
    "encryptionConfiguration",
    "revisionId",
    "redriveStatus",
    "redriveCount",
    "redriveStatusReason",
    "inputDetails",
    "outputDetails",
];

fn objects(
    expected: &Map<String, Value>,
    found: &Map<String, Value>,
    path: &str,
) -> Result<(), String> {
    if let Some(text) = expected.get("exception_value") {
        return compare(text, &Value::Object(found.clone()), path);
    }
    let ignored = ["ResponseMetadata", "message", "reason"];
    for (name, value) in expected.iter().filter(|(name, _)| !ignored.contains(&name.as_str())) {
        match found.get(name) {
            Some(found) => compare(value, found, &format!("{path}.{name}"))?,
            None => return Err(format!("{path}: refit has no {name}: {found:?}")),
        }
    }
    let extra =
        found.keys().find(|name| !expected.contains_key(*name) && !LATER.contains(&name.as_str()));
    match extra {
        Some(name) => Err(format!("{path}: refit has {name} as well: {}", found[name])),
        None => Ok(()),
    }
}

/// Words that stand for whole names although nothing marks them.
const NAMELESS: [&str; 5] = [
    "state_machine_alias_name",
    "activity_arn",
    "invalid_execution_arn",
    "ssm_nonexistent_arn",
    "sm_nonexistent_arn",
];

fn is_time(text: &str) -> bool {
    matches!(text, "datetime" | "timestamp" | "date" | "creation-date")
}

/// Whether a text is one that a recorded text with placeholders stands for.
fn matches(expected: &str, found: &str) -> bool {
    let whole = [
        "start-date",
        "snf_role_arn",
        "sfn_role_arn",
        "activity_arn",
        "activity_name",
        "timestamp",
        "date",
    ];
    if whole.iter().any(|placeholder| expected.starts_with(placeholder)) {
        return true;
    }
    let mut expected = expected
        .replace("arn:<partition>:", "arn:aws:")
        .replace("<region>", "us-east-1")
        .replace("111111111111", ACCOUNT);
    for word in NAMELESS {
        expected = expected.replace(word, "<>");
    }
    let mut parts = Vec::new();
    let mut rest = expected.as_str();
    while let Some((before, after)) = rest.split_once('<') {
        let Some((_, tail)) = after.split_once('>') else { break };
        parts.push(before);
        rest = tail;
    }
    parts.push(rest);
    let mut left = found;
    for (at, part) in parts.iter().enumerate() {
        let place = if at == 0 { left.starts_with(part).then_some(0) } else { left.find(part) };
        let Some(place) = place else { return false };
        left = &left[place + part.len()..];
    }
    left.is_empty() || parts.last().is_some_and(|last| last.is_empty() || found.ends_with(last))
}
