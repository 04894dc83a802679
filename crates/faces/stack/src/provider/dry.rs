//! A provider that makes no calls: it records what it would call, and takes every answer for an empty one.

use super::Provider;
use crate::aws::Aws;
use crate::types::{Property, Shape};
use crate::value::{Object, Value};
use async_trait::async_trait;
use serde_json::{Map, Value as Json};
use std::sync::{Arc, Mutex, PoisonError};

/// What stands for a value that only the real call tells.
const UNKNOWN: &str = "(known after apply)";
/// What stands for a secret.
const SECRET: &str = "[secret]";

/// One API call that would be made.
#[derive(Debug, Clone, PartialEq)]
pub struct PlannedCall {
    /// The service, as this crate calls it: `iam`, `states`, `events`, …
    pub service: String,
    /// The operation, such as `CreateRole`.
    pub operation: String,
    /// The region it is made in.
    pub region: String,
    /// Its input. What is not known yet is `(known after apply)`, a secret is `[secret]`, and a blob is told by its size.
    pub input: Json,
    /// When it is made, if not just once.
    pub note: Option<&'static str>,
}

/// Records calls.
#[derive(Debug, Default)]
pub(crate) struct Recorder {
    region: String,
    calls: Mutex<Vec<PlannedCall>>,
}

impl Recorder {
    /// Records a call.
    pub(super) fn record(
        &self,
        service: &str,
        operation: &str,
        input: Json,
        note: Option<&'static str>,
    ) {
        let call = PlannedCall {
            service: service.to_owned(),
            operation: operation.to_owned(),
            region: self.region.clone(),
            input,
            note,
        };
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).push(call);
    }

    /// What was recorded since the last time.
    pub(crate) fn take(&self) -> Vec<PlannedCall> {
        std::mem::take(&mut self.calls.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Says of the calls from the `first` on when they are made.
    pub(super) fn remark(&self, first: usize, note: &'static str) {
        let mut calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        for call in calls.iter_mut().skip(first) {
            call.note = Some(note);
        }
    }

    /// How many calls were recorded.
    pub(super) fn count(&self) -> usize {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).len()
    }
}

#[async_trait]
impl Aws for Recorder {
    async fn call(
        &self,
        service: &str,
        operation: &str,
        input: Json,
    ) -> Result<Json, client::Error> {
        self.record(service, operation, input, None);
        Ok(Json::Object(Map::new()))
    }

    fn region(&self) -> String {
        self.region.clone()
    }
}

impl Provider {
    /// The same provider, which only records what it would call.
    pub(crate) fn dry(&self) -> (Self, Arc<Recorder>) {
        let recorder = Arc::new(Recorder { region: self.region.clone(), ..Recorder::default() });
        let provider = Self { aws: recorder.clone(), dry: Some(recorder.clone()), ..self.clone() };
        (provider, recorder)
    }
}

/// A value of a property as a recorded call shows it.
pub(super) fn masked(value: Value, property: Option<&Property>) -> Value {
    let is_secret = property.is_some_and(|property| property.secret && !property.computed);
    match value {
        Value::Secret(_) => Value::string(SECRET),
        Value::Unknown => Value::string(UNKNOWN),
        other if is_secret && !other.is_empty() => Value::string(SECRET),
        Value::Array(items) => {
            let of = match property.map(|property| &property.shape) {
                Some(Shape::List(of) | Shape::Set(of)) => Some(&**of),
                _ => None,
            };
            Value::Array(items.into_iter().map(|item| masked(item, of)).collect())
        }
        Value::Object(fields) => {
            let known = match property.map(|property| &property.shape) {
                Some(Shape::Object(known)) => Some(known),
                _ => None,
            };
            let masked_field = |(name, value): (String, Value)| {
                let property = known.and_then(|known| known.get(&name));
                let value = masked(value, property);
                (name, value)
            };
            Value::Object(fields.into_iter().map(masked_field).collect())
        }
        other => other,
    }
}

/// Whether it is a word that stands for a value.
pub(super) fn is_word(value: &Value) -> bool {
    matches!(value, Value::String(text) if text == UNKNOWN || text == SECRET)
}

/// Marks what a call would answer as not known yet.
pub(super) fn expect_outputs<'a>(names: impl Iterator<Item = &'a String>, outputs: &mut Object) {
    for name in names {
        outputs.entry(name.clone()).or_insert(Value::Unknown);
    }
}
