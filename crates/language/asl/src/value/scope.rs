//! What an expression can see: the state's input, the Context Object, the variables in scope; and where chance comes from.

use serde_json::{Map, Value};

/// The variables visible to a state, inner scopes shadowing outer ones.
///
/// Lookup by name is all an expression needs: the names it uses are known when it is compiled.
pub trait Variables {
    /// The value of the variable `name` (without `$`), if it is assigned.
    fn variable(&self, name: &str) -> Option<&Value>;
}

impl Variables for Map<String, Value> {
    fn variable(&self, name: &str) -> Option<&Value> {
        self.get(name)
    }
}

/// No variables at all.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoVariables;

impl Variables for NoVariables {
    fn variable(&self, _name: &str) -> Option<&Value> {
        None
    }
}

/// Everything a JSONPath expression, an intrinsic or a payload template reads.
#[derive(Clone, Copy)]
pub struct Scope<'a> {
    /// What `$` means: the state's (effective) input, or its result in a `ResultSelector`.
    pub input: &'a Value,
    /// What `$$` means: the Context Object.
    pub context: &'a Value,
    /// What `$name` means.
    pub variables: &'a dyn Variables,
}

/// Where `States.UUID`, `States.MathRandom`, `$uuid` and `$random` get their chance from.
///
/// An argument, so that a turn of an execution stays a function of its inputs.
pub trait Random {
    /// The next 64 random bits.
    fn next_u64(&mut self) -> u64;
}
