//! What each type of state does when it is entered, and when what it waited for has come.

mod choice;
pub(crate) mod distributed;
mod fail;
pub(crate) mod map;
pub(crate) mod parallel;
mod pass;
mod succeed;
pub(crate) mod task;
mod wait;

use asl::program::{State, StateKind, Work};

use crate::here::{Here, Run, Step};

/// Starts the work of a state that has been entered, or starts it anew for a retry.
pub(crate) fn begin(here: &mut Here<'_, '_>) -> Run<Step> {
    match &here.state.kind {
        StateKind::Pass(pass) => pass::begin(here, pass),
        StateKind::Task(task) => task::begin(here, task),
        StateKind::Choice(choice) => choice::begin(here, choice),
        StateKind::Wait(wait) => wait::begin(here, wait),
        StateKind::Parallel(parallel) => parallel::begin(here, parallel),
        StateKind::Map(map) => map::begin(here, map),
        StateKind::Succeed => succeed::begin(here),
        StateKind::Fail(fail) => fail::begin(here, fail),
    }
}

/// Goes on after a Wait state's time has come.
pub(crate) fn waited(here: &mut Here<'_, '_>) -> Run<Step> {
    match &here.state.kind {
        StateKind::Wait(wait) => wait::waited(here, wait),
        _ => Err(here.wrong_phase().into()),
    }
}

/// What Task, Parallel and Map share; none for the other types.
pub(crate) fn work(state: &State) -> Option<&Work> {
    match &state.kind {
        StateKind::Task(task) => Some(&task.work),
        StateKind::Parallel(parallel) => Some(&parallel.work),
        StateKind::Map(map) => Some(&map.work),
        _ => None,
    }
}
