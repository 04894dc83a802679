//! Carries out a map run at once: every child runs to its end, one after the other.

use engine::{
    Batcher, Data, Effect, Entropy, Execution, Failure, Identity, Input, MachineKind, MapItem,
    MapRun, STATE_DATA, Selector, Status, decide,
};
use serde_json::Value;

/// What comes of a run whose items are in the state's input and whose children wait for nothing.
pub(crate) fn carry_out(
    parent: &Identity,
    program: &asl::Program,
    run: &MapRun,
    now_ms: i64,
) -> Input {
    match results(parent, program, run, now_ms) {
        Ok(results) => {
            Input::MapRunSucceeded { key: run.key, output: Data::new(Value::Array(results)) }
        }
        Err(Failure { error, cause }) => Input::MapRunFailed { key: run.key, error, cause },
    }
}

fn results(
    parent: &Identity,
    program: &asl::Program,
    run: &MapRun,
    now_ms: i64,
) -> Result<Vec<Value>, Failure> {
    let mut entropy = Entropy::from_number(2);
    let mut selector = Selector::new(run, program);
    let mut batcher = Batcher::new(run);
    let items = run.items.as_ref().and_then(|items| items.value().as_array()).cloned();
    let mut results = Vec::new();
    for (index, value) in (0_u64..).zip(items.expect("items in the state's input")) {
        let item = MapItem { index, key: None, value, source: STATE_DATA.into() };
        let selected = selector.select(item, now_ms, &mut entropy)?;
        if let Some(batch) = batcher.push(selected) {
            results.push(child(parent, run, batch.input, now_ms)?);
        }
    }
    if let Some(batch) = batcher.finish() {
        results.push(child(parent, run, batch.input, now_ms)?);
    }
    Ok(results)
}

fn child(parent: &Identity, run: &MapRun, input: Value, now_ms: i64) -> Result<Value, Failure> {
    let identity =
        Identity { kind: MachineKind::Standard, input: Data::new(input), ..parent.clone() };
    let program = asl::check(&run.definition, asl::Options::default()).program;
    let program = program.expect("the processor is a definition of its own");
    let mut child = Execution::new(identity);
    let mut entropy = Entropy::from_number(3);
    let turn = decide(&child, &program, Input::Start, now_ms, &mut entropy).expect("a turn");
    child.apply(turn.changes);
    let finished = turn.effects.iter().any(|effect| matches!(effect, Effect::Finish { .. }));
    assert!(finished, "the child waits");
    let progress = child.progress;
    match progress.status {
        Status::Succeeded => {
            Ok(progress.output.map_or(Value::Null, |output| output.value().clone()))
        }
        _ => Err(Failure { error: progress.error, cause: progress.cause }),
    }
}
