//! Reads single fields: texts, numbers, paths and values that may be computed.

use std::sync::Arc;

use super::nearest::{did_you_mean, nearest};
use super::node::Node;
use super::{Checker, Fault, code};
use crate::intrinsic::Intrinsic;
use crate::json::Kind;
use crate::jsonata::Expression;
use crate::path::{Path, RefPath};
use crate::program::{NumberField, PathField, QueryLanguage, ResultPath, TextField};

/// Longest time of a task, a wait or an execution, seconds.
// AWS: `TimeoutSeconds` and `Seconds` are at most 99999999.
pub(super) const MAX_SECONDS: u64 = 99_999_999;

impl Checker<'_> {
    /// Reports every field that is not in `known`.
    pub(super) fn only(&mut self, node: &Node<'_>, known: &[&str]) {
        for field in node.object().unwrap_or_default() {
            if !known.contains(&field.key.as_str()) {
                self.not_supported(node, &field.key, field.key_span, known.iter().copied());
            }
        }
    }

    /// Reports a field that does not belong here.
    pub(super) fn not_supported<'k>(
        &mut self,
        node: &Node<'_>,
        key: &str,
        span: crate::json::Span,
        known: impl IntoIterator<Item = &'k str>,
    ) {
        // AWS: the location is that of the object, not of the field (measured).
        let hint = nearest(key, known).map(did_you_mean);
        let fault = Fault::new(code::SCHEMA, format!("Field '{key}' is not supported"));
        self.report(fault.at(&node.at).hint(hint), span);
    }

    /// Reports the fields of `needed` that are missing.
    pub(super) fn required(&mut self, node: &Node<'_>, needed: &[&str]) {
        let missing: Vec<&str> = needed.iter().copied().filter(|key| !node.has(key)).collect();
        if !missing.is_empty() {
            self.schema(node, format!("These fields are required: [{}]", missing.join(", ")));
        }
    }

    /// Reports when more than one of `rivals` is there; says which is, if exactly one.
    pub(super) fn one_of<'k>(&mut self, node: &Node<'_>, rivals: &[&'k str]) -> Option<&'k str> {
        let present: Vec<&str> = rivals.iter().copied().filter(|key| node.has(key)).collect();
        if present.len() > 1 {
            // UNVERIFIED: AWS's words.
            let message = format!("Only one of these fields is allowed: [{}]", present.join(", "));
            self.schema(node, message);
        }
        present.first().copied()
    }

    /// A string field.
    pub(super) fn string<'a>(&mut self, node: &Node<'a>, key: &str) -> Option<&'a str> {
        let field = node.get(key)?;
        let text = field.text();
        if text.is_none() {
            self.schema(&field, "Expected value of type String");
        }
        text
    }

    /// An integer within bounds, as written.
    pub(super) fn integer(&mut self, node: &Node<'_>, least: u64, most: u64) -> Option<u64> {
        let Kind::Number(number) = &node.value.kind else {
            self.schema(node, "Expected value of type Integer");
            return None;
        };
        // AWS: `10.0` is an integer; recorded definitions have it.
        let number =
            crate::value::number_is_integer(number).and_then(|number| u64::try_from(number).ok());
        let found = number.filter(|value| (least..=most).contains(value));
        if found.is_none() {
            // UNVERIFIED: AWS's words.
            self.schema(node, format!("Expected an integer between {least} and {most}"));
        }
        found
    }

    /// A path.
    pub(super) fn path(&mut self, node: &Node<'_>) -> Option<Path> {
        let Some(text) = node.text() else {
            self.schema(node, "Expected value of type String");
            return None;
        };
        match Path::parse(text) {
            Ok(path) => Some(path),
            Err(error) => {
                let fault = Fault::new(code::SCHEMA, "Value is not a valid JSONPath");
                self.report(fault.at(&node.at).hint(Some(error.to_string())), node.value.span);
                None
            }
        }
    }

    /// A path that names one place.
    pub(super) fn reference_path(&mut self, node: &Node<'_>) -> Option<RefPath> {
        let Some(text) = node.text() else {
            self.schema(node, "Expected value of type String");
            return None;
        };
        match RefPath::parse(text) {
            Ok(path) => Some(path),
            Err(error) => {
                let fault = Fault::new(code::SCHEMA, "Value is not a Reference Path");
                self.report(fault.at(&node.at).hint(Some(error.to_string())), node.value.span);
                None
            }
        }
    }

    /// `InputPath` or `OutputPath`.
    pub(super) fn path_field(&mut self, node: &Node<'_>, key: &str) -> PathField {
        let Some(field) = node.get(key) else { return PathField::Whole };
        if field.value.kind == Kind::Null {
            return PathField::Nothing;
        }
        match self.path(&field) {
            Some(path) if path.text() == "$" => PathField::Whole,
            Some(path) => PathField::Path(path),
            None => PathField::Whole,
        }
    }

    /// `ResultPath`.
    pub(super) fn result_path(&mut self, node: &Node<'_>) -> ResultPath {
        let Some(field) = node.get("ResultPath") else { return ResultPath::Replace };
        if field.value.kind == Kind::Null {
            return ResultPath::Discard;
        }
        if field.text() == Some("$") {
            return ResultPath::Replace;
        }
        self.reference_path(&field).map_or(ResultPath::Replace, ResultPath::At)
    }

    /// An expression `{% … %}`, if the node is one; a faulty one is reported.
    pub(super) fn expression(&mut self, node: &Node<'_>) -> Option<Expression> {
        let source = Expression::extract(node.text()?)?;
        match Expression::compile(source) {
            Ok(expression) => Some(expression),
            Err(error) => {
                // UNVERIFIED: AWS's words around JSONata's own message.
                self.schema(node, format!("Invalid JSONata expression: {error}"));
                None
            }
        }
    }

    /// Whether the node is written as an expression.
    pub(super) fn is_expression(node: &Node<'_>) -> bool {
        node.text().and_then(Expression::extract).is_some()
    }

    /// A number: as written, by path (`KeyPath`) or by expression.
    pub(super) fn number(
        &mut self,
        node: &Node<'_>,
        key: &str,
        language: QueryLanguage,
        least: u64,
    ) -> Option<NumberField> {
        let by_path = format!("{key}Path");
        if language == QueryLanguage::JsonPath {
            self.one_of(node, &[key, &by_path]);
            if let Some(field) = node.get(&by_path) {
                return self.path(&field).map(NumberField::Path);
            }
        }
        let field = node.get(key)?;
        if language == QueryLanguage::Jsonata && Self::is_expression(&field) {
            return self.expression(&field).map(NumberField::Expression);
        }
        self.integer(&field, least, MAX_SECONDS).map(NumberField::Literal)
    }

    /// A text of a Fail state: as written, by path or intrinsic (`KeyPath`) or by expression.
    pub(super) fn text_field(
        &mut self,
        node: &Node<'_>,
        key: &str,
        language: QueryLanguage,
    ) -> Option<TextField> {
        let by_path = format!("{key}Path");
        if language == QueryLanguage::JsonPath {
            self.one_of(node, &[key, &by_path]);
            if let Some(field) = node.get(&by_path) {
                return self.path_or_intrinsic(&field);
            }
        }
        let field = node.get(key)?;
        if language == QueryLanguage::Jsonata && Self::is_expression(&field) {
            return self.expression(&field).map(TextField::Expression);
        }
        self.string(node, key).map(|text| TextField::Literal(Arc::from(text)))
    }

    fn path_or_intrinsic(&mut self, node: &Node<'_>) -> Option<TextField> {
        match node.text() {
            Some(text) if Intrinsic::is_intrinsic(text) => match Intrinsic::parse(text) {
                Ok(intrinsic) => Some(TextField::Intrinsic(intrinsic)),
                Err(error) => {
                    let message =
                        "Value is not a valid JSONPath or a valid intrinsic function call";
                    let fault = Fault::new(code::SCHEMA, message).at(&node.at);
                    self.report(fault.hint(Some(error.to_string())), node.value.span);
                    None
                }
            },
            _ => self.path(node).map(TextField::Path),
        }
    }
}
