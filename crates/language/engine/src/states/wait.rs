//! Wait: waits for a time.

use std::sync::Arc;

use asl::program::{NumberField, QueryLanguage, ResultPath, TextField, Wait, WaitState};
use asl::timestamp::Timestamp;

use crate::KeyKind;
use crate::effect::Effect;
use crate::frame::Phase;
use crate::here::{Extra, Here, Run, Step};

/// Longest wait, in milliseconds.
// AWS: recorded: 25 930.75 days are taken, 25 931.75 are not. UNVERIFIED: where in between.
const MAX_WAIT_MS: i64 = 25_931 * 86_400_000;

pub(super) fn begin(here: &mut Here<'_, '_>, wait: &WaitState) -> Run<Step> {
    let input = here.input()?;
    here.note_input(&input);
    let due_ms = match &wait.wait {
        Wait::Seconds(field) => {
            let seconds = seconds(here, field, &input)?;
            let ms = i64::try_from(seconds).ok().and_then(|seconds| seconds.checked_mul(1000));
            here.stage.now_ms.saturating_add(ms.unwrap_or(i64::MAX))
        }
        Wait::Timestamp(field) => timestamp(here, field, &input)?,
    };
    if due_ms.saturating_sub(here.stage.now_ms) > MAX_WAIT_MS {
        // AWS: recorded.
        return Err(here.runtime("Wait state delay is too long.".into()));
    }
    if due_ms <= here.stage.now_ms {
        return waited(here, wait);
    }
    let key = here.frame.key(here.id, KeyKind::Wait);
    here.stage.effects.push(Effect::SetTimer { key, due_ms });
    here.frame.phase = Phase::WaitingTimer { due_ms };
    Ok(Step::Wait)
}

fn seconds(here: &mut Here<'_, '_>, field: &NumberField, input: &crate::Data) -> Run<u64> {
    here.seconds(field, "Seconds", input.value())
}

fn timestamp(here: &mut Here<'_, '_>, field: &TextField, input: &crate::Data) -> Run<i64> {
    let text: Arc<str> = here.text(field, "Timestamp", input.value())?;
    if let Some(found) = Timestamp::parse(&text) {
        return Ok(found.milliseconds_up());
    }
    let wrong = "cannot be parsed as an ISO-8601 extended offset date-time format string";
    Err(match field {
        // AWS: recorded.
        TextField::Expression(_) => {
            here.unusable("Timestamp", format!("The Timestamp field {wrong}: {text}"))
        }
        // AWS: recorded.
        TextField::Path(path) => here.runtime(format!(
            "The TimestampPath parameter does not reference a valid ISO-8601 extended offset \
             date-time format string: {} == {text}",
            path.text()
        )),
        _ => here.runtime(format!("The Timestamp field {wrong}: {text}")),
    })
}

/// The time has come.
pub(super) fn waited(here: &mut Here<'_, '_>, wait: &WaitState) -> Run<Step> {
    if here.state.language == QueryLanguage::Jsonata {
        let input = here.frame.input.clone();
        let (output, assigned) = here.jsonata_output(Extra::default(), input)?;
        return here.exit(output, assigned, wait.flow);
    }
    let input = here.input()?;
    here.finish(input, None, &ResultPath::Replace, wait.flow)
}
