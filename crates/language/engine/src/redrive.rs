//! Redrive: an execution that did not succeed goes on where it stopped.

use std::collections::{BTreeMap, BTreeSet};

use crate::FrameId;
use crate::decide::set_timeout;
use crate::drive::drive;
use crate::execution::{Remains, Status};
use crate::fault::Halt;
use crate::frame::{Frame, Phase};
use crate::here::Here;
use crate::history::Detail;
use crate::stage::Stage;
use crate::states::{begin, distributed};

/// Takes the execution up again. Frames that had ended keep their outputs; those that failed or
/// were given up do the work of their state anew, with all their retries.
// AWS: redrive page: states are not entered again, `TimeoutSeconds` and retries count anew, of
// Parallel and Map only what had not ended is run. As an independent emulator recorded: what is
// scheduled anew follows from the entry of its state. UNVERIFIED: what the event itself follows from.
pub(crate) fn redrive(stage: &mut Stage<'_>) -> Result<(), Halt> {
    let base = stage.base;
    let Some(Remains { frames, joins }) = &base.remains else { return Ok(()) };
    let progress = &mut stage.progress;
    progress.status = Status::Running;
    progress.redrive_count = progress.redrive_count.saturating_add(1);
    progress.redrive_ms = Some(stage.now_ms);
    progress.output = None;
    progress.error = None;
    progress.cause = None;
    progress.stop_ms = None;
    let (last_event, count) = (progress.next_event_id.saturating_sub(1), progress.redrive_count);
    stage.event(last_event, Detail::ExecutionRedriven { count })?;
    let now_ms = stage.now_ms;
    set_timeout(stage, now_ms);
    for (id, join) in joins {
        stage.set_join(*id, Some(join.clone()));
    }
    for (id, frame) in frames {
        stage.put(*id, frame.clone());
    }
    for id in to_run(frames) {
        // What an earlier one of them did may have given it up, or ended everything.
        if stage.peek(id).is_none() || stage.progress.status.is_terminal() {
            continue;
        }
        run_again(stage, id)?;
    }
    Ok(())
}

/// The frames that have something to do: all but those that have ended and those whose children do.
fn to_run(frames: &[(FrameId, Frame)]) -> Vec<FrameId> {
    // Frames inside others have greater ids, so that they are looked at before them.
    let mut at_work: BTreeMap<FrameId, bool> = BTreeMap::new();
    let mut busy: BTreeSet<FrameId> = BTreeSet::new();
    for (id, frame) in frames.iter().rev() {
        let runs = match &frame.phase {
            Phase::Done { .. } => continue,
            Phase::WaitingChildren(_) => !busy.contains(id),
            _ => true,
        };
        at_work.insert(*id, runs);
        busy.extend(frame.parent.map(|parent| parent.frame));
    }
    at_work.into_iter().filter(|(_, runs)| *runs).map(|(id, _)| id).collect()
}

fn run_again(stage: &mut Stage<'_>, id: FrameId) -> Result<(), Halt> {
    let mut frame = stage.take(id)?;
    if frame.entered_event == 0 {
        frame.phase = Phase::Ready;
        stage.put(id, frame);
        stage.runnable.push_back(id);
        return Ok(());
    }
    // Keys of the earlier attempts must not come again.
    frame.entries = frame.entries.saturating_add(1);
    frame.retries.clear();
    frame.last_event = frame.entered_event;
    if let Phase::WaitingMapRun(run) = &frame.phase {
        let run = run.clone();
        let state = stage.state_of(&frame)?;
        let outcome = distributed::redrive(&mut Here::new(stage, id, &mut frame, state, None), run);
        return drive(stage, id, frame, outcome);
    }
    if let Phase::WaitingChildren(fan_out) = &frame.phase {
        // All its children had ended: it failed itself, and they are run again.
        let join = stage.join(id)?;
        for index in 0..u64::from(fan_out.children) {
            let child = FrameId(join.first_child.0 + index);
            if stage.peek(child).is_some() {
                stage.remove(child);
            }
        }
        stage.set_join(id, None);
    }
    frame.phase = Phase::Ready;
    let state = stage.state_of(&frame)?;
    let outcome = begin(&mut Here::new(stage, id, &mut frame, state, None));
    drive(stage, id, frame, outcome)
}
