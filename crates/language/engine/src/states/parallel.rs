//! Parallel: runs its branches beside each other.

use asl::program::ParallelState;

use crate::fan_out::Children;
use crate::frame::FanOut;
use crate::here::{Extra, Here, Run, Step};
use crate::history::Detail;

pub(super) fn begin(here: &mut Here<'_, '_>, parallel: &ParallelState) -> Run<Step> {
    // Evaluated before the start, so that a failure comes where AWS has it.
    let children = children(here, parallel)?;
    here.event(Detail::ParallelStateStarted)?;
    let count = u32::try_from(parallel.branches.len()).unwrap_or(u32::MAX);
    here.fan_out(FanOut { children: count, concurrency: count, items: None }, &children)
}

/// How the branches are made: all have the same input.
fn children(here: &mut Here<'_, '_>, parallel: &ParallelState) -> Run<Children> {
    let input = here.input()?;
    here.note_input(&input);
    let input = match &parallel.work.arguments {
        None => input,
        Some(arguments) => {
            let field = here.arguments_field();
            let filled = here.fill(arguments, field, input.value(), Extra::default())?;
            here.payload(filled)?
        }
    };
    here.note_arguments(&input);
    Ok(Children::Branches { input, machines: parallel.branches.clone() })
}
