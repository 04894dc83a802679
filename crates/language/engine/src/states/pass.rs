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
    if let Some(parameters) = &pass.parameters {
        let input = result;
        let filled = here.fill(parameters, "Parameters", input.value(), Extra::default())?;
        result = here.payload(filled)?;
    }
    if let Some(fixed) = &pass.result {
        // UNVERIFIED: which of the two counts when a state has both.
        result = here.within_limit(Data::new(fixed.clone()))?;
    }
    here.finish(result, None, &pass.result_path, pass.flow)
}
