//! Drives frames: from state to state, into failures and out of them, up into parents.

use std::sync::Arc;

use asl::program::{Catcher, QueryLanguage, Retrier, State, StateKind};
use serde_json::{Map, Value};

use crate::effect::Effect;
use crate::fault::{Fault, Halt, Stop};
use crate::frame::{Frame, Parent, Phase};
use crate::here::{Extra, Here, Run, Step, state_type};
use crate::history::{Detail, Failure};
use crate::quarantine::Quarantine;
use crate::stage::{Snapshot, Stage};
use crate::states::{begin, work};
use crate::{Data, FrameId, KeyKind};

/// Runs every frame that is ready until all wait.
pub(crate) fn run(stage: &mut Stage<'_>) -> Result<(), Halt> {
    while let Some(id) = stage.runnable.pop_front() {
        // A frame may have been given up since it became ready.
        if stage.peek(id).is_none() {
            continue;
        }
        if !stage.may_enter() {
            cut(stage);
            return Ok(());
        }
        let frame = stage.take(id)?;
        enter(stage, id, frame)?;
        if stage.cut {
            return Ok(());
        }
    }
    Ok(())
}

/// Ends a long turn; a timer goes on with it.
fn cut(stage: &mut Stage<'_>) {
    stage.cut = true;
    stage.progress.cuts += 1;
    let due_ms = stage.now_ms;
    stage.progress.cut_at_ms = Some(due_ms);
    let key = stage.progress.cut_key();
    stage.effects.push(Effect::SetTimer { key, due_ms });
}

/// Enters the state of a frame and drives the frame on.
fn enter(stage: &mut Stage<'_>, id: FrameId, mut frame: Frame) -> Result<(), Halt> {
    let state = stage.state_of(&frame)?;
    enter_state(stage, &mut frame, state)?;
    let outcome = begin(&mut Here::new(stage, id, &mut frame, state, None));
    drive(stage, id, frame, outcome)
}

fn enter_state(stage: &mut Stage<'_>, frame: &mut Frame, state: &State) -> Result<(), Halt> {
    frame.entries = frame.entries.saturating_add(1);
    frame.entered_ms = stage.now_ms;
    frame.retries.clear();
    frame.before_entered_event = frame.last_event;
    let entered = Detail::StateEntered {
        state_type: state_type(state),
        name: Arc::clone(&frame.state),
        input: frame.input.clone(),
    };
    frame.last_event = stage.event(frame.last_event, entered)?;
    frame.entered_event = frame.last_event;
    Ok(())
}

/// Takes a frame from the outcome of its state to where it waits; on the way it may enter further
/// states, end, fail, and go on with its parents.
pub(crate) fn drive(
    stage: &mut Stage<'_>,
    mut id: FrameId,
    mut frame: Frame,
    mut outcome: Run<Step>,
) -> Result<(), Halt> {
    // How everything stood when what is going up now failed.
    let mut snapshot: Option<Snapshot> = None;
    loop {
        if outcome.is_ok() {
            snapshot = None;
        }
        outcome = match outcome {
            Ok(Step::Wait) => {
                stage.put(id, frame);
                return Ok(());
            }
            Ok(Step::Next(index, output)) => {
                let machine = stage.machine(frame.machine)?;
                let unknown = || Quarantine::UnknownState(format!("#{index}"));
                let state = machine.states.get(index).ok_or_else(unknown)?;
                frame.state = Arc::clone(&state.name);
                frame.input = output;
                frame.phase = Phase::Ready;
                // Not entered yet.
                frame.entered_event = 0;
                if !stage.may_enter() {
                    stage.put(id, frame);
                    cut(stage);
                    return Ok(());
                }
                enter_state(stage, &mut frame, state)?;
                begin(&mut Here::new(stage, id, &mut frame, state, None))
            }
            Ok(Step::End(output)) => {
                let Some(parent) = frame.parent else {
                    let last_event = frame.last_event;
                    stage.put(id, frame);
                    return crate::finish::succeed(stage, last_event, output);
                };
                let child_event = frame.last_event;
                frame.phase = Phase::Done { output };
                stage.put(id, frame);
                (id, frame) = up(stage, parent)?;
                let state = stage.state_of(&frame)?;
                let mut here = Here::new(stage, id, &mut frame, state, None);
                here.child_done(parent.index, child_event)
            }
            Err(Stop::Halt(halt)) => return Err(halt),
            Err(Stop::Fault(fault)) => {
                let state = stage.state_of(&frame)?;
                let before = snapshot.take();
                let before = before.unwrap_or_else(|| stage.snapshot(Some((id, &frame))));
                let mut here = Here::new(stage, id, &mut frame, state, None);
                match handle(&mut here, *fault)? {
                    Handled::Step(step) => Ok(step),
                    Handled::Fatal(failure) => {
                        fail(stage, id, frame, failure, before);
                        return Ok(());
                    }
                    Handled::Up(failure) => {
                        let Some(parent) = frame.parent else {
                            fail(stage, id, frame, failure, before);
                            return Ok(());
                        };
                        snapshot = Some(before);
                        let child_event = frame.last_event;
                        stage.put(id, frame);
                        (id, frame) = up(stage, parent)?;
                        let state = stage.state_of(&frame)?;
                        let mut here = Here::new(stage, id, &mut frame, state, None);
                        here.child_failed(parent.index, child_event)?;
                        Err(Fault::of(failure).into())
                    }
                }
            }
        };
    }
}

/// A failure that nothing has handled ends the execution.
fn fail(stage: &mut Stage<'_>, id: FrameId, frame: Frame, failure: Failure, before: Snapshot) {
    let last_event = frame.last_event;
    stage.put(id, frame);
    crate::finish::fail(stage, last_event, failure, Some(before));
}

fn up(stage: &mut Stage<'_>, parent: Parent) -> Result<(FrameId, Frame), Halt> {
    let frame = stage.take(parent.frame)?;
    Ok((parent.frame, frame))
}

/// What has become of a failure.
enum Handled {
    /// It was retried or caught.
    Step(Step),
    /// It ends the frame.
    Up(Failure),
    /// It ends the execution.
    Fatal(Failure),
}

/// Retries, catches or gives up, in this order.
fn handle(here: &mut Here<'_, '_>, fault: Fault) -> Result<Handled, Halt> {
    if let Phase::WaitingMapRun(_) = here.frame.phase {
        // Only a redrive needs to know of the run, and has it in the snapshot.
        here.frame.phase = Phase::Ready;
    }
    if let Some(evaluation) = &fault.evaluation {
        let detail = Detail::EvaluationFailed {
            error: fault.failure.error.clone().unwrap_or_default(),
            cause: fault.failure.cause.clone().unwrap_or_default(),
            location: Arc::clone(&evaluation.location),
            state: Arc::clone(&here.frame.state),
        };
        here.frame.last_event = here.stage.event(evaluation.previous_event, detail)?;
    }
    // The state itself may have failed while its children run.
    here.give_up_children(None)?;
    if fault.is_fatal() {
        return Ok(Handled::Fatal(fault.failure));
    }
    let state = here.state;
    let Some(work) = work(state) else { return Ok(Handled::Up(fault.failure)) };
    if let Some(step) = retry(here, &work.retry, &fault) {
        return Ok(Handled::Step(step));
    }
    match state.kind {
        StateKind::Map(_) => {
            here.event(Detail::MapStateFailed)?;
        }
        StateKind::Parallel(_) => {
            here.event(Detail::ParallelStateFailed)?;
        }
        _ => {}
    }
    let catcher = work.catch.iter().position(|catcher| fault.matches(&catcher.error_equals));
    let Some(index) = catcher else { return Ok(Handled::Up(fault.failure)) };
    match catch(here, &work.catch[index], index, &fault.failure) {
        Ok(step) => Ok(Handled::Step(step)),
        Err(Stop::Halt(halt)) => Err(halt),
        // A catcher's own fault is not for the same state's catchers.
        Err(Stop::Fault(fault)) => own_fault(here, *fault),
    }
}

/// The failure of a catcher's own fields.
fn own_fault(here: &mut Here<'_, '_>, fault: Fault) -> Result<Handled, Halt> {
    if let Some(evaluation) = &fault.evaluation {
        let detail = Detail::EvaluationFailed {
            error: fault.failure.error.clone().unwrap_or_default(),
            cause: fault.failure.cause.clone().unwrap_or_default(),
            location: Arc::clone(&evaluation.location),
            state: Arc::clone(&here.frame.state),
        };
        here.frame.last_event = here.stage.event(evaluation.previous_event, detail)?;
    }
    let fatal = fault.is_fatal();
    Ok(if fatal { Handled::Fatal(fault.failure) } else { Handled::Up(fault.failure) })
}

/// Sets the timer of the next attempt, if there is to be one.
fn retry(here: &mut Here<'_, '_>, retriers: &[Retrier], fault: &Fault) -> Option<Step> {
    let index = retriers.iter().position(|retrier| fault.matches(&retrier.error_equals))?;
    let retrier = &retriers[index];
    let retries = &mut here.frame.retries;
    if retries.len() < retriers.len() {
        retries.resize(retriers.len(), 0);
    }
    let before = retries[index];
    if before >= retrier.max_attempts {
        return None;
    }
    retries[index] = before + 1;
    let delay_ms = delay_ms(retrier, before, here.stage.entropy.next_fraction());
    let due_ms = here.stage.now_ms.saturating_add(delay_ms);
    here.frame.phase = Phase::WaitingRetry { due_ms };
    let key = here.frame.key(here.id, KeyKind::Retry);
    here.stage.effects.push(Effect::SetTimer { key, due_ms });
    Some(Step::Wait)
}

/// The wait before a retry, in milliseconds; `before` retries have been made.
pub(crate) fn delay_ms(retrier: &Retrier, before: u32, chance: f64) -> i64 {
    let exponent = i32::try_from(before).unwrap_or(i32::MAX);
    let mut seconds = retrier.interval_seconds as f64 * retrier.backoff_rate.powi(exponent);
    if let Some(longest) = retrier.max_delay_seconds {
        seconds = seconds.min(longest as f64);
    }
    if retrier.full_jitter {
        seconds *= chance;
    }
    // A cast of a float too large, or not a number, ends at the bounds: an endless wait.
    (seconds * 1000.0).round() as i64
}

/// Leaves the state by a catcher.
pub(crate) fn catch(
    here: &mut Here<'_, '_>,
    catcher: &Catcher,
    index: usize,
    failure: &Failure,
) -> Run<Step> {
    let error_output = error_output(failure);
    let assign = format!("Catch[{index}]/Assign");
    let flow = asl::program::Flow::Next(catcher.next);
    if here.state.language == QueryLanguage::Jsonata {
        let extra = Extra { result: None, error_output: Some(&error_output) };
        let input = here.frame.input.clone();
        let assigned = here.assign(catcher.assign.as_ref(), &assign, input.value(), extra)?;
        let output = match &catcher.output {
            None => Data::new(error_output.clone()),
            Some(output) => {
                let field = format!("Catch[{index}]/Output");
                let output = here.fill(output, &field, input.value(), extra)?;
                here.payload(output)?
            }
        };
        return here.exit(output, assigned, flow);
    }
    let none = Extra::default();
    let assigned = here.assign(catcher.assign.as_ref(), &assign, &error_output, none)?;
    let output = here.combine(Data::new(error_output), &catcher.result_path)?;
    // AWS: `OutputPath` is not for what a catcher hands on.
    here.exit(output, assigned, flow)
}

/// What a catcher hands on.
// AWS: recorded: both fields, in this order.
fn error_output(failure: &Failure) -> Value {
    let mut output = Map::new();
    let text = |part: &Option<Arc<str>>| Value::String(part.as_deref().unwrap_or_default().into());
    output.insert("Error".into(), text(&failure.error));
    output.insert("Cause".into(), text(&failure.cause));
    Value::Object(output)
}
