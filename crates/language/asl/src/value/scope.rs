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

/// A small seeded generator (SplitMix64), good enough for identifiers in rehearsals and tests.
#[derive(Clone, Debug)]
pub struct SplitMix(u64);

impl SplitMix {
    /// A generator that always yields the same sequence for the same seed.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }
}

impl Random for SplitMix {
    fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}
