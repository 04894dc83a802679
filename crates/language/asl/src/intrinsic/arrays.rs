//! Functions on arrays.

use super::call::{Call, Evaluation, Outcome};
use super::math;
use crate::value::{equal, number_is_integer};
use serde_json::Value;
use std::borrow::Cow;

/// The most elements `States.ArrayRange` makes. AWS: documented.
const MAX_RANGE: usize = 1000;

pub(super) fn array<'v>(
    evaluation: &mut Evaluation<'v, '_>,
    call: &'v Call,
) -> Result<Value, String> {
    (0..call.arguments.len())
        .map(|index| evaluation.argument(call, index).map(Cow::into_owned))
        .collect()
}

/// An argument that must be an array.
fn items<'v>(
    evaluation: &mut Evaluation<'v, '_>,
    call: &'v Call,
) -> Result<Cow<'v, [Value]>, String> {
    match evaluation.argument(call, 0)? {
        Cow::Borrowed(Value::Array(items)) => Ok(Cow::Borrowed(items)),
        Cow::Owned(Value::Array(items)) => Ok(Cow::Owned(items)),
        _ => Err(call.function.invalid()),
    }
}

pub(super) fn contains<'v>(
    evaluation: &mut Evaluation<'v, '_>,
    call: &'v Call,
) -> Result<Value, String> {
    let items = items(evaluation, call)?;
    let wanted = evaluation.argument(call, 1)?;
    Ok(Value::Bool(items.iter().any(|item| equal(item, &wanted))))
}

pub(super) fn get_item<'v>(evaluation: &mut Evaluation<'v, '_>, call: &'v Call) -> Outcome<'v> {
    let items = items(evaluation, call)?;
    let index = evaluation.argument(call, 1)?;
    let position =
        index.as_number().and_then(number_is_integer).and_then(|index| usize::try_from(index).ok());
    let item = match (items, position) {
        (Cow::Borrowed(items), Some(position)) => items.get(position).map(Cow::Borrowed),
        (Cow::Owned(mut items), Some(position)) if position < items.len() => {
            Some(Cow::Owned(items.swap_remove(position)))
        }
        _ => None,
    };
    item.ok_or_else(|| call.function.invalid())
}

pub(super) fn length<'v>(
    evaluation: &mut Evaluation<'v, '_>,
    call: &'v Call,
) -> Result<Value, String> {
    Ok(items(evaluation, call)?.len().into())
}

/// AWS: a fraction is cut off the size (recorded by a conformance suite run against it).
pub(super) fn partition<'v>(
    evaluation: &mut Evaluation<'v, '_>,
    call: &'v Call,
) -> Result<Value, String> {
    let items = items(evaluation, call)?;
    let size = math::truncated(evaluation, call, 1)?;
    let size = usize::try_from(size)
        .ok()
        .filter(|size| *size > 0)
        .ok_or_else(|| call.function.invalid())?;
    Ok(items.chunks(size).map(<[Value]>::to_vec).map(Value::Array).collect())
}

/// AWS: recorded with fractions cut off, both ends included, empty when the step leads away from the end.
pub(super) fn range<'v>(
    evaluation: &mut Evaluation<'v, '_>,
    call: &'v Call,
) -> Result<Value, String> {
    let first = math::truncated(evaluation, call, 0)?;
    let last = math::truncated(evaluation, call, 1)?;
    let step = math::truncated(evaluation, call, 2)?;
    if step == 0 {
        return Err(call.function.invalid());
    }
    let mut values = Vec::new();
    let mut at = first;
    while if step > 0 { at <= last } else { at >= last } {
        if values.len() == MAX_RANGE {
            return Err(call.function.invalid());
        }
        values.push(Value::from(at));
        let Some(next) = at.checked_add(step) else { break };
        at = next;
    }
    Ok(Value::Array(values))
}

pub(super) fn unique<'v>(
    evaluation: &mut Evaluation<'v, '_>,
    call: &'v Call,
) -> Result<Value, String> {
    let items = items(evaluation, call)?;
    let mut seen = std::collections::HashSet::with_capacity(items.len());
    let mut kept: Vec<Value> = Vec::new();
    for item in items.iter() {
        // The canonical text decides, so that a long array costs no more than its length.
        if seen.insert(canonical(item)) {
            kept.push(item.clone());
        }
    }
    Ok(Value::Array(kept))
}

/// A text equal values share: sorted keys, one spelling per number.
fn canonical(value: &Value) -> String {
    fn write(value: &Value, out: &mut String) {
        match value {
            Value::Number(number) => match number_is_integer(number) {
                Some(integer) => out.push_str(&integer.to_string()),
                None => out.push_str(&number.to_string()),
            },
            Value::Array(items) => {
                out.push('[');
                for item in items {
                    write(item, out);
                    out.push(',');
                }
                out.push(']');
            }
            Value::Object(fields) => {
                let mut keys: Vec<&String> = fields.keys().collect();
                keys.sort_unstable();
                out.push('{');
                for key in keys {
                    out.push_str(&Value::String(key.clone()).to_string());
                    out.push(':');
                    write(&fields[key], out);
                    out.push(',');
                }
                out.push('}');
            }
            other => out.push_str(&other.to_string()),
        }
    }
    let mut out = String::new();
    write(value, &mut out);
    out
}
