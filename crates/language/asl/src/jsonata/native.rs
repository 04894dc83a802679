//! Expressions simple enough not to need the evaluator: constants and plain paths into `$states` or a variable.

use super::{Failure, Frame, convert};
use jsonata_core::ast::AstNode;
use serde_json::Value;

/// A simple expression.
#[derive(Debug)]
pub(super) enum Native {
    Constant(Value),
    /// `$states.input.a.b`
    Path {
        root: Root,
        names: Vec<String>,
    },
}

#[derive(Debug)]
pub(super) enum Root {
    Input,
    Context,
    Result,
    ErrorOutput,
    Variable(String),
}

/// The expression as a simple one, if it is.
pub(super) fn recognise(ast: &AstNode) -> Option<Native> {
    match ast {
        AstNode::String(text) => Some(Native::Constant(Value::String(text.clone()))),
        AstNode::Boolean(flag) => Some(Native::Constant(Value::Bool(*flag))),
        AstNode::Null => Some(Native::Constant(Value::Null)),
        AstNode::Number(number) => Some(Native::Constant(convert::number(*number))),
        AstNode::Variable(name) if name != "states" && !name.is_empty() => {
            Some(Native::Path { root: Root::Variable(name.clone()), names: Vec::new() })
        }
        AstNode::Path { steps } => {
            let plain = steps.iter().all(|step| {
                step.stages.is_empty()
                    && step.focus.is_none()
                    && step.index_var.is_none()
                    && step.ancestor_label.is_none()
                    && !step.is_tuple
            });
            let (first, rest) = steps.split_first()?;
            let AstNode::Variable(variable) = &first.node else { return None };
            let names = rest.iter().map(|step| match &step.node {
                AstNode::Name(name) => Some(name.clone()),
                _ => None,
            });
            let mut names = names.collect::<Option<Vec<String>>>().filter(|_| plain)?;
            let root = match variable.as_str() {
                "" => return None,
                "states" => match names.first()?.as_str() {
                    "input" => Root::Input,
                    "context" => Root::Context,
                    "result" => Root::Result,
                    "errorOutput" => Root::ErrorOutput,
                    _ => return None,
                },
                other => Root::Variable(other.to_owned()),
            };
            if variable == "states" {
                names.remove(0);
            }
            Some(Native::Path { root, names })
        }
        _ => None,
    }
}

impl Native {
    /// The result, unless the data turns out to need the evaluator (arrays on the way, a built-in function's name).
    pub(super) fn eval(&self, frame: &Frame<'_>) -> Option<Result<Value, Failure>> {
        let (root, names) = match self {
            Native::Constant(value) => return Some(Ok(value.clone())),
            Native::Path { root, names } => (root, names),
        };
        let mut at = match root {
            Root::Input => frame.input,
            Root::Context => frame.context,
            Root::Result => match frame.result {
                Some(result) => result,
                None => return Some(Err(Failure::Undefined)),
            },
            Root::ErrorOutput => match frame.error_output {
                Some(error) => error,
                None => return Some(Err(Failure::Undefined)),
            },
            Root::Variable(name) => frame.variables.variable(name)?,
        };
        for name in names {
            at = match at {
                Value::Object(fields) => match fields.get(name) {
                    Some(value) => value,
                    None => return Some(Err(Failure::Undefined)),
                },
                Value::Array(_) => return None,
                _ => return Some(Err(Failure::Undefined)),
            };
        }
        Some(Ok(convert::normalised(at)))
    }
}
