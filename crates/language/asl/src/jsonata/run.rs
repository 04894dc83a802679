//! One evaluation.

use super::compile::Compiled;
use super::functions::{self, Chance};
use super::reads::Part;
use super::{Failure, Frame, convert, failure, guard, message};
use crate::value::SplitMix;
use jsonata_core::evaluator::{Context, Evaluator, EvaluatorOptions};
use jsonata_core::value::JValue;
use serde_json::Value;
use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;

/// Evaluates a compiled expression. AWS: there is no context item, a bare name is refused in definitions.
pub(super) fn expression(compiled: &Compiled, frame: &mut Frame<'_>) -> Result<Value, Failure> {
    on(compiled, frame, &JValue::Undefined)
}

/// Evaluates with a context item.
pub(super) fn on(
    compiled: &Compiled,
    frame: &mut Frame<'_>,
    item: &JValue,
) -> Result<Value, Failure> {
    if compiled.depth > frame.limits.depth {
        return Err(Failure::Bare(failure::DEPTH.to_owned()));
    }
    if let Some(result) = compiled.native.as_ref().and_then(|native| native.eval(frame)) {
        return result;
    }
    let mut evaluator = evaluator(compiled, frame)?;
    // A defect of the evaluator must cost one state, not the server.
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        let result = evaluator.evaluate(&compiled.ast, item);
        match result {
            Ok(value) => convert::to_result(&value, frame.limits.value_bytes),
            Err(error) => Err(message::evaluation_error(error.message(), &compiled.reads.calls)),
        }
    }));
    outcome.unwrap_or_else(|_| {
        Err(Failure::Bare("Internal error of the expression evaluator".to_owned()))
    })
}

fn evaluator(compiled: &Compiled, frame: &mut Frame<'_>) -> Result<Evaluator, Failure> {
    let mut context = Context::new();
    guard::bind(&compiled.guards, &mut context);
    for name in &compiled.reads.mentioned {
        if let Some(value) = frame.variables.variable(name) {
            let value = convert::to_evaluator(value);
            for name in guard::names(name) {
                context.bind(name, value.clone());
            }
        }
    }
    context.bind("states".to_owned(), states(compiled, frame));
    // Guards are levels of their own on the way to what they guard.
    let depth =
        if compiled.guards.is_empty() { frame.limits.depth } else { frame.limits.depth * 2 };
    let options = EvaluatorOptions {
        timeout_ms: Some(frame.limits.time_ms),
        cancel: None,
        max_stack_depth: Some(depth),
        max_sequence_length: Some(frame.limits.value_bytes / 8),
    };
    let mut evaluator = Evaluator::with_options(context, options);
    let seed = if functions::use_chance(&compiled.reads) { frame.random.next_u64() } else { 0 };
    let chance: Chance = Rc::new(RefCell::new(SplitMix::new(seed)));
    functions::register(&mut evaluator, &compiled.reads, frame.now_ms, &chance)
        .and_then(|()| guard::register(&mut evaluator, &compiled.guards, frame.limits.value_bytes))
        .map_err(|error| Failure::Bare(error.message().to_owned()))?;
    Ok(evaluator)
}

fn states(compiled: &Compiled, frame: &Frame<'_>) -> JValue {
    let parts = [
        ("input", Some(frame.input), &compiled.reads.input),
        ("context", Some(frame.context), &compiled.reads.context),
        ("result", frame.result, &compiled.reads.result),
        ("errorOutput", frame.error_output, &compiled.reads.error_output),
    ];
    let parts = parts.into_iter().filter(|(_, _, part)| **part != Part::Nothing);
    JValue::object(
        parts
            .filter_map(|(name, value, part)| {
                value.map(|value| (name.to_owned(), convert::part_to_evaluator(value, part)))
            })
            .collect(),
    )
}
