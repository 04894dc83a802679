//! The functions Step Functions adds to JSONata, and the ones it takes away.
//!
//! AWS: the developer guide names them; how they treat odd arguments was measured by an independent emulator's authors.

use super::convert;
use super::message::MEMORY_MARK;
use super::reads::Reads;
use crate::value::{JavaRandom, Random as _, SplitMix};
use jsonata_core::evaluator::{Evaluator, EvaluatorError, HostFnResult};
use jsonata_core::value::JValue;
use std::cell::RefCell;
use std::rc::Rc;

/// The generator of one evaluation.
pub(super) type Chance = Rc<RefCell<SplitMix>>;

/// The most elements `$range` makes. AWS: measured.
const MAX_RANGE: u64 = 360_145;

/// Whether the expression may ask for chance.
pub(super) fn use_chance(reads: &Reads) -> bool {
    uses(reads, "random") || uses(reads, "uuid")
}

fn uses(reads: &Reads, name: &str) -> bool {
    reads.calls.iter().chain(&reads.mentioned).any(|used| used == name)
}

/// Gives the evaluator the functions the expression uses.
pub(super) fn register(
    evaluator: &mut Evaluator,
    reads: &Reads,
    now_ms: i64,
    chance: &Chance,
) -> Result<(), EvaluatorError> {
    if uses(reads, "partition") {
        evaluator.register_fn("partition", partition)?;
    }
    if uses(reads, "range") {
        evaluator.register_fn("range", range)?;
    }
    if uses(reads, "hash") {
        evaluator.register_fn("hash", hash)?;
    }
    if uses(reads, "parse") {
        evaluator.register_fn("parse", parse)?;
    }
    if uses(reads, "uuid") {
        let chance = Rc::clone(chance);
        evaluator.register_fn("uuid", move |arguments: &[JValue]| {
            arity("uuid", arguments, 0)?;
            Ok(JValue::string(crate::value::uuid_v4(&mut *chance.borrow_mut())))
        })?;
    }
    if uses(reads, "random") {
        let chance = Rc::clone(chance);
        evaluator.register_fn_override("random", move |arguments: &[JValue]| {
            random(arguments, &chance)
        })?;
    }
    if uses(reads, "millis") || uses(reads, "now") {
        evaluator
            .register_fn_override("millis", move |_: &[JValue]| Ok(JValue::from_i64(now_ms)))?;
    }
    if uses(reads, "eval") {
        // AWS: measured, the name is bound to nothing.
        evaluator.register_fn_override("eval", |_: &[JValue]| {
            Err(EvaluatorError::ReferenceError(
                "T1006: Attempted to invoke a non-function".to_owned(),
            ))
        })?;
    }
    Ok(())
}

fn coded<T>(message: impl Into<String>) -> Result<T, EvaluatorError> {
    Err(EvaluatorError::EvaluationError(message.into()))
}

fn mismatch<T>(function: &str, argument: usize) -> Result<T, EvaluatorError> {
    coded(format!(
        "T0410: Argument {argument} of function \"{function}\" does not match function signature"
    ))
}

fn arity(function: &str, arguments: &[JValue], most: usize) -> Result<(), EvaluatorError> {
    if arguments.len() > most { mismatch(function, most + 1) } else { Ok(()) }
}

/// A whole number argument, its fraction cut off; nothing when it is missing.
fn whole(
    function: &str,
    arguments: &[JValue],
    index: usize,
) -> Result<Option<i64>, EvaluatorError> {
    match arguments.get(index) {
        None | Some(JValue::Undefined) => Ok(None),
        // The cast saturates at the ends of 64 bits, which is what cutting off there means.
        Some(JValue::Number(double)) if !double.is_nan() => Ok(Some(double.trunc() as i64)),
        Some(_) => mismatch(function, index + 1),
    }
}

fn text<'a>(
    function: &str,
    arguments: &'a [JValue],
    index: usize,
) -> Result<Option<&'a str>, EvaluatorError> {
    match arguments.get(index) {
        None | Some(JValue::Undefined) => Ok(None),
        Some(JValue::String(text)) => Ok(Some(text)),
        Some(_) => mismatch(function, index + 1),
    }
}

fn partition(arguments: &[JValue]) -> HostFnResult {
    arity("partition", arguments, 2)?;
    let items = match arguments.first() {
        None | Some(JValue::Undefined) => return Ok(JValue::Undefined),
        Some(JValue::Array(items)) => items.to_vec(),
        Some(JValue::Null) => {
            return coded("T0412: Argument 1 of function \"partition\" must be an array");
        }
        Some(single) => vec![single.clone()],
    };
    let size = whole("partition", arguments, 1)?.unwrap_or(i64::MAX);
    if size < 0 {
        return coded("D3137: Second argument must be zero or greater");
    }
    if items.is_empty() || size == 0 {
        return Ok(JValue::Undefined);
    }
    let size = usize::try_from(size).unwrap_or(usize::MAX);
    Ok(JValue::array(items.chunks(size).map(|chunk| JValue::array(chunk.to_vec())).collect()))
}

fn range(arguments: &[JValue]) -> HostFnResult {
    arity("range", arguments, 3)?;
    let first = whole("range", arguments, 0)?;
    let last = whole("range", arguments, 1)?;
    let step = whole("range", arguments, 2)?;
    let (Some(first), Some(last)) = (first, last) else {
        return mismatch("range", if first.is_none() { 1 } else { 2 });
    };
    let Some(step) = step.filter(|step| *step != 0) else {
        return Ok(JValue::Undefined);
    };
    if first != last && (first < last) != (step > 0) {
        return Ok(JValue::Undefined);
    }
    let count = first.abs_diff(last) / step.unsigned_abs() + 1;
    if count > MAX_RANGE {
        return coded(MEMORY_MARK);
    }
    let values = (0..count as i64)
        .map(|index| JValue::from_i64(first.saturating_add(step.saturating_mul(index))));
    let mut values: Vec<JValue> = values.collect();
    match values.pop() {
        Some(only) if values.is_empty() => Ok(only),
        Some(last) => {
            values.push(last);
            Ok(JValue::array(values))
        }
        None => Ok(JValue::Undefined),
    }
}

fn hash(arguments: &[JValue]) -> HostFnResult {
    arity("hash", arguments, 2)?;
    let (Some(text), Some(algorithm)) = (text("hash", arguments, 0)?, text("hash", arguments, 1)?)
    else {
        return Ok(JValue::Undefined);
    };
    match crate::intrinsic::digest(text, algorithm) {
        Some(digest) => Ok(JValue::string(digest)),
        // UNVERIFIED: the words after the code.
        None => coded(format!("D3137: Unsupported hash algorithm: {algorithm}")),
    }
}

fn parse(arguments: &[JValue]) -> HostFnResult {
    arity("parse", arguments, 1)?;
    let Some(text) = text("parse", arguments, 0)? else {
        return Ok(JValue::Undefined);
    };
    // A repeated key is an error here, which is why the text does not go straight to serde_json.
    match crate::json::parse(text) {
        (Some(value), problems) if problems.is_empty() => {
            Ok(convert::to_evaluator(&value.to_value()))
        }
        _ => coded("D3137: Invalid JSON"),
    }
}

fn random(arguments: &[JValue], chance: &Chance) -> HostFnResult {
    arity("random", arguments, 1)?;
    Ok(JValue::from_f64(match whole("random", arguments, 0)? {
        Some(seed) => JavaRandom::new(seed).next_double(),
        None => (chance.borrow_mut().next_u64() >> 11) as f64 / (1u64 << 53) as f64,
    }))
}
