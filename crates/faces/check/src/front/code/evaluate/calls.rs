//! Calls: of functions of the program, of constructors, of methods.

use super::super::ast::{Argument, Expr, Form, Function};
use super::super::{constructor, methods};
use super::{MAX_CALLS, Machine, Value};
use crate::node::{Kind, Node};
use crate::source::Span;
use std::collections::HashMap;
use std::rc::Rc;

impl Machine<'_> {
    pub(super) fn call_expression(
        &mut self,
        callee: &Expr,
        arguments: &[Argument],
        span: Span,
        assigned: Option<&str>,
    ) -> Value {
        if let Form::Attribute(object, method) = &callee.form {
            let owner = self.evaluate(object, None);
            match owner {
                Value::Data(node) => {
                    return methods::call(self, &node, object, method, arguments, span);
                }
                Value::Path(mut path) => {
                    self.part_of(&path, method, callee.span);
                    path.push(method.clone());
                    return constructor::call(self, &path, arguments, span, callee.span, assigned);
                }
                Value::Module(names) => {
                    return match names.get(method) {
                        Some(value) => {
                            let value = value.clone();
                            self.call_value(value, arguments, (span, callee.span), assigned)
                        }
                        None => self.arguments_only(arguments, span),
                    };
                }
                Value::Function(_) => return Value::Data(Node::unknown(span)),
            }
        }
        let value = self.evaluate(callee, None);
        self.call_value(value, arguments, (span, callee.span), assigned)
    }

    /// Calls what an expression came to.
    fn call_value(
        &mut self,
        value: Value,
        arguments: &[Argument],
        (span, callee): (Span, Span),
        assigned: Option<&str>,
    ) -> Value {
        match value {
            Value::Path(path) => constructor::call(self, &path, arguments, span, callee, assigned),
            Value::Function(function) => {
                let mut values = Vec::new();
                for argument in arguments {
                    let value = self.evaluate(&argument.value, None);
                    values.push((argument.name.as_ref().map(|(name, _)| name.clone()), value));
                }
                let result = self.call_named(&function, values);
                Value::Data(result.unwrap_or_else(|| Node::unknown(span)))
            }
            Value::Data(_) | Value::Module(_) => self.arguments_only(arguments, span),
        }
    }

    /// A call of something that is not known.
    fn arguments_only(&mut self, arguments: &[Argument], span: Span) -> Value {
        for argument in arguments {
            self.evaluate(&argument.value, None);
        }
        Value::Data(Node::unknown(span))
    }

    /// Calls a function with values in order.
    pub(in super::super) fn call(
        &mut self,
        function: &Rc<Function>,
        values: Vec<Value>,
    ) -> Option<Node> {
        self.call_named(function, values.into_iter().map(|value| (None, value)).collect())
    }

    fn call_named(
        &mut self,
        function: &Rc<Function>,
        values: Vec<(Option<String>, Value)>,
    ) -> Option<Node> {
        if self.calls >= MAX_CALLS {
            return None;
        }
        self.calls += 1;
        self.called.insert(Rc::as_ptr(function));
        let mut scope: HashMap<String, Value> = function
            .parameters
            .iter()
            .flat_map(|names| names.split(','))
            .map(|name| (name.to_owned(), Value::Data(Node::unknown(Span::default()))))
            .collect();
        let mut position = 0;
        for (name, value) in values {
            if let Some(name) = name {
                scope.insert(name, value);
            } else if let Some(parameter) = function.parameters.get(position) {
                position += 1;
                let names: Vec<&str> = parameter.split(',').collect();
                match (names.as_slice(), value) {
                    ([name], value) => drop(scope.insert((*name).to_owned(), value)),
                    (names, Value::Data(node)) => bind(&mut scope, names, &node),
                    _ => {}
                }
            }
        }
        // A function of another file sees that file's names.
        let home = self.homes.get(&Rc::as_ptr(function)).cloned();
        let depth = self.scopes.len();
        self.scopes.extend(home.map(|names| (*names).clone()));
        self.scopes.push(scope);
        let returned = self.statements(&function.body);
        self.scopes.truncate(depth);
        self.calls -= 1;
        returned
    }
}

/// `([a, b]) =>` and `({ a, b }) =>`.
fn bind(scope: &mut HashMap<String, Value>, names: &[&str], node: &Node) {
    for (index, name) in names.iter().enumerate() {
        let part = match &node.kind {
            Kind::List(items) => items.get(index),
            Kind::Map(_) => node.get(name),
            _ => None,
        };
        if let Some(part) = part {
            scope.insert((*name).to_owned(), Value::Data(part.clone()));
        }
    }
}
