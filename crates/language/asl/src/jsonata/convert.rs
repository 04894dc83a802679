//! Values between serde_json and the evaluator.

use super::Failure;
use super::failure::MEMORY;
use super::reads::Part;
use crate::value::number_is_integer;
use jsonata_core::value::JValue;
use serde_json::{Map, Number, Value};

/// A value for the evaluator.
pub(super) fn to_evaluator(value: &Value) -> JValue {
    match value {
        Value::Null => JValue::Null,
        Value::Bool(flag) => JValue::Bool(*flag),
        Value::Number(number) => JValue::Number(number.as_f64().unwrap_or(f64::NAN)),
        Value::String(text) => JValue::string(text.as_str()),
        Value::Array(items) => JValue::array(items.iter().map(to_evaluator).collect()),
        Value::Object(fields) => JValue::object(
            fields.iter().map(|(key, value)| (key.clone(), to_evaluator(value))).collect(),
        ),
    }
}

/// As much of a value as is read.
pub(super) fn part_to_evaluator(value: &Value, part: &Part) -> JValue {
    match (part, value) {
        (Part::Fields(names), Value::Object(fields)) => JValue::object(
            names
                .iter()
                .filter_map(|name| {
                    fields.get(name).map(|value| (name.clone(), to_evaluator(value)))
                })
                .collect(),
        ),
        _ => to_evaluator(value),
    }
}

/// A number as AWS writes it: whole ones as integers as far as 64 bits reach, and what JSON has no number for as a string.
///
/// AWS: measured, `1/0` is `"Infinity"` and `0/0` is `"NaN"`, also inside arrays and objects; recorded, `-0` is `0`.
pub(super) fn number(double: f64) -> Value {
    if double.is_nan() {
        return Value::from("NaN");
    }
    if double.is_infinite() {
        return Value::from(if double > 0.0 { "Infinity" } else { "-Infinity" });
    }
    let number = Number::from_f64(double).unwrap_or_else(|| Number::from(0));
    match number_is_integer(&number) {
        Some(integer) => Value::from(integer),
        None => Value::Number(number),
    }
}

/// A copy with every number as AWS writes it.
pub(super) fn normalised(value: &Value) -> Value {
    match value {
        Value::Number(given) if given.as_i64().is_none() => {
            number(given.as_f64().unwrap_or(f64::NAN))
        }
        Value::Array(items) => Value::Array(items.iter().map(normalised).collect()),
        Value::Object(fields) => Value::Object(
            fields.iter().map(|(key, value)| (key.clone(), normalised(value))).collect(),
        ),
        other => other.clone(),
    }
}

/// A result of the evaluator. Its values may share parts and grow far beyond what was allocated, so the copy is bounded.
pub(super) fn to_result(value: &JValue, max_bytes: usize) -> Result<Value, Failure> {
    if value.is_undefined() {
        return Err(Failure::Undefined);
    }
    let mut copy = Copy { left: max_bytes, depth: 0 };
    copy.value(value)
}

/// How deep a result may nest; deeper values cannot be read back from JSON text.
const MAX_DEPTH: usize = 120;

struct Copy {
    left: usize,
    depth: usize,
}

impl Copy {
    fn charge(&mut self, bytes: usize) -> Result<(), Failure> {
        self.left = self.left.checked_sub(bytes).ok_or_else(|| Failure::Bare(MEMORY.to_owned()))?;
        Ok(())
    }

    fn value(&mut self, value: &JValue) -> Result<Value, Failure> {
        self.charge(8)?;
        Ok(match value {
            JValue::Null | JValue::Undefined => Value::Null,
            JValue::Bool(flag) => Value::Bool(*flag),
            JValue::Number(double) => number(*double),
            JValue::String(text) => {
                self.charge(text.len())?;
                Value::String(text.to_string())
            }
            JValue::Array(items) => {
                self.enter()?;
                let items = items.iter().map(|item| self.value(item)).collect::<Result<_, _>>()?;
                self.depth -= 1;
                Value::Array(items)
            }
            JValue::Object(fields) => {
                self.enter()?;
                let mut copy = Map::with_capacity(fields.len());
                for (key, value) in fields.iter() {
                    self.charge(key.len())?;
                    copy.insert(key.clone(), self.value(value)?);
                }
                self.depth -= 1;
                Value::Object(copy)
            }
            _ => return Err(Failure::UnsupportedType),
        })
    }

    fn enter(&mut self) -> Result<(), Failure> {
        self.depth += 1;
        // UNVERIFIED: AWS's own bound on the nesting of payloads.
        if self.depth > MAX_DEPTH {
            Err(Failure::Bare("Result is nested too deep".to_owned()))
        } else {
            Ok(())
        }
    }
}
