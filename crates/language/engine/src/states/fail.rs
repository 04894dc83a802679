//! Fail: ends its sequence of states with an error.

use asl::program::{FailState, TextField};

use crate::fault::Fault;
use crate::here::{Here, Run, Step};
use crate::history::Failure;

pub(super) fn begin(here: &mut Here<'_, '_>, fail: &FailState) -> Run<Step> {
    let input = here.input()?;
    here.note_input(&input);
    let mut text = |field: &Option<TextField>, name: &str| {
        field.as_ref().map(|field| here.text(field, name, input.value())).transpose()
    };
    let failure =
        Failure { error: text(&fail.error, "Error")?, cause: text(&fail.cause, "Cause")? };
    Err(Fault::of(failure).into())
}
