//! The only loops: turns, effects, timers, durable work, recovery.
//!
//! * [`Work`] runs durable work items ([`service::WorkItem`]) when they are due.
//! * [`Executions`] runs live Step Functions executions: it brings inputs to [`engine::decide`], makes each turn durable
//!   and then, and only then, acts on its effects and answers whoever asked.
//!
//! **Invariant:** nothing outside sees a turn, an effect or an outcome before its commit has resolved.
//!
//! **Invariant:** what is in memory can be rebuilt from the store alone; [`Executions::recover`] and [`Work::start`] do.
//!
//! **Invariant:** no loop polls. Time passes on tokio's clock, so that it can be paused and advanced; a thread that only
//! looks whether the wall clock has jumped (a suspend, a correction) wakes the loops when it has.

mod alarms;
mod error;
mod executions;
mod jumps;
mod map_port;
mod task;
mod work;

pub use error::Error;
pub use executions::{
    ActivityTask, CANCEL_TASK_WORK, CancelledTask, ChildPage, Definition, ExecutionRecord,
    Executions, Forgotten, ForgottenDefinitions, HistoryPage, ListPage, MapRunChange, MapRunView,
    Observer, Start, StartSpec, Tallies, Tally,
};
pub use map_port::{Items, MapRunRequest, Results};
pub use task::{TaskFailure, TaskHandler, TaskReporter, TaskRequest};
pub use work::Work;
