//! Templates of the JSONata language.

use super::{Fault, MAX_DEPTH, TemplateError};
use crate::jsonata::{Expression, Frame};
use crate::states_error::StatesError;
use serde_json::{Map, Value};
use std::fmt::Write as _;
use std::sync::Arc;

/// A compiled JSONata template.
#[derive(Clone, Debug)]
pub struct JsonataTemplate {
    root: Arc<Node>,
}

#[derive(Debug)]
enum Node {
    /// Nothing inside is an expression.
    Constant(Value),
    Expression(Expression),
    Array(Vec<Node>),
    Object(Vec<(String, Node)>),
}

/// One step of the way to a place in the template.
enum Place<'t> {
    Key(&'t str),
    Item(usize),
}

impl JsonataTemplate {
    /// Compiles a template, reporting every fault in it.
    ///
    /// # Errors
    /// The list of faults.
    pub fn compile(template: &Value) -> Result<Self, Vec<TemplateError>> {
        let mut faults = Vec::new();
        let root = compile(template, &mut Vec::new(), &mut faults);
        if faults.is_empty() { Ok(Self { root: Arc::new(root) }) } else { Err(faults) }
    }

    /// The expressions in the template with their places in it (JSON pointers), in order.
    pub fn expressions(&self) -> Vec<(String, &Expression)> {
        let mut found = Vec::new();
        collect(&self.root, &mut Vec::new(), &mut found);
        found
    }

    /// The value, if nothing in the template is an expression.
    pub fn constant(&self) -> Option<&Value> {
        match &*self.root {
            Node::Constant(value) => Some(value),
            _ => None,
        }
    }

    /// The expression, if the template is nothing else.
    pub fn expression(&self) -> Option<&Expression> {
        match &*self.root {
            Node::Expression(expression) => Some(expression),
            _ => None,
        }
    }

    /// Fills the template in; `field` is the field of the state (`Output`, `Assign`, `Arguments`).
    ///
    /// # Errors
    /// `States.QueryEvaluationError` naming the place inside the field.
    pub fn eval(&self, field: &str, frame: &mut Frame<'_>) -> Result<Value, StatesError> {
        eval(&self.root, field, &mut Vec::new(), frame)
    }

    /// Fills in the fields of an object one by one, for `Assign`.
    ///
    /// # Errors
    /// As [`JsonataTemplate::eval`].
    pub fn eval_object(
        &self,
        field: &str,
        frame: &mut Frame<'_>,
    ) -> Result<Map<String, Value>, StatesError> {
        match self.eval(field, frame)? {
            Value::Object(fields) => Ok(fields),
            other => Err(StatesError::query_evaluation(format!(
                "The field '{field}' must be an object, but was {other}"
            ))),
        }
    }
}

fn pointer(places: &[Place<'_>]) -> String {
    let mut text = String::new();
    for place in places {
        let _ = match place {
            Place::Key(key) => write!(text, "/{}", key.replace('~', "~0").replace('/', "~1")),
            Place::Item(index) => write!(text, "/{index}"),
        };
    }
    text
}

/// AWS: recorded `Output/result`; items of arrays are `[i]`, measured by an independent emulator's authors.
fn field_path(field: &str, places: &[Place<'_>]) -> String {
    let mut text = field.to_owned();
    for place in places {
        let _ = match place {
            Place::Key(key) => write!(text, "/{key}"),
            Place::Item(index) => write!(text, "[{index}]"),
        };
    }
    text
}

fn compile<'t>(
    template: &'t Value,
    places: &mut Vec<Place<'t>>,
    faults: &mut Vec<TemplateError>,
) -> Node {
    if places.len() > MAX_DEPTH {
        faults.push(TemplateError {
            pointer: pointer(places),
            message: "nested too deep".to_owned(),
            fault: Fault::TooDeep,
        });
        return Node::Constant(Value::Null);
    }
    match template {
        Value::String(text) => match Expression::extract(text).map(Expression::compile) {
            None => Node::Constant(template.clone()),
            Some(Ok(expression)) => Node::Expression(expression),
            Some(Err(error)) => {
                faults.push(TemplateError {
                    pointer: pointer(places),
                    message: error.message,
                    fault: Fault::Jsonata,
                });
                Node::Constant(Value::Null)
            }
        },
        Value::Array(items) => {
            let nodes: Vec<Node> = items
                .iter()
                .enumerate()
                .map(|(index, item)| {
                    places.push(Place::Item(index));
                    let node = compile(item, places, faults);
                    places.pop();
                    node
                })
                .collect();
            let constant = nodes.iter().all(|node| matches!(node, Node::Constant(_)));
            if constant { Node::Constant(template.clone()) } else { Node::Array(nodes) }
        }
        Value::Object(fields) => {
            let nodes: Vec<(String, Node)> = fields
                .iter()
                .map(|(key, value)| {
                    places.push(Place::Key(key));
                    let node = compile(value, places, faults);
                    places.pop();
                    (key.clone(), node)
                })
                .collect();
            let constant = nodes.iter().all(|(_, node)| matches!(node, Node::Constant(_)));
            if constant { Node::Constant(template.clone()) } else { Node::Object(nodes) }
        }
        other => Node::Constant(other.clone()),
    }
}

fn collect<'t>(
    node: &'t Node,
    places: &mut Vec<Place<'t>>,
    found: &mut Vec<(String, &'t Expression)>,
) {
    match node {
        Node::Constant(_) => {}
        Node::Expression(expression) => found.push((pointer(places), expression)),
        Node::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                places.push(Place::Item(index));
                collect(item, places, found);
                places.pop();
            }
        }
        Node::Object(fields) => {
            for (key, value) in fields {
                places.push(Place::Key(key));
                collect(value, places, found);
                places.pop();
            }
        }
    }
}

fn eval<'t>(
    node: &'t Node,
    field: &str,
    places: &mut Vec<Place<'t>>,
    frame: &mut Frame<'_>,
) -> Result<Value, StatesError> {
    match node {
        Node::Constant(value) => Ok(value.clone()),
        Node::Expression(expression) => expression
            .run(frame)
            .map_err(|failure| failure.into_error(expression.source(), &field_path(field, places))),
        Node::Array(items) => {
            let mut filled = Vec::with_capacity(items.len());
            for (index, item) in items.iter().enumerate() {
                places.push(Place::Item(index));
                filled.push(eval(item, field, places, frame)?);
                places.pop();
            }
            Ok(Value::Array(filled))
        }
        Node::Object(fields) => {
            let mut filled = Map::with_capacity(fields.len());
            for (key, value) in fields {
                places.push(Place::Key(key));
                filled.insert(key.clone(), eval(value, field, places, frame)?);
                places.pop();
            }
            Ok(Value::Object(filled))
        }
    }
}
