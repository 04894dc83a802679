//! The limits of one execution and of one turn.

use std::time::Instant;

use engine::{
    Data, Detail, Effect, Entropy, Execution, Identity, Input, MachineKind, Status, decide,
};
use serde_json::json;

fn execution(kind: MachineKind, input: &str) -> Execution {
    Execution::new(Identity {
        execution_arn: "arn:aws:states:eu-west-1:111111111111:execution:machine:run".into(),
        name: "run".into(),
        state_machine_arn: "arn:aws:states:eu-west-1:111111111111:stateMachine:machine".into(),
        state_machine_name: "machine".into(),
        role_arn: "role".into(),
        state_machine_alias_arn: None,
        state_machine_version_arn: None,
        kind,
        input: Data::parse(input).expect("the input is JSON"),
        start_ms: 0,
    })
}

fn program(definition: &serde_json::Value) -> asl::Program {
    let checked = asl::check(&definition.to_string(), asl::Options::default());
    checked.program.unwrap_or_else(|| panic!("{:?}", checked.diagnostics))
}

/// Runs an execution without tasks to its end, or for so many turns; gives the number of turns.
fn run(execution: &mut Execution, program: &asl::Program, turns: usize) -> (usize, u64) {
    let mut waiting = vec![Input::Start];
    let mut entropy = Entropy::from_number(7);
    let mut events = 0;
    for turn_number in 0..turns {
        let Some(input) = waiting.pop() else { return (turn_number, events) };
        let turn = decide(execution, program, input, 0, &mut entropy).expect("a turn");
        events += turn.events.len() as u64;
        execution.apply(turn.changes);
        for effect in turn.effects {
            if let Effect::SetTimer { key, .. } = effect {
                waiting.push(Input::TimerFired { key });
            }
        }
    }
    (turns, events)
}

fn endless() -> serde_json::Value {
    json!({"StartAt": "Loop", "States": {
        "Loop": {"Type": "Choice", "Choices": [{"Variable": "$", "IsPresent": true, "Next": "Loop"}], "Default": "End"},
        "End": {"Type": "Succeed"}
    }})
}

#[test]
fn a_standard_history_ends_at_25000_events() {
    let mut execution = execution(MachineKind::Standard, "{}");
    let (turns, events) = run(&mut execution, &program(&endless()), 1000);
    assert!(turns > 1, "a long run is more than one turn");
    assert_eq!(events, 25_000);
    assert_eq!(execution.progress.status, Status::Failed);
    let cause = execution.progress.cause.as_deref().unwrap_or_default();
    assert_eq!(cause, "The execution reached the maximum number of history events (25000).");
    assert!(execution.frames.is_empty());
}

#[test]
fn an_endless_express_run_never_holds_up_the_others() {
    let mut execution = execution(MachineKind::Express, "{}");
    let (turns, _) = run(&mut execution, &program(&endless()), 50);
    assert_eq!(turns, 50);
    assert_eq!(execution.progress.status, Status::Running);
    assert_eq!(
        execution.outstanding().len(),
        2,
        "the timer that goes on, and that of the five minutes"
    );
}

#[test]
fn payloads_grow_to_256_kib_and_120_levels() {
    let wide = json!({"StartAt": "Twice", "States": {
        "Twice": {"Type": "Pass", "Parameters": {"a.$": "$", "b.$": "$"}, "Next": "Twice2"},
        "Twice2": {"Type": "Pass", "Next": "Pick"},
        "Pick": {"Type": "Choice", "Choices": [{"Variable": "$", "IsPresent": false, "Next": "End"}], "Default": "Twice"},
        "End": {"Type": "Succeed"}
    }});
    let deep = json!({"StartAt": "Wrap", "States": {
        "Wrap": {"Type": "Pass", "Parameters": {"a.$": "$"}, "Next": "Pick"},
        "Pick": {"Type": "Choice", "Choices": [{"Variable": "$", "IsPresent": false, "Next": "End"}], "Default": "Wrap"},
        "End": {"Type": "Succeed"}
    }});
    for (definition, error) in [(wide, "States.DataLimitExceeded"), (deep, "States.Runtime")] {
        let mut execution = execution(MachineKind::Standard, "{\"x\": \"some text\"}");
        run(&mut execution, &program(&definition), 1000);
        assert_eq!(execution.progress.error.as_deref(), Some(error));
        let written = serde_json::to_string(&execution).expect("written");
        assert_eq!(serde_json::from_str::<Execution>(&written).expect("read"), execution);
    }
}

#[test]
fn a_task_that_answers_too_much_can_be_caught() {
    for (resource, who) in [
        ("arn:aws:states:::lambda:invoke", "lambda"),
        (
            "arn:aws:lambda:eu-west-1:111111111111:function:f",
            "arn:aws:lambda:eu-west-1:111111111111:function:f",
        ),
    ] {
        let program = program(&json!({"StartAt": "Call", "States": {
            "Call": {"Type": "Task", "Resource": resource, "End": true,
                "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Caught"}]},
            "Caught": {"Type": "Pass", "End": true}
        }}));
        let mut execution = execution(MachineKind::Standard, "{}");
        let mut entropy = Entropy::from_number(3);
        let turn = decide(&execution, &program, Input::Start, 0, &mut entropy).expect("a turn");
        let key = turn.effects.iter().find_map(|effect| match effect {
            Effect::ScheduleTask(task) => Some(task.key),
            _ => None,
        });
        execution.apply(turn.changes);
        let output = Data::new(json!("x".repeat(262_144)));
        let input = Input::TaskSucceeded { key: key.expect("a task"), output };
        let turn = decide(&execution, &program, input, 0, &mut entropy).expect("a turn");
        execution.apply(turn.changes);
        assert_eq!(execution.progress.status, Status::Succeeded, "{who}");
        let expected = format!(
            "The state/task '{who}' returned a result with a size exceeding the maximum number of bytes service limit."
        );
        let failed = turn.events.iter().find_map(|event| match &event.detail {
            Detail::TaskFailed { failure, .. } => failure.cause.clone(),
            _ => None,
        });
        assert_eq!(failed.as_deref(), Some(expected.as_str()));
    }
}

#[test]
fn a_large_map_is_stored_in_proportion() {
    let definition = json!({"StartAt": "Each", "States": {"Each": {
        "Type": "Map", "End": true,
        "ItemProcessor": {"StartAt": "Work", "States": {
            "Work": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": true}
        }}
    }}});
    let program = program(&definition);
    let items: Vec<String> = (0..1000).map(|number| format!("item number {number}")).collect();
    let input = serde_json::to_string(&items).expect("JSON");
    let mut execution = execution(MachineKind::Standard, &input);
    let mut entropy = Entropy::from_number(1);
    let mut stored = 0;
    let mut waiting = vec![Input::Start];
    let mut finished = false;
    while let Some(given) = waiting.pop() {
        let turn = decide(&execution, &program, given, 0, &mut entropy).expect("a turn");
        stored += serde_json::to_string(&turn.changes).expect("JSON").len();
        finished |= turn
            .events
            .iter()
            .any(|event| matches!(event.detail, Detail::ExecutionSucceeded { .. }));
        for effect in &turn.effects {
            if let Effect::ScheduleTask(task) = effect {
                let output = Data::new(json!({"done": task.parameters.value()}));
                waiting.insert(0, Input::TaskSucceeded { key: task.key, output });
            }
        }
        execution.apply(turn.changes);
    }
    assert!(finished);
    // Two turns an item of a kilobyte or so each; the items again in each would be twenty times that.
    assert!(stored < 1000 * 1700, "{stored} bytes for {} of items", input.len());
}

/// Not a test of right and wrong: `cargo test --release -p engine --test limits -- --ignored
/// --nocapture` says how long one transition takes.
#[test]
#[ignore = "a measurement"]
fn how_long_a_transition_takes() {
    let definition = json!({"StartAt": "More", "States": {
        "More": {"Type": "Choice", "Choices": [{"Variable": "$.n", "NumericLessThan": 1000, "Next": "Add"}], "Default": "Done"},
        "Add": {"Type": "Pass", "Parameters": {"n.$": "States.MathAdd($.n, 1)"}, "Next": "More"},
        "Done": {"Type": "Succeed"}
    }});
    let program = program(&definition);
    let rounds = 200;
    let started = Instant::now();
    let mut events = 0;
    for _ in 0..rounds {
        let mut execution = execution(MachineKind::Standard, "{\"n\": 0}");
        events += run(&mut execution, &program, 10).1;
        assert_eq!(execution.progress.status, Status::Succeeded);
    }
    let took = started.elapsed();
    let transitions = events / 2;
    println!("{:?} for {transitions} transitions: {:?} each", took, took / transitions as u32);
}
