//! `ItemSelector`: what a child gets of an item.

use std::sync::Arc;

use asl::Program;
use asl::jsonata;
use asl::program::{StateKind, Template};
use asl::states_error::StatesError;
use asl::value::Scope;
use serde_json::{Map, Value, json};

use crate::data::too_deep;
use crate::history::Failure;
use crate::map_run::MapRun;
use crate::{Data, Entropy, MAX_DEPTH};

/// One item of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct MapItem {
    /// Its number, from 0.
    pub index: u64,
    /// Its key, of an item of an object.
    pub key: Option<Arc<str>>,
    /// Its value.
    pub value: Value,
    /// Where it is from: an S3 URI, or [`crate::STATE_DATA`].
    pub source: Arc<str>,
}

/// Works out what children get.
#[derive(Debug)]
pub struct Selector<'p> {
    template: Option<&'p Template>,
    input: Value,
    context: Value,
    variables: Map<String, Value>,
}

impl<'p> Selector<'p> {
    /// The selector of a run; `program` is that of the execution that asked for the run.
    pub fn new(run: &MapRun, program: &'p Program) -> Self {
        let state = program.machine(run.machine).and_then(|machine| machine.state(&run.state_name));
        let template = match state.map(|state| &state.kind) {
            Some(StateKind::Map(map)) => map.item_selector.as_ref(),
            _ => None,
        };
        let value = |data: &Option<Data>| data.as_ref().map_or(Value::Null, |d| d.value().clone());
        let own = |(name, data): (&Arc<str>, &Data)| (name.to_string(), data.value().clone());
        Self {
            template,
            input: value(&run.input),
            context: value(&run.context),
            variables: run.variables.iter().map(own).collect(),
        }
    }

    /// Whether there is anything to fill, and so random numbers may be drawn.
    pub fn is_there(&self) -> bool {
        self.template.is_some()
    }

    /// What a child gets of an item.
    ///
    /// # Errors
    /// The failure of the Map: an expression that fails, a value nested too deeply.
    pub fn select(
        &mut self,
        item: MapItem,
        now_ms: i64,
        entropy: &mut Entropy,
    ) -> Result<Value, Failure> {
        let Some(template) = self.template else {
            return deep_enough(unselected(item));
        };
        if let Value::Object(context) = &mut self.context {
            context.insert("Map".into(), json!({ "Item": shown(item) }));
        }
        let filled = match template {
            Template::Payload(template) => {
                let Self { input, context, variables, .. } = &*self;
                template.eval(&Scope { input, context, variables }, entropy)
            }
            Template::Jsonata(template) => {
                let mut frame = jsonata::Frame {
                    input: &self.input,
                    context: &self.context,
                    result: None,
                    error_output: None,
                    variables: &self.variables,
                    random: entropy,
                    now_ms,
                    limits: jsonata::Limits::default(),
                };
                template.eval("ItemSelector", &mut frame)
            }
        };
        deep_enough(filled.map_err(failure)?)
    }
}

/// An item without a selector: its value; of an object's items, key and value.
// AWS: distributed Map page: iterating over the entries of an object.
fn unselected(item: MapItem) -> Value {
    match item.key {
        None => item.value,
        Some(key) => json!({ "Key": &*key, "Value": item.value }),
    }
}

/// `Map.Item` of the context object.
// AWS: context object page.
fn shown(item: MapItem) -> Value {
    let mut shown = Map::new();
    shown.insert("Index".into(), item.index.into());
    if let Some(key) = item.key {
        shown.insert("Key".into(), (&*key).into());
    }
    shown.insert("Value".into(), item.value);
    shown.insert("Source".into(), (&*item.source).into());
    Value::Object(shown)
}

fn deep_enough(value: Value) -> Result<Value, Failure> {
    if too_deep(&value) {
        let cause = format!("An item is nested deeper than {MAX_DEPTH} levels");
        return Err(failure(StatesError::runtime(cause)));
    }
    Ok(value)
}

fn failure(error: StatesError) -> Failure {
    Failure { error: Some(error.error.into()), cause: Some(error.cause.into()) }
}
