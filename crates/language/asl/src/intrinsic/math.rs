//! Numbers and chance.

use super::call::{Call, Evaluation};
use crate::value::{JavaRandom, Random};
use serde_json::Value;
use std::ops::RangeInclusive;

/// AWS: documented for `States.MathAdd` and `States.MathRandom`.
const INT32: RangeInclusive<i64> = -2_147_483_648..=2_147_483_647;

/// A number argument without its fraction.
pub(super) fn truncated<'v>(
    evaluation: &mut Evaluation<'v, '_>,
    call: &'v Call,
    index: usize,
) -> Result<i64, String> {
    number(evaluation, call, index, f64::trunc)
}

/// A number argument, rounded halves up. AWS: recorded, `-1.5` becomes `-1` and `0.5` becomes `1`.
fn rounded<'v>(
    evaluation: &mut Evaluation<'v, '_>,
    call: &'v Call,
    index: usize,
) -> Result<i64, String> {
    number(evaluation, call, index, |double| (double + 0.5).floor())
}

fn number<'v>(
    evaluation: &mut Evaluation<'v, '_>,
    call: &'v Call,
    index: usize,
    to_whole: impl Fn(f64) -> f64,
) -> Result<i64, String> {
    let value = evaluation.argument(call, index)?;
    if let Some(integer) = value.as_i64() {
        return Ok(integer);
    }
    let whole = value.as_f64().map(to_whole).filter(|whole| whole.abs() < 9.0e18);
    // In range of i64 by the line above, and whole.
    whole.map(|whole| whole as i64).ok_or_else(|| call.function.invalid())
}

pub(super) fn add<'v>(
    evaluation: &mut Evaluation<'v, '_>,
    call: &'v Call,
) -> Result<Value, String> {
    let left = rounded(evaluation, call, 0)?;
    let right = rounded(evaluation, call, 1)?;
    let sum = left.checked_add(right).filter(|sum| INT32.contains(sum));
    match sum {
        Some(sum) if INT32.contains(&left) && INT32.contains(&right) => Ok(Value::from(sum)),
        _ => Err(call.function.invalid()),
    }
}

/// AWS: fractions are cut off and the end is excluded (recorded by a conformance suite run against it).
pub(super) fn random<'v>(
    evaluation: &mut Evaluation<'v, '_>,
    call: &'v Call,
) -> Result<Value, String> {
    let start = truncated(evaluation, call, 0)?;
    let end = truncated(evaluation, call, 1)?;
    if start >= end || !INT32.contains(&start) || !INT32.contains(&end) {
        return Err(call.function.invalid());
    }
    let span = end.abs_diff(start);
    let offset = if call.arguments.len() > 2 {
        // UNVERIFIED: which generator a seed starts; the same seed gives the same number.
        let seed = truncated(evaluation, call, 2)?;
        JavaRandom::new(seed).next_u64() % span
    } else {
        evaluation.random.next_u64() % span
    };
    Ok(Value::from(start + i64::try_from(offset).unwrap_or(0)))
}

/// A version 4 UUID.
pub(super) fn uuid(random: &mut dyn Random) -> String {
    crate::value::uuid_v4(random)
}
