//! Functions in processes: results, errors, time, output, processes that linger.

use crate::world::{ACCOUNT, ROLE, World, archive, has};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// One handler with what it is given and what must come of it.
struct Case {
    handler: &'static str,
    event: Value,
    /// Members that the answer must have; a text value must be contained.
    answer: Value,
    fails: bool,
}

fn holds(actual: &Value, expected: &Value) -> bool {
    match (actual, expected) {
        (Value::Object(actual), Value::Object(expected)) => expected
            .iter()
            .all(|(name, value)| actual.get(name).is_some_and(|actual| holds(actual, value))),
        (Value::String(actual), Value::String(expected)) => actual.contains(expected),
        _ => actual == expected,
    }
}

async fn check(runtime: &str, file: &str, cases: Vec<Case>) {
    let world = World::new();
    for (number, case) in cases.into_iter().enumerate() {
        let name = format!("f{number}");
        world.create(&name, runtime, file, case.handler, json!({})).await;
        let (answer, failed, log) = world.invoke(&name, &case.event).await;
        assert_eq!(failed, case.fails, "{}: {answer} {log}", case.handler);
        assert!(holds(&answer, &case.answer), "{}: {answer}", case.handler);
        assert!(log.contains("START RequestId: ") && log.contains("REPORT RequestId: "), "{log}");
    }
}

#[tokio::test]
async fn python() {
    if !has("python3") {
        return;
    }
    let ok = |handler, event: Value, answer: Value| Case { handler, event, answer, fails: false };
    let bad = |handler, answer: Value| Case { handler, event: json!({}), answer, fails: true };
    check("python3.12", "main.py", vec![
        ok("def handler(event, context):\n  return event", json!({"a": [1, null, "é\u{1f600}"]}), json!({"a": [1, null, "é\u{1f600}"]})),
        ok("def handler(event, context):\n  return None", json!(7), Value::Null),
        ok(
            "def handler(event, c):\n  return {'n': c.function_name, 'a': c.invoked_function_arn, 'm': c.memory_limit_in_mb, 't': 0 < c.get_remaining_time_in_millis() <= 10000}",
            json!({}),
            json!({"n": "f2", "a": format!("arn:aws:lambda:us-east-1:{ACCOUNT}:function:f2"), "m": "128", "t": true}),
        ),
        ok(
            "import os\ndef handler(event, c):\n  return {'k': os.environ['AWS_ACCESS_KEY_ID'], 'e': os.environ['AWS_ENDPOINT_URL'], 's': 'CARGO_MANIFEST_DIR' in os.environ}",
            json!({}),
            json!({"k": "assumed-role/worker/f3", "e": "http://127.0.0.1:9", "s": false}),
        ),
        ok("import sys, os\ndef handler(event, c):\n  return sys.path[0] == os.environ['LAMBDA_TASK_ROOT'] and not any(p.endswith('/functions') for p in sys.path)", json!({}), json!(true)),
        bad("def handler(event, context):\n  raise KeyError('lost')", json!({"errorType": "KeyError", "errorMessage": "lost", "requestId": "-"})),
        bad("def handler(event, context):\n  return {1, 2}", json!({"errorType": "Runtime.MarshalError", "errorMessage": "not JSON serializable"})),
        bad("import absent", json!({"errorType": "Runtime.ImportModuleError", "errorMessage": "No module named 'absent'"})),
        bad("x = 1", json!({"errorType": "Runtime.HandlerNotFound"})),
        bad("raise ValueError('early')", json!({"errorType": "ValueError", "errorMessage": "early"})),
        bad("import sys\nsys.exit(3)", json!({"errorMessage": "3"})),
        bad("import os\ndef handler(event, context):\n  os._exit(3)", json!({"errorType": "Runtime.ExitError", "errorMessage": "exit status 3"})),
        bad("import os\ndef handler(event, context):\n  os._exit(0)", json!({"errorType": "Runtime.ExitError", "errorMessage": "without providing a reason"})),
        bad("import os\ndef handler(event, context):\n  os.kill(os.getpid(), 9)", json!({"errorType": "Runtime.ExitError", "errorMessage": "signal: killed"})),
        bad("import os\nos._exit(4)", json!({"errorType": "Runtime.ExitError", "errorMessage": "exit status 4"})),
        bad("def handler(event, context):\n  return 'x' * 6291556", json!({"errorType": "Function.ResponseSizeTooLarge"})),
        bad("def handler(event, context):\n  return 'x' * 60000000", json!({"errorType": "Function.ResponseSizeTooLarge"})),
    ])
    .await;
}

#[tokio::test]
async fn node() {
    if !has("node") {
        return;
    }
    let ok =
        |handler, answer: Value| Case { handler, event: json!({"a": 1}), answer, fails: false };
    let bad = |handler, answer: Value| Case { handler, event: json!({}), answer, fails: true };
    check("nodejs20.x", "main.js", vec![
        ok("exports.handler = async (event) => event", json!({"a": 1})),
        ok("export const handler = async (event, context) => context.functionName", json!("f1")),
        ok("exports.handler = (event, context, done) => setTimeout(() => done(null, 5), 5)", json!(5)),
        ok("exports.handler = async () => {}", Value::Null),
        bad("exports.handler = async () => { throw new TypeError('lost') }", json!({"errorType": "TypeError", "errorMessage": "lost"})),
        bad("exports.handler = async () => { throw 'text' }", json!({"errorType": "string", "errorMessage": "text"})),
        bad("exports.other = 1", json!({"errorType": "Runtime.HandlerNotFound"})),
        bad("throw new Error('early')", json!({"errorMessage": "early"})),
        bad("exports.handler = async () => process.exit(3)", json!({"errorType": "Runtime.ExitError", "errorMessage": "exit status 3"})),
        bad("exports.handler = async () => { setTimeout(() => { throw new Error('late') }, 1); await new Promise(() => {}) }", json!({"errorType": "Runtime.ExitError", "errorMessage": "exit status 1"})),
    ])
    .await;
}

/// The Runtime API by hand, as an executable of its own.
const BOOTSTRAP: &str = r#"#!/usr/bin/env python3
import http.client, os
api = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
while True:
    api.request("GET", "/2018-06-01/runtime/invocation/next")
    answer = api.getresponse()
    body, request = answer.read(), answer.headers["Lambda-Runtime-Aws-Request-Id"]
    api.request("POST", f"/2018-06-01/runtime/invocation/{request}/response", body[::-1])
    api.getresponse().read()
"#;

#[tokio::test]
async fn provided() {
    if !has("python3") {
        return;
    }
    let world = World::new();
    world.create("own", "provided.al2023", "bootstrap", BOOTSTRAP, json!({})).await;
    assert_eq!(world.invoke("own", &json!(123)).await.0, json!(321));
    assert_eq!(world.invoke("own", &json!(45)).await.0, json!(54));
    for (name, file, text, expected) in [
        ("none", "other", "", "Couldn't find valid bootstrap"),
        ("broken", "bootstrap", "#!/absent/interpreter\n", "cannot be started"),
    ] {
        world.create(name, "provided.al2023", file, text, json!({})).await;
        let error = world.call("Invoke", json!({"FunctionName": name})).await.unwrap_err();
        assert!(error.message.contains(expected), "{error}");
    }
}

#[tokio::test]
async fn a_process_is_reused_until_the_function_changes() {
    if !has("python3") {
        return;
    }
    let world = World::new();
    let counting = "n = 0\ndef handler(event, context):\n  global n\n  n += 1\n  return [n, __import__('os').environ.get('VV')]";
    world.python("f", counting).await;
    assert_eq!(world.invoke("f", &json!({})).await.0, json!([1, null]));
    assert_eq!(world.invoke("f", &json!({})).await.0, json!([2, null]));
    let change = json!({"FunctionName": "f", "Environment": {"Variables": {"VV": "2"}}});
    world.call("UpdateFunctionConfiguration", change).await.unwrap();
    assert_eq!(world.invoke("f", &json!({})).await.0, json!([1, "2"]));
    let code = archive(&[("main.py", "def handler(event, context):\n  return 'new'")]);
    let change = json!({"FunctionName": "f", "ZipFile": service::base64_text(&code)});
    world.call("UpdateFunctionCode", change).await.unwrap();
    assert_eq!(world.invoke("f", &json!({})).await.0, json!("new"));
}

#[tokio::test]
async fn a_process_that_dies_while_idle_costs_nobody_an_invocation() {
    if !has("python3") {
        return;
    }
    let world = World::new();
    let text = "import os, threading\ndef handler(event, context):\n  threading.Timer(0.05, os._exit, [1]).start()\n  return os.getpid()";
    world.python("f", text).await;
    let (first, failed, _) = world.invoke("f", &json!({})).await;
    assert!(!failed);
    ended(first.as_i64().unwrap(), Duration::from_secs(5)).await;
    let (second, failed, _) = world.invoke("f", &json!({})).await;
    assert!(!failed && second != first, "{second}");
}

#[tokio::test]
async fn time_runs_out_for_the_whole_group() {
    if !has("python3") {
        return;
    }
    let world = World::new();
    let text = "import os, subprocess, time\ndef handler(event, context):\n  child = subprocess.Popen(['sleep', '1000'])\n  open(event, 'w').write(f'{os.getpid()} {child.pid}')\n  time.sleep(1000)";
    world.create("f", "python3.12", "main.py", text, json!({"Timeout": 1})).await;
    let file = world.folder.path().join("pids");
    let began = Instant::now();
    let (answer, failed, log) = world.invoke("f", &json!(file)).await;
    assert!(
        failed
            && answer["errorMessage"]
                .as_str()
                .unwrap()
                .contains("Task timed out after 1.00 seconds"),
        "{answer}"
    );
    assert!(log.contains("Task timed out"), "{log}");
    // The limit counts from when the process is ready: also the first invocation has it and no more.
    assert!(began.elapsed() < Duration::from_secs(8), "{:?}", began.elapsed());
    for pid in std::fs::read_to_string(file).unwrap().split(' ') {
        ended(pid.parse().unwrap(), Duration::from_secs(5)).await;
    }
}

#[tokio::test]
async fn loading_does_not_count_and_has_its_own_time() {
    if !has("python3") {
        return;
    }
    let world = World::new();
    let text = "import time\ntime.sleep(1.5)\ndef handler(event, context):\n  return 'ready'";
    world.create("f", "python3.12", "main.py", text, json!({"Timeout": 1})).await;
    assert_eq!(world.invoke("f", &json!({})).await.0, json!("ready"));
}

#[tokio::test]
async fn nothing_outlives_the_server() {
    if !has("python3") {
        return;
    }
    let world = World::new();
    let text = "import os, subprocess\ndef handler(event, context):\n  return [os.getpid(), subprocess.Popen(['sleep', '1000']).pid, os.getpgid(0)]";
    world.python("f", text).await;
    let (pids, ..) = world.invoke("f", &json!({})).await;
    let pids: Vec<i64> = pids.as_array().unwrap().iter().filter_map(Value::as_i64).collect();
    assert!(pids.iter().all(|pid| alive(*pid)));
    drop(world);
    for pid in pids {
        ended(pid, Duration::from_secs(5)).await;
    }
}

#[tokio::test]
async fn floods_of_output() {
    if !has("python3") {
        return;
    }
    let world = World::new();
    let text = "import sys\ndef handler(event, context):\n  for n in range(event):\n    sys.stdout.write('x' * 1000000 + '\\n')\n  sys.stderr.write('the end\\n')\n  return len(sys.argv)";
    world.python("f", text).await;
    let (_, failed, log) = world.invoke("f", &json!(50)).await;
    assert!(!failed && log.len() <= 4096, "{}", log.len());
    assert!(log.contains("the end") && log.contains("END RequestId"), "{log}");
    // What the invocation before left is not this one's.
    let (_, _, log) = world.invoke("f", &json!(0)).await;
    assert!(!log.contains("xxx") && log.matches("START").count() == 1, "{log}");
}

#[tokio::test]
async fn every_invocation_has_its_own_lines() {
    if !has("python3") {
        return;
    }
    let world = World::new();
    world
        .python("f", "def handler(event, context):\n  print('line', event)\n  print('last', event)")
        .await;
    for number in 0..40 {
        let (_, _, log) = world.invoke("f", &json!(number)).await;
        assert!(
            log.contains(&format!("line {number}\n")) && log.contains(&format!("last {number}\n")),
            "{log}"
        );
        assert_eq!(log.lines().count(), 5, "{log}");
    }
    let calls = world.logs.calls.lock().unwrap();
    assert_eq!(calls.iter().filter(|(operation, ..)| operation == "CreateLogStream").count(), 1);
    assert_eq!(calls.iter().filter(|(operation, ..)| operation == "PutLogEvents").count(), 40);
}

#[tokio::test]
async fn a_log_group_that_was_deleted_is_made_again() {
    if !has("python3") {
        return;
    }
    let world = World::new();
    world.python("f", "def handler(event, context):\n  pass").await;
    world.invoke("f", &json!({})).await;
    world.logs.calls.lock().unwrap().clear();
    let gone = service::AwsError::new("ResourceNotFoundException", "gone");
    world.logs.refuses.lock().unwrap().push(gone);
    world.invoke("f", &json!({})).await;
    let calls = world.logs.calls.lock().unwrap();
    let made: Vec<&str> = calls.iter().map(|(operation, ..)| operation.as_str()).collect();
    assert_eq!(made, ["PutLogEvents", "CreateLogGroup", "CreateLogStream", "PutLogEvents"]);
}

#[tokio::test]
async fn at_the_same_time() {
    if !has("python3") {
        return;
    }
    let world = World::new();
    let text =
        "import os, time\ndef handler(event, context):\n  time.sleep(0.3)\n  return os.getpid()";
    world.python("f", text).await;
    let event = json!({});
    let calls = (0..4).map(|_| world.invoke("f", &event));
    let answers = futures_util::future::join_all(calls).await;
    let pids: std::collections::BTreeSet<i64> =
        answers.iter().map(|(pid, ..)| pid.as_i64().unwrap()).collect();
    assert_eq!(pids.len(), 4, "each invocation has a process of its own");

    let reserve = json!({"FunctionName": "f", "ReservedConcurrentExecutions": 1});
    world.call("PutFunctionConcurrency", reserve).await.unwrap();
    let both = futures_util::future::join(
        world.call("Invoke", json!({"FunctionName": "f"})),
        world.call("Invoke", json!({"FunctionName": "f"})),
    )
    .await;
    let refused = [both.0, both.1].into_iter().find_map(Result::err).unwrap();
    assert_eq!((refused.code.as_str(), refused.status), ("TooManyRequestsException", 429));
    let reserve = json!({"FunctionName": "f", "ReservedConcurrentExecutions": 0});
    world.call("PutFunctionConcurrency", reserve).await.unwrap();
    world.call("Invoke", json!({"FunctionName": "f"})).await.unwrap_err();
    world.call("DeleteFunctionConcurrency", json!({"FunctionName": "f"})).await.unwrap();
    world.call("Invoke", json!({"FunctionName": "f"})).await.unwrap();
}

#[tokio::test]
async fn an_invocation_goes_on_when_its_caller_is_gone() {
    if !has("python3") {
        return;
    }
    let world = World::new();
    let text = "import time\ndef handler(event, context):\n  open(event + '.begun', 'w')\n  time.sleep(0.3)\n  open(event, 'w').write('done')";
    world.python("f", text).await;
    let file = world.folder.path().join("done");
    let event = json!(file);
    let begun = appears(file.with_extension("begun"));
    tokio::select! {
        biased;
        () = begun => {}
        _ = world.invoke("f", &event) => panic!("answered before it could be left"),
    }
    appears(file).await;
}

async fn appears(file: std::path::PathBuf) {
    let began = Instant::now();
    while !file.is_file() {
        assert!(began.elapsed() < Duration::from_secs(20), "{} does not appear", file.display());
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn runtimes_that_are_not_there_say_so() {
    let world = World::new();
    for runtime in ["java21", "ruby3.3", "dotnet8"] {
        let input = json!({
            "FunctionName": runtime.replace('.', "-"), "Runtime": runtime, "Handler": "h", "Role": ROLE,
            "Code": {"ZipFile": service::base64_text(&archive(&[("a", "")]))},
        });
        world.call("CreateFunction", input).await.unwrap();
        let name = runtime.replace('.', "-");
        let error = world.call("Invoke", json!({"FunctionName": name})).await.unwrap_err();
        assert!(error.message.contains("refit cannot run the runtime"), "{error}");
    }
}

fn alive(pid: i64) -> bool {
    // A zombie has ended: it only waits to be counted.
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with('Z'))
}

async fn ended(pid: i64, limit: Duration) {
    let began = Instant::now();
    while alive(pid) {
        assert!(began.elapsed() < limit, "process {pid} lingers");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
