//! What can go wrong inside a turn: failures of the execution, and breaks of the turn itself.

use std::sync::Arc;

use asl::states_error::{DATA_LIMIT_EXCEEDED, QUERY_EVALUATION, RUNTIME, StatesError};

use crate::frame::Frame;
use crate::history::Failure;
use crate::quarantine::Quarantine;

/// Error name of tasks that took too long.
pub(crate) const TIMEOUT: &str = "States.Timeout";
/// Error name of tasks that did not give a sign of life.
const HEARTBEAT_TIMEOUT: &str = "States.HeartbeatTimeout";
/// Stands for nearly every error.
const ALL: &str = "States.ALL";
/// Stands for nearly every error but timeouts.
const TASK_FAILED: &str = "States.TaskFailed";

/// A failure of a state, to be retried, caught or handed up.
#[derive(Debug, Clone)]
pub(crate) struct Fault {
    pub(crate) failure: Failure,
    /// Where a JSONata expression failed; makes an event of its own.
    pub(crate) evaluation: Option<Evaluation>,
    /// A timeout for want of heartbeats, which has a name of its own in `ErrorEquals`.
    pub(crate) heartbeat: bool,
}

/// The place of a failed JSONata expression.
#[derive(Debug, Clone)]
pub(crate) struct Evaluation {
    /// Path of the field within the state.
    pub(crate) location: Arc<str>,
    /// The event the failure follows from.
    pub(crate) previous_event: u64,
}

/// Why a turn cannot simply go on.
#[derive(Debug)]
pub(crate) enum Stop {
    /// The state failed.
    Fault(Box<Fault>),
    /// The turn ends here.
    Halt(Halt),
}

/// Why a turn ends early.
#[derive(Debug)]
pub(crate) enum Halt {
    /// An invariant is broken.
    Quarantine(Quarantine),
    /// The history is full: the next event must be the last.
    HistoryFull,
}

impl From<Quarantine> for Halt {
    fn from(broken: Quarantine) -> Self {
        Self::Quarantine(broken)
    }
}

impl From<Quarantine> for Stop {
    fn from(broken: Quarantine) -> Self {
        Self::Halt(Halt::Quarantine(broken))
    }
}

impl From<Halt> for Stop {
    fn from(halt: Halt) -> Self {
        Self::Halt(halt)
    }
}

impl From<Fault> for Stop {
    fn from(fault: Fault) -> Self {
        Self::Fault(Box::new(fault))
    }
}

impl Fault {
    /// A failure with a name and a cause as they are.
    pub(crate) fn plain(error: &str, cause: impl Into<Arc<str>>) -> Self {
        Self::of(Failure { error: Some(error.into()), cause: Some(cause.into()) })
    }

    /// A failure that came from outside.
    pub(crate) fn of(failure: Failure) -> Self {
        Self { failure, evaluation: None, heartbeat: false }
    }

    /// A failure of the interpreter while it worked on a field of the state of `frame`.
    pub(crate) fn of_state(error: StatesError, frame: &Frame, field: &str) -> Self {
        let evaluation = (error.error == QUERY_EVALUATION).then(|| Evaluation {
            location: error.location.as_deref().unwrap_or(field).into(),
            // AWS: recorded: as long as nothing has happened in the state, its entry is not yet
            // part of the chain.
            previous_event: if frame.last_event == frame.entered_event {
                frame.before_entered_event
            } else {
                frame.last_event
            },
        });
        if error.error == DATA_LIMIT_EXCEEDED {
            return Self::plain(&error.error, error.cause);
        }
        let error = error.in_state(&frame.state, frame.entered_event);
        Self { evaluation, ..Self::plain(&error.error, error.cause) }
    }

    fn name(&self) -> &str {
        self.failure.error.as_deref().unwrap_or_default()
    }

    /// Whether nothing can handle the failure: it ends the execution wherever it happens.
    ///
    /// AWS: error handling page: `States.Runtime` always fails the execution.
    pub(crate) fn is_fatal(&self) -> bool {
        self.name() == RUNTIME
    }

    /// Whether a `Retry` or `Catch` for these names is for this failure.
    pub(crate) fn matches(&self, error_equals: &[String]) -> bool {
        let name = self.name();
        error_equals.iter().any(|wanted| match wanted.as_str() {
            // AWS: recorded: a catcher of States.ALL takes what a task answered beyond the limit,
            // although the error handling page says otherwise.
            ALL => name != RUNTIME,
            // AWS: error handling page.
            TASK_FAILED => {
                ![RUNTIME, DATA_LIMIT_EXCEEDED, TIMEOUT, HEARTBEAT_TIMEOUT].contains(&name)
                    || name == TASK_FAILED
            }
            // AWS: States Language: a missed heartbeat is a timeout, too.
            TIMEOUT => name == TIMEOUT || name == HEARTBEAT_TIMEOUT,
            HEARTBEAT_TIMEOUT => self.heartbeat || name == HEARTBEAT_TIMEOUT,
            wanted => wanted == name,
        })
    }
}
