//! One execution as a fold: (execution, input, now) to history events and effects.
//!
//! # How it is used
//!
//! ```text
//! let checked = asl::check(definition, asl::Options::default());
//! let program = checked.program?;
//! let mut execution = Execution::new(identity);
//! let turn = decide(&execution, &program, Input::Start, now_ms, &mut entropy)?;
//! // 1. store turn.events and turn.changes as one   2. execution.apply(turn.changes)
//! // 3. carry out turn.effects; each answer is the next Input
//! ```
//!
//! - [`decide`] takes one [`Input`] and runs until the execution waits for something outside.
//!   It changes nothing: a turn that could not be stored has not happened.
//! - A [`Turn`] holds the [`HistoryEvent`]s, the [`Effect`]s and the [`Changes`]. An empty
//!   `Changes` means the input was a repeated or late one: nothing to store, nothing to do.
//! - [`Execution::apply`] takes the changes over. [`Execution`] and [`Changes`] are data
//!   (serde): an execution read back is `Execution` as stored, plus the `Changes` stored since.
//! - After a restart [`Execution::outstanding`] gives the effects to carry out again.
//! - [`Effect`]s carry a [`Key`] that is the same whenever the effect is asked for again. Answers
//!   (`Input::TaskSucceeded { key, .. }`, `Input::TimerFired { key }`) carry it back.
//! - `Effect::Finish` comes last and once; then `execution.progress.status` is terminal and every
//!   further input makes an empty turn, but for `Input::Redrive`: an execution that did not succeed
//!   keeps what was going on ([`Remains`]) and goes on with it.
//!
//! Task tokens name their execution and key ([`read_token`]); [`Execution::task_with_token`] says
//! whether the token is the one being waited for.
//!
//! [`Trial`] runs one state alone, without an execution around it, and writes down what becomes of its data.
//!
//! # Invariants
//!
//! - Same execution, program, input, time and entropy: same turn, to the byte.
//! - Event ids have no gaps; no event follows a terminal one.
//! - A frame waits for exactly one thing; its key changes with every entry and every attempt.

mod changes;
mod context;
mod data;
mod decide;
mod drive;
mod effect;
mod entropy;
mod execution;
mod fan_out;
mod fault;
mod finish;
mod frame;
mod here;
mod history;
mod input;
mod key;
mod map_run;
mod quarantine;
mod redrive;
mod stage;
mod states;
mod token;
mod trial;

pub use changes::Changes;
pub use data::{Data, MAX_DEPTH};
pub use decide::{Turn, decide};
pub use effect::{Effect, ScheduleTask, TaskKind};
pub use entropy::Entropy;
pub use execution::{Execution, Identity, MachineKind, Progress, Remains, STORED_VERSION, Status};
pub use frame::{FanOut, Frame, Join, Parent, Phase, TaskStage, TaskWait, Variables};
pub use history::stored as stored_history;
pub use history::{Detail, Failure, HistoryEvent, IterationOutcome, StateType, TaskFamily};
pub use input::Input;
pub use key::{FrameId, Key, KeyKind, NotAKey};
pub use map_run::{
    Batched, Batcher, BatcherSpec, EXCEED_TOLERATED_FAILURES, ITEM_READER_FAILED, MapItem, MapRun,
    RESULT_WRITER_FAILED, ReaderSpec, ResultForm, STATE_DATA, Selector, Tolerance, WriterSpec,
};
pub use quarantine::Quarantine;
pub use token::read as read_token;
pub use trial::{Answer, Standing, Trial, TrialReport, TrialSpec, Verdict};
