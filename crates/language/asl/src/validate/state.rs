//! One state: its type, its language, the fields it may have.

use std::sync::Arc;

use super::machine::Scope;
use super::node::Node;
use super::template::{context_use, looks_computed};
use super::{Checker, Fault, code, is_timestamp, tables};
use crate::json::Kind;
use crate::program::{
    FailState, Flow, PassState, PathField, QueryLanguage, ResultPath, State, StateKind, TextField,
    Wait, WaitState,
};

impl Checker<'_> {
    /// Reads a state; none when it is faulty, which a diagnostic says.
    pub(super) fn state(
        &mut self,
        node: &Node<'_>,
        name: &str,
        scope: &mut Scope<'_>,
    ) -> Option<State> {
        if node.object().is_none() {
            self.schema(node, "Expected value of type Object");
            return None;
        }
        let language = self.state_language(node);
        let state_type = self.state_type(node)?;
        self.known_fields(node, state_type, language);
        let comment = self.string(node, "Comment").map(str::to_owned);
        let (input_path, output_path) = if language == QueryLanguage::JsonPath {
            (self.path_field(node, "InputPath"), self.path_field(node, "OutputPath"))
        } else {
            (PathField::Whole, PathField::Whole)
        };
        let assign = self.assign(node, language);
        let output = if language == QueryLanguage::Jsonata {
            self.template(node, "Output", language)
        } else {
            None
        };
        let kind = self.kind(node, state_type, language, scope)?;
        Some(State {
            name: Arc::from(name),
            language,
            comment,
            input_path,
            output_path,
            assign,
            output,
            context_use: context_use(node.value),
            kind,
        })
    }

    fn state_language(&mut self, node: &Node<'_>) -> QueryLanguage {
        match (self.language, self.query_language(node)) {
            (QueryLanguage::Jsonata, Some(QueryLanguage::JsonPath)) => {
                // AWS: measured by an independent emulator.
                let message = "'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for \
                               whole state machine";
                self.schema(node, message);
                QueryLanguage::JsonPath
            }
            (whole, own) => own.unwrap_or(whole),
        }
    }

    fn state_type(&mut self, node: &Node<'_>) -> Option<&'static str> {
        let Some(field) = node.get("Type") else {
            self.required(node, &["Type"]);
            return None;
        };
        let found = tables::TYPES.into_iter().find(|word| field.text() == Some(word));
        if found.is_none() {
            let message = format!(
                "The field 'Type' should have one of these values: [{}]",
                tables::TYPES.join(", ")
            );
            let hint = field
                .text()
                .and_then(|word| super::nearest::nearest(word, tables::TYPES))
                .map(super::nearest::did_you_mean);
            let fault = Fault::new(code::SCHEMA, message).at(&field.at).hint(hint);
            self.report(fault, field.value.span);
        }
        found
    }

    fn known_fields(&mut self, node: &Node<'_>, state_type: &str, language: QueryLanguage) {
        let (word, other, other_word) = match language {
            QueryLanguage::JsonPath => ("JSONPath", QueryLanguage::Jsonata, "JSONata"),
            QueryLanguage::Jsonata => ("JSONata", QueryLanguage::JsonPath, "JSONPath"),
        };
        for field in node.object().unwrap_or_default() {
            if tables::has(state_type, language, &field.key) {
                continue;
            }
            if tables::has(state_type, other, &field.key) {
                // AWS: measured by an independent emulator.
                let message = format!(
                    "The QueryLanguage is set to '{word}', but field '{}' is only supported for \
                     the '{other_word}' QueryLanguage",
                    field.key
                );
                self.report(Fault::new(code::SCHEMA, message).at(&node.at), field.key_span);
            } else {
                let known = tables::all(state_type, language);
                self.not_supported(node, &field.key, field.key_span, known);
            }
        }
    }

    fn kind(
        &mut self,
        node: &Node<'_>,
        state_type: &str,
        language: QueryLanguage,
        scope: &mut Scope<'_>,
    ) -> Option<StateKind> {
        match state_type {
            "Pass" => self.pass(node, language, scope).map(StateKind::Pass),
            "Task" => self.task(node, language, scope).map(|task| StateKind::Task(Box::new(task))),
            "Choice" => self.choice(node, language, scope).map(StateKind::Choice),
            "Wait" => self.wait(node, language, scope).map(StateKind::Wait),
            "Parallel" => self.parallel(node, language, scope).map(StateKind::Parallel),
            "Map" => self.map(node, language, scope).map(|map| StateKind::Map(Box::new(map))),
            "Succeed" => Some(StateKind::Succeed),
            _ => Some(StateKind::Fail(FailState {
                error: self.text_field(node, "Error", language),
                cause: self.text_field(node, "Cause", language),
            })),
        }
    }

    fn pass(
        &mut self,
        node: &Node<'_>,
        language: QueryLanguage,
        scope: &mut Scope<'_>,
    ) -> Option<PassState> {
        let flow = self.flow(node, scope);
        let mut pass = PassState {
            result: None,
            parameters: None,
            result_path: ResultPath::Replace,
            flow: Flow::End,
        };
        if language == QueryLanguage::JsonPath {
            pass.result = node.get("Result").map(|field| {
                self.static_result(&field);
                field.value.to_value()
            });
            pass.parameters = self.template(node, "Parameters", language);
            pass.result_path = self.result_path(node);
        }
        flow.map(|flow| PassState { flow, ..pass })
    }

    /// AWS: warns of a `Result` that looks as if it should be computed.
    fn static_result(&mut self, result: &Node<'_>) {
        let computed = |value: &crate::json::Spanned| value.as_str().is_some_and(looks_computed);
        let suspicious = computed(result.value)
            || result.object().is_some_and(|fields| {
                fields.iter().any(|field| field.key.ends_with(".$") || computed(&field.value))
            });
        if suspicious {
            let message = "Attempt to use a path in the result of a pass state";
            self.warn(code::PASS_RESULT_IS_STATIC, result, message);
        }
    }

    fn wait(
        &mut self,
        node: &Node<'_>,
        language: QueryLanguage,
        scope: &mut Scope<'_>,
    ) -> Option<WaitState> {
        let flow = self.flow(node, scope);
        let rivals = ["Seconds", "SecondsPath", "Timestamp", "TimestampPath"];
        let wait = match self.one_of(node, &rivals) {
            Some("Seconds" | "SecondsPath") => {
                self.number(node, "Seconds", language, 0).map(Wait::Seconds)
            }
            Some(_) => self.text_field(node, "Timestamp", language).map(Wait::Timestamp),
            None => {
                // UNVERIFIED: AWS's words.
                let message = format!("One of these fields is required: [{}]", rivals.join(", "));
                self.schema(node, message);
                None
            }
        };
        if let Some(Wait::Timestamp(TextField::Literal(text))) = &wait
            && !is_timestamp(text)
            && let Some(field) = node.get("Timestamp")
        {
            // UNVERIFIED: AWS's words.
            self.schema(&field, "String does not match RFC3339 timestamp");
        }
        Some(WaitState { wait: wait?, flow: flow? })
    }

    /// `Next` or `End`: exactly one of them.
    pub(super) fn flow(&mut self, node: &Node<'_>, scope: &mut Scope<'_>) -> Option<Flow> {
        let next = node.get("Next");
        let end = match node.get("End") {
            None => false,
            Some(field) => {
                let Kind::Bool(end) = field.value.kind else {
                    self.schema(&field, "Expected value of type Boolean");
                    return None;
                };
                end
            }
        };
        match next {
            Some(_) if end => {
                // UNVERIFIED: AWS's words.
                self.schema(node, "Only one of these fields is allowed: [Next, End]");
                None
            }
            Some(field) => {
                let name = self.string(node, "Next")?;
                let target = self.target(&field, name, scope)?;
                scope.edges.push((scope.state, target));
                Some(Flow::Next(target))
            }
            None if end => Some(Flow::End),
            None => {
                // UNVERIFIED: AWS's words.
                self.schema(node, "One of these fields is required: [Next, End]");
                None
            }
        }
    }
}
