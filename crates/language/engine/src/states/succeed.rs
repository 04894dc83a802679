//! Succeed: ends its sequence of states.

use asl::program::{Flow, QueryLanguage, ResultPath};

use crate::here::{Extra, Here, Run, Step};

pub(super) fn begin(here: &mut Here<'_, '_>) -> Run<Step> {
    if here.state.language == QueryLanguage::Jsonata {
        let input = here.frame.input.clone();
        let (output, assigned) = here.jsonata_output(Extra::default(), input)?;
        return here.exit(output, assigned, Flow::End);
    }
    let input = here.input()?;
    here.note_input(&input);
    here.finish(input, None, &ResultPath::Replace, Flow::End)
}
