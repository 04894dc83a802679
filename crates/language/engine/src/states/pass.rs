//! Pass: hands its input, a fixed result or a template on.

use asl::program::{PassState, QueryLanguage};

use crate::Data;
use crate::here::{Extra, Here, Run, Step};

pub(super) fn begin(here: &mut Here<'_, '_>, pass: &PassState) -> Run<Step> {
    if here.state.language == QueryLanguage::Jsonata {
        let input = here.frame.input.clone();
        // AWS: a Pass state has no `$states.result`.
        let (output, assigned) = here.jsonata_output(Extra::default(), input)?;
        return here.exit(output, assigned, pass.flow);
    }
    let mut result = here.input()?;
    // AWS: recorded: a state with `Result` shows neither its input nor its parameters.
    let computed = pass.result.is_none();
    if computed {
        here.note_input(&result);
    }
    if let Some(parameters) = &pass.parameters {
        let input = result;
        let filled = here.fill(parameters, "Parameters", input.value(), Extra::default())?;
        result = here.payload(filled)?;
    }
    if computed {
        here.note_arguments(&result);
    }
    if let Some(fixed) = &pass.result {
        // AWS: recorded: `Result` counts when a state has both.
        result = here.within_limit(Data::new(fixed.clone()))?;
        here.note("result", &result);
    }
    here.finish(result, None, &pass.result_path, pass.flow)
}
