//! Equality of JSON values by meaning: numbers compare as numbers, objects without regard to the order of their keys.

use serde_json::{Number, Value};

/// Whether two values mean the same JSON value: `1` equals `1.0`, key order does not matter.
pub fn equal(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => equal_numbers(left, right),
        (Value::Array(left), Value::Array(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(l, r)| equal(l, r))
        }
        (Value::Object(left), Value::Object(right)) => {
            left.len() == right.len()
                && left.iter().all(|(key, l)| right.get(key).is_some_and(|r| equal(l, r)))
        }
        (left, right) => left == right,
    }
}

fn equal_numbers(left: &Number, right: &Number) -> bool {
    if let (Some(left), Some(right)) = (left.as_i64(), right.as_i64()) {
        return left == right;
    }
    #[expect(clippy::float_cmp, reason = "two spellings of one number are the same double")]
    match (left.as_f64(), right.as_f64()) {
        (Some(left), Some(right)) => left == right,
        _ => false,
    }
}

/// The integer a number holds exactly: `3` and `3.0`, but not `3.5` and nothing beyond 64 bits.
pub fn number_is_integer(number: &Number) -> Option<i64> {
    if let Some(integer) = number.as_i64() {
        return Some(integer);
    }
    let double = number.as_f64()?;
    // Beyond 2^63 the cast would saturate; the bound itself is exact in a double.
    let fits = double.fract() == 0.0
        && (-9.223_372_036_854_776e18..9.223_372_036_854_776e18).contains(&double);
    fits.then_some(double as i64)
}
