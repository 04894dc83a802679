//! The validated program: every path, template, expression and transition compiled and resolved.
//!
//! A program is a list of *machines*: the top-level one first, then the Parallel branches and Map
//! processors in the order of the text. The number of a machine is its [`MachineId`]; it depends
//! on the text only, so that it can be stored.

mod choice;
mod distributed;
mod fields;
mod resource;
mod state;

pub use choice::{Comparison, Condition, Operand, Operator, Order, Rule, TypeTest};
pub use distributed::{
    Distributed, InputType, ItemBatcher, ItemReader, PercentageField, ReaderConfig, ResultWriter,
    Transformation,
};
pub use fields::{
    Assign, Catcher, Flow, NumberField, PathField, ResultPath, Retrier, Template, TextField,
};
pub use resource::{Integration, Resource, ResourceKind};
pub use state::{
    ChoiceState, ContextUse, FailState, Map, MapItems, MapMode, ParallelState, PassState, State,
    StateKind, TaskState, Wait, WaitState, Work,
};

use std::collections::HashMap;
use std::sync::Arc;

/// Number of a machine within its program.
pub type MachineId = u32;

/// Number of a state within its machine, in the order of the text.
pub type StateIndex = usize;

/// The language of a state's fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QueryLanguage {
    /// `JSONPath`, the default.
    JsonPath,
    /// `JSONata`.
    Jsonata,
}

/// A validated definition.
#[derive(Clone, Debug)]
pub struct Program {
    /// The machines; the first is the top-level one.
    pub machines: Vec<Machine>,
    /// `Comment` of the definition.
    pub comment: Option<String>,
    /// `TimeoutSeconds` of the whole execution.
    pub timeout_seconds: Option<u64>,
    /// `QueryLanguage` of the definition.
    pub language: QueryLanguage,
}

/// One sequence of states: the top level, a branch or an item processor.
#[derive(Clone, Debug)]
pub struct Machine {
    /// The state it starts at.
    pub start_at: StateIndex,
    /// Its states, in the order of the text.
    pub states: Vec<State>,
    /// Its states by name.
    pub by_name: HashMap<Arc<str>, StateIndex>,
    /// The machine and state this one belongs to; none for the top level.
    pub parent: Option<(MachineId, StateIndex)>,
}

impl Program {
    /// The top-level machine.
    pub fn top(&self) -> &Machine {
        &self.machines[0]
    }

    /// A machine by its number.
    pub fn machine(&self, id: MachineId) -> Option<&Machine> {
        self.machines.get(usize::try_from(id).ok()?)
    }

    /// Every Task state, with its machine, in the order of the text: what a check of permissions
    /// or resources looks through.
    pub fn tasks(&self) -> impl Iterator<Item = (&State, &TaskState)> {
        self.machines.iter().flat_map(|machine| &machine.states).filter_map(|state| {
            match &state.kind {
                StateKind::Task(task) => Some((state, &**task)),
                _ => None,
            }
        })
    }
}

impl Machine {
    /// A state by name.
    pub fn state(&self, name: &str) -> Option<&State> {
        self.by_name.get(name).and_then(|index| self.states.get(*index))
    }
}
