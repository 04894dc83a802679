//! The checks a rewritten tree calls: each passes a value on, or refuses.

use super::super::message::MEMORY_MARK;
use super::{CHARGE, CHECK_JOIN, CHECK_PAD, CHECK_REPLACE, CHECK_SPLIT, Guards, WEIGH};
use jsonata_core::evaluator::{Evaluator, EvaluatorError, HostFnResult};
use jsonata_core::value::JValue;
use std::cell::Cell;
use std::rc::Rc;

/// How much one evaluation may allocate through guarded operators, in the largest values it may build. What is dropped again counts
/// too, so this is generous: joining thousands of pieces one by one is a common way to write a text.
const BUDGET_IN_VALUES: usize = 48;
/// How many times the largest value a replacement may grow to, by the estimate made before.
const REPLACE_IN_VALUES: usize = 4;
/// What an item of an array costs, roughly, in bytes.
const ITEM_BYTES: usize = 32;
/// What an object and each of its members cost, roughly, in bytes.
const OBJECT_BYTES: usize = 192;
const MEMBER_BYTES: usize = 64;
/// What a short array costs, roughly, and a function with what it has seen.
const ARRAY_BYTES: usize = 128;
const FUNCTION_BYTES: usize = 1024;

/// Gives the evaluator the checks.
pub(in crate::jsonata) fn register(
    evaluator: &mut Evaluator,
    guards: &Guards,
    max_bytes: usize,
) -> Result<(), EvaluatorError> {
    if guards.is_empty() {
        return Ok(());
    }
    let budget = Rc::new(Cell::new(max_bytes.saturating_mul(BUDGET_IN_VALUES)));
    evaluator
        .register_fn(CHARGE, move |arguments: &[JValue]| charge(arguments, &budget, max_bytes))?;
    evaluator.register_fn(WEIGH, move |arguments: &[JValue]| weigh(arguments, max_bytes))?;
    evaluator
        .register_fn(CHECK_JOIN, move |arguments: &[JValue]| check_join(arguments, max_bytes))?;
    evaluator.register_fn(CHECK_REPLACE, move |arguments: &[JValue]| {
        check_replace(arguments, max_bytes)
    })?;
    evaluator
        .register_fn(CHECK_SPLIT, move |arguments: &[JValue]| check_split(arguments, max_bytes))?;
    evaluator
        .register_fn(CHECK_PAD, move |arguments: &[JValue]| check_pad(arguments, max_bytes))?;
    Ok(())
}

fn refuse<T>() -> Result<T, EvaluatorError> {
    Err(EvaluatorError::EvaluationError(MEMORY_MARK.to_owned()))
}

fn first(arguments: &[JValue]) -> JValue {
    arguments.first().cloned().unwrap_or(JValue::Undefined)
}

fn charge(arguments: &[JValue], budget: &Cell<usize>, max_bytes: usize) -> HostFnResult {
    // In AWS's counting a character is one byte and a number eight.
    let (bytes, cost) = match arguments.first() {
        Some(JValue::String(text)) => (text.len(), text.len()),
        Some(JValue::Array(items)) => {
            let items = items.len() + inner_items(items, 3);
            (items * 8, items * ITEM_BYTES)
        }
        Some(JValue::Object(members)) => (0, OBJECT_BYTES + members.len() * MEMBER_BYTES),
        // Nothing, or something small, that stands for the array it is put into.
        Some(JValue::Lambda(_)) => (0, FUNCTION_BYTES),
        _ => (0, ARRAY_BYTES),
    };
    match budget.get().checked_sub(cost) {
        Some(left) if bytes <= max_bytes => {
            budget.set(left);
            Ok(first(arguments))
        }
        _ => refuse(),
    }
}

/// The items of arrays inside a short array, which may be constructors that were not charged themselves.
fn inner_items(items: &[JValue], levels: usize) -> usize {
    if levels == 0 || items.len() > 16 {
        return 0;
    }
    let inner = items.iter().map(|item| match item {
        JValue::Array(inner) => inner.len() + inner_items(inner, levels - 1),
        _ => 0,
    });
    inner.sum()
}

/// Passes a value on unless walking it takes more steps than it may have bytes.
fn weigh(arguments: &[JValue], max_bytes: usize) -> HostFnResult {
    let mut left = max_bytes / 8;
    match arguments.first() {
        Some(value) if !light(value, &mut left, 0) => refuse(),
        _ => Ok(first(arguments)),
    }
}

fn light(value: &JValue, left: &mut usize, depth: usize) -> bool {
    let Some(rest) = left.checked_sub(1).filter(|_| depth < 1000) else {
        return false;
    };
    *left = rest;
    match value {
        JValue::Array(items) => items.iter().all(|item| light(item, left, depth + 1)),
        JValue::Object(fields) => fields.values().all(|item| light(item, left, depth + 1)),
        JValue::String(text) => match left.checked_sub(text.len() / 8) {
            Some(rest) => {
                *left = rest;
                true
            }
            None => false,
        },
        _ => true,
    }
}

fn length(value: Option<&JValue>) -> usize {
    match value {
        Some(JValue::String(text)) => text.len(),
        _ => 0,
    }
}

fn check_join(arguments: &[JValue], max_bytes: usize) -> HostFnResult {
    let separator = length(arguments.get(1));
    let total = match arguments.first() {
        Some(JValue::Array(items)) => items.iter().fold(0usize, |total, item| {
            total.saturating_add(separator).saturating_add(length(Some(item)))
        }),
        other => length(other),
    };
    if total > max_bytes.saturating_add(separator) { refuse() } else { Ok(first(arguments)) }
}

/// At most every character of the text is replaced, and once more at the end.
fn check_replace(arguments: &[JValue], max_bytes: usize) -> HostFnResult {
    let text = length(arguments.first());
    let pattern = match arguments.get(1) {
        Some(JValue::String(pattern)) => pattern.len().max(1),
        _ => 1,
    };
    let replacement = match arguments.get(2) {
        // `$0` and `$12` insert what was matched, the whole text at most.
        Some(JValue::String(replacement)) => replacement
            .len()
            .saturating_add(replacement.matches('$').count().saturating_mul(text / 16)),
        _ => 0,
    };
    let matches = text / pattern + 1;
    let total = matches.saturating_mul(replacement).saturating_add(text);
    // The bound is never reached in practice: most texts do not match everywhere.
    if total > max_bytes.saturating_mul(REPLACE_IN_VALUES) {
        refuse()
    } else {
        Ok(first(arguments))
    }
}

/// Passes on the text for `$split`, if it has no more parts than a sequence may have.
fn check_split(arguments: &[JValue], max_bytes: usize) -> HostFnResult {
    let parts = match (arguments.first(), arguments.get(1)) {
        (Some(JValue::String(text)), Some(JValue::String(separator))) if !separator.is_empty() => {
            text.matches(&**separator).count()
        }
        (Some(JValue::String(text)), _) => text.len(),
        _ => 0,
    };
    if parts > max_bytes / 8 { refuse() } else { Ok(first(arguments)) }
}

/// Passes on the width for `$pad`, if what it pads to stays in bounds.
fn check_pad(arguments: &[JValue], max_bytes: usize) -> HostFnResult {
    let width = first(arguments);
    let filler = length(arguments.get(1)).max(1) as f64;
    match &width {
        // A filler's characters may have four bytes.
        JValue::Number(count) if count.abs().min(f64::MAX) * filler.min(4.0) > max_bytes as f64 => {
            refuse()
        }
        _ => Ok(width),
    }
}
