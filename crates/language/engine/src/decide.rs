//! One turn of an execution.

use asl::Program;

use crate::changes::Changes;
use crate::effect::Effect;
use crate::history::HistoryEvent;
use crate::quarantine::Quarantine;
use crate::{Entropy, Execution, Input};

/// What a turn did: to be stored as one, before any effect is carried out.
#[derive(Debug, Clone, PartialEq)]
pub struct Turn {
    /// What happened, in order.
    pub events: Vec<HistoryEvent>,
    /// What to do outside, in order.
    pub effects: Vec<Effect>,
    /// The changed parts of the execution.
    pub changes: Changes,
}

/// Takes one turn.
///
/// # Errors
/// A broken invariant: nothing of the turn may be stored.
pub fn decide(
    _execution: &Execution,
    _program: &Program,
    _input: Input,
    _now_ms: i64,
    _entropy: &mut Entropy,
) -> Result<Turn, Quarantine> {
    Err(Quarantine::UnknownVersion(0))
}
