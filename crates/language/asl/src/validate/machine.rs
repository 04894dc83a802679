//! Machines: the top level, branches and item processors.

use std::collections::HashMap;
use std::sync::Arc;

use super::fields::MAX_SECONDS;
use super::nearest::{did_you_mean, nearest};
use super::node::Node;
use super::{Checker, Fault, code, tables};
use crate::program::{Machine, MachineId, Program, QueryLanguage, State, StateIndex};

/// Longest name of a state, in characters.
// AWS: quotas page.
const MAX_STATE_NAME: usize = 80;

/// What the states of one machine need to know about each other.
pub(super) struct Scope<'a> {
    /// Numbers of the states by name.
    pub(super) names: HashMap<&'a str, StateIndex>,
    /// The machine.
    pub(super) machine: MachineId,
    /// The state being read.
    pub(super) state: StateIndex,
    /// Which state leads to which.
    pub(super) edges: Vec<(StateIndex, StateIndex)>,
}

impl Checker<'_> {
    /// The whole definition.
    pub(super) fn top(&mut self, node: &Node<'_>) -> Option<Program> {
        self.only(node, tables::TOP);
        self.language = self.query_language(node).unwrap_or(QueryLanguage::JsonPath);
        let comment = self.string(node, "Comment").map(str::to_owned);
        self.string(node, "Version");
        let timeout_seconds =
            node.get("TimeoutSeconds").and_then(|field| self.integer(&field, 1, MAX_SECONDS));
        self.machine(node, None);
        let machines = std::mem::take(&mut self.machines);
        // Without a state there is nothing to run; a diagnostic has said so.
        (!machines.first()?.states.is_empty()).then_some(Program {
            machines,
            comment,
            timeout_seconds,
            language: self.language,
        })
    }

    /// `QueryLanguage`, if it is there and valid.
    pub(super) fn query_language(&mut self, node: &Node<'_>) -> Option<QueryLanguage> {
        let field = node.get("QueryLanguage")?;
        match field.text() {
            Some("JSONPath") => Some(QueryLanguage::JsonPath),
            Some("JSONata") => Some(QueryLanguage::Jsonata),
            _ => {
                let message = "The field 'QueryLanguage' should have one of these values: \
                               [JSONPath, JSONata]";
                self.schema(&field, message);
                None
            }
        }
    }

    /// Reads a machine and everything inside; its number is given out before those inside it.
    pub(super) fn machine(
        &mut self,
        node: &Node<'_>,
        parent: Option<(MachineId, StateIndex)>,
    ) -> MachineId {
        let id = MachineId::try_from(self.machines.len()).unwrap_or(MachineId::MAX);
        let empty = Machine { start_at: 0, states: Vec::new(), by_name: HashMap::new(), parent };
        self.machines.push(empty);
        // AWS: recorded: in this order.
        self.required(node, &["States", "StartAt"]);
        let Some(states) = node.get("States") else { return id };
        let Some(fields) = states.object() else {
            self.schema(&states, "Expected value of type Object");
            return id;
        };
        if fields.is_empty() {
            // UNVERIFIED: AWS's words.
            self.schema(&states, "There must be at least one state");
            return id;
        }
        let mut scope = Scope {
            names: fields.iter().enumerate().map(|(at, field)| (field.key.as_str(), at)).collect(),
            machine: id,
            state: 0,
            edges: Vec::new(),
        };
        let mut compiled = Vec::with_capacity(fields.len());
        let mut terminal = false;
        for (index, field) in fields.iter().enumerate() {
            self.state_name(&states, &field.key, field.key_span);
            let state = Node { value: &field.value, at: format!("{}/{}", states.at, field.key) };
            scope.state = index;
            terminal |= is_terminal(&state);
            compiled.push(self.state(&state, &field.key, &mut scope));
        }
        let start = self.start_at(node, &scope);
        let has_start = node.get("StartAt").is_some();
        self.graph(fields, &states, &scope, (start, has_start), terminal);
        self.keep(id, start, compiled);
        id
    }

    /// Keeps a machine whose states could all be compiled; the others have left a diagnostic.
    fn keep(&mut self, id: MachineId, start: Option<StateIndex>, compiled: Vec<Option<State>>) {
        let states: Option<Vec<State>> = compiled.into_iter().collect();
        let (Some(start_at), Some(states)) = (start, states) else { return };
        let by_name =
            states.iter().enumerate().map(|(at, state)| (Arc::clone(&state.name), at)).collect();
        if let Some(machine) = self.machines.get_mut(id as usize) {
            machine.start_at = start_at;
            machine.states = states;
            machine.by_name = by_name;
        }
    }

    fn state_name(&mut self, states: &Node<'_>, name: &str, span: crate::json::Span) {
        let location = format!("{}/{name}", states.at);
        if name.is_empty() || name.chars().count() > MAX_STATE_NAME {
            // UNVERIFIED: AWS's words.
            let message = format!("State names have 1 to {MAX_STATE_NAME} characters");
            self.report(Fault::new(code::INVALID_STATE_NAME, message).at(&location), span);
        }
        if !self.names.insert(name.to_owned()) {
            // UNVERIFIED: AWS's words.
            let message = format!("Duplicate State name: {name}");
            self.report(Fault::new(code::DUPLICATE_STATE_NAME, message).at(&location), span);
        }
    }

    fn start_at(&mut self, node: &Node<'_>, scope: &Scope<'_>) -> Option<StateIndex> {
        let name = self.string(node, "StartAt")?;
        self.target(&node.get("StartAt")?, name, scope)
    }

    /// The state a transition names.
    pub(super) fn target(
        &mut self,
        node: &Node<'_>,
        name: &str,
        scope: &Scope<'_>,
    ) -> Option<StateIndex> {
        let found = scope.names.get(name).copied();
        if found.is_none() {
            let hint = nearest(name, scope.names.keys().copied()).map(did_you_mean);
            // AWS: the word is `Next` in all places, `StartAt` included.
            let message = format!("Missing 'Next' target: {name}");
            let fault = Fault::new(code::MISSING_TARGET, message).at(&node.at).hint(hint);
            self.report(fault, node.value.span);
        }
        found
    }
}

/// Whether a machine may end at this state.
fn is_terminal(state: &Node<'_>) -> bool {
    let word = state.get("Type").and_then(|field| field.text().map(str::to_owned));
    let end = state.get("End").is_some_and(|end| end.value.kind == crate::json::Kind::Bool(true));
    end || matches!(word.as_deref(), Some("Succeed" | "Fail"))
}
