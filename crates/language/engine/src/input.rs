//! What can happen to an execution from outside: one input makes one turn.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{Data, Key};

/// One thing that happened outside.
///
/// An input whose key is unknown, already answered or of an earlier attempt makes an empty turn:
/// giving any input twice is harmless.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Input {
    /// The execution starts; ignored once it has started.
    Start,
    /// The request of a `.sync` or `.waitForTaskToken` task was accepted by the service.
    TaskSubmitted {
        /// The task.
        key: Key,
        /// What the service answered.
        output: Data,
    },
    /// The task is done.
    TaskSucceeded {
        /// The task.
        key: Key,
        /// Its result.
        output: Data,
    },
    /// The task failed.
    TaskFailed {
        /// The task.
        key: Key,
        /// Error name, as `Retry` and `Catch` match it.
        error: Option<Arc<str>>,
        /// Human-readable cause.
        cause: Option<Arc<str>>,
    },
    /// The task is alive: its heartbeat timer starts anew.
    TaskHeartbeat {
        /// The task.
        key: Key,
    },
    /// A worker took the task of an activity.
    ActivityStarted {
        /// The task.
        key: Key,
        /// The name the worker gave itself, if any.
        worker: Option<Arc<str>>,
    },
    /// The map run is done.
    MapRunSucceeded {
        /// The run.
        key: Key,
        /// Its results, or where they are.
        output: Data,
    },
    /// The map run failed.
    MapRunFailed {
        /// The run.
        key: Key,
        /// Error name, as `Retry` and `Catch` match it.
        error: Option<Arc<str>>,
        /// Human-readable cause.
        cause: Option<Arc<str>>,
    },
    /// A timer set by [`crate::Effect::SetTimer`] is due.
    TimerFired {
        /// The timer.
        key: Key,
    },
    /// Somebody stops the execution.
    Stop {
        /// Error name given by the caller.
        error: Option<Arc<str>>,
        /// Cause given by the caller.
        cause: Option<Arc<str>>,
    },
    /// Somebody lets an execution that did not succeed go on; ignored when it has nothing to go on with.
    Redrive,
    /// The execution ran longer than it may (service limit, or as a substitute for the timer).
    ExecutionTimedOut,
}
