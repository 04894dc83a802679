//! What can be seen from the transitions alone: unreachable states and machines without an end.

use super::machine::Scope;
use super::node::Node;
use super::{Checker, Fault, code};
use crate::json::Field;
use crate::program::StateIndex;

impl Checker<'_> {
    pub(super) fn graph(
        &mut self,
        fields: &[Field],
        states: &Node<'_>,
        scope: &Scope<'_>,
        (start, has_start): (Option<StateIndex>, bool),
        terminal: bool,
    ) {
        if !terminal {
            // AWS: this fault has no location and hides the unreachable states (measured by an
            // independent emulator).
            let fault = Fault::new(code::MISSING_END_STATE, "Workflow has no terminal state");
            self.report(fault, states.value.span);
            return;
        }
        if !has_start {
            // AWS: recorded: the missing `StartAt` is all that is said.
            return;
        }
        let reached = reached(fields.len(), &scope.edges, start);
        for (field, reached) in fields.iter().zip(reached) {
            if !reached {
                let message = format!("State \"{}\" is not reachable.", field.key);
                let location = format!("{}/{}", states.at, field.key);
                let fault = Fault::new(code::MISSING_TARGET, message).at(&location);
                self.report(fault, field.key_span);
            }
        }
    }
}

fn reached(
    count: usize,
    edges: &[(StateIndex, StateIndex)],
    start: Option<StateIndex>,
) -> Vec<bool> {
    let mut next_of: Vec<Vec<StateIndex>> = vec![Vec::new(); count];
    for (from, to) in edges {
        next_of[*from].push(*to);
    }
    let mut reached = vec![false; count];
    let mut waiting: Vec<StateIndex> = start.into_iter().collect();
    while let Some(state) = waiting.pop() {
        if !std::mem::replace(&mut reached[state], true) {
            waiting.extend(&next_of[state]);
        }
    }
    reached
}
