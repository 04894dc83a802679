//! One state on trial: run alone, with what becomes of its data written down.
//!
//! The state runs on a stage of its own, over an execution made for it that nobody stores. Children
//! of Parallel and Map states do not run: their results are the answer.

use std::sync::Arc;

use asl::Program;
use asl::program::{MachineId, State, StateKind};
use serde_json::{Map, Value, json};

use crate::drive::{catch, delay_ms};
use crate::effect::ScheduleTask;
use crate::fault::{Fault, Halt, Stop};
use crate::frame::{Frame, Phase, Variables};
use crate::here::{Here, Run, Step};
use crate::history::Failure;
use crate::quarantine::Quarantine;
use crate::stage::Stage;
use crate::states::task::{TaskNews, news};
use crate::states::{begin, waited, work};
use crate::{Data, Entropy, Execution, FrameId, Identity};

/// The name of a state on trial in its context object.
// AWS: recorded, also of a state that has a name of its own.
pub(crate) const STATE_NAME: &str = "StateName";

/// What a trial needs to know.
#[derive(Debug, Clone)]
pub struct TrialSpec {
    /// Name of the state; it may be anywhere in the program.
    pub state: Arc<str>,
    /// Of the execution that the context object shows; an empty role is shown as none.
    pub identity: Identity,
    /// Variables the state can read.
    pub variables: Variables,
    /// The whole context object, in place of one made of the identity.
    pub context: Option<Data>,
    /// How many times the state has been retried.
    pub retries: u32,
    /// What a Map's `ItemReader` would read.
    pub reader_items: Option<Data>,
}

/// What a stage writes down.
#[derive(Debug, Clone, Default)]
pub(crate) struct Notes {
    pub(crate) context: Option<Data>,
    pub(crate) reader_items: Option<Data>,
    pub(crate) seen: Map<String, Value>,
}

/// One state on trial.
#[derive(Debug)]
pub struct Trial<'a> {
    program: &'a Program,
    execution: Execution,
    notes: Notes,
}

/// How a trial stands.
#[derive(Debug, Clone, PartialEq)]
pub enum Standing {
    /// The task is to be carried out.
    Task(Box<ScheduleTask>),
    /// The state waits for a time, Unix milliseconds.
    Wait {
        /// When it goes on.
        due_ms: i64,
    },
    /// The results of as many branches or items are to be given.
    Children {
        /// How many there are.
        count: u32,
    },
    /// The trial is over.
    Done(TrialReport),
}

/// What a trial waited for.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// The result of the task, or of all children.
    Result(Data),
    /// The task or a child failed.
    Failed(Failure),
    /// The time has come.
    TimeIsUp,
}

/// What came of a trial.
#[derive(Debug, Clone, PartialEq)]
pub struct TrialReport {
    /// How it ended.
    pub verdict: Verdict,
    /// What became of the data: members of AWS's `InspectionData`, payloads as JSON texts.
    pub inspection: Map<String, Value>,
    /// Variables after the state.
    pub variables: Arc<Variables>,
}

/// How a trial ended.
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    /// With an output.
    Succeeded {
        /// The output.
        output: Data,
        /// The state that follows, if one does.
        next: Option<Arc<str>>,
    },
    /// With a failure that a catcher took.
    Caught {
        /// The failure.
        failure: Failure,
        /// What the catcher hands on.
        output: Data,
        /// The catcher's `Next`.
        next: Option<Arc<str>>,
    },
    /// With a failure that would be retried.
    Retriable(Failure),
    /// With a failure.
    Failed(Failure),
}

impl<'a> Trial<'a> {
    /// Prepares a trial; none when the program has no such state.
    pub fn new(program: &'a Program, spec: TrialSpec) -> Option<Self> {
        let TrialSpec { state, identity, variables, context, retries, reader_items } = spec;
        let machine = machine_of(program, &state)?;
        let mut execution = Execution::new(identity);
        execution.progress.started = true;
        execution.progress.next_frame_id = 1;
        let frame = Frame {
            parent: None,
            machine,
            state,
            input: execution.identity.input.clone(),
            variables: Arc::new(variables),
            entries: 1,
            entered_ms: execution.identity.start_ms,
            entered_event: 0,
            before_entered_event: 0,
            last_event: 0,
            retries: if retries == 0 { Vec::new() } else { vec![retries] },
            phase: Phase::Ready,
        };
        execution.frames.insert(FrameId::TOP, frame);
        Some(Self {
            program,
            execution,
            notes: Notes { context, reader_items, ..Notes::default() },
        })
    }

    /// The state on trial.
    pub fn state(&self) -> Option<&'a State> {
        let frame = self.execution.frames.get(&FrameId::TOP)?;
        self.program.machine(frame.machine)?.state(&frame.state)
    }

    /// Enters the state.
    ///
    /// # Errors
    /// A broken invariant.
    pub fn begin(&mut self, now_ms: i64, entropy: &mut Entropy) -> Result<Standing, Quarantine> {
        self.step(now_ms, entropy, begin)
    }

    /// Goes on with what it waited for.
    ///
    /// # Errors
    /// A broken invariant, such as an answer to a question not asked.
    pub fn answer(
        &mut self,
        answer: Answer,
        now_ms: i64,
        entropy: &mut Entropy,
    ) -> Result<Standing, Quarantine> {
        self.step(now_ms, entropy, |here| answered(here, answer))
    }

    fn step(
        &mut self,
        now_ms: i64,
        entropy: &mut Entropy,
        act: impl FnOnce(&mut Here<'_, '_>) -> Run<Step>,
    ) -> Result<Standing, Quarantine> {
        let mut stage = Stage::new(&self.execution, self.program, now_ms, entropy);
        stage.notes = Some(Box::new(std::mem::take(&mut self.notes)));
        let mut frame = stage.take(FrameId::TOP)?;
        let state = stage.state_of(&frame)?;
        let token = match &frame.phase {
            Phase::WaitingTask(wait) => wait.task.task_token.clone(),
            _ => None,
        };
        let mut here = Here::new(&mut stage, FrameId::TOP, &mut frame, state, token.as_deref());
        let outcome = act(&mut here);
        let verdict = judge(&mut here, outcome)?;
        let notes = stage.notes.take().map(|notes| *notes).unwrap_or_default();
        let standing = match verdict {
            Some(verdict) => Standing::Done(TrialReport {
                verdict,
                inspection: notes.seen.clone(),
                variables: Arc::clone(&frame.variables),
            }),
            None => waiting(&frame)?,
        };
        self.notes = notes;
        stage.put(FrameId::TOP, frame);
        let (_, _, changes) = stage.changes();
        self.execution.apply(changes);
        Ok(standing)
    }
}

/// The machine that has a state of that name; names are unique over the whole program.
fn machine_of(program: &Program, state: &str) -> Option<MachineId> {
    let at = program.machines.iter().position(|machine| machine.state(state).is_some())?;
    MachineId::try_from(at).ok()
}

fn waiting(frame: &Frame) -> Result<Standing, Quarantine> {
    match &frame.phase {
        Phase::WaitingTask(wait) => Ok(Standing::Task(wait.task.clone())),
        Phase::WaitingTimer { due_ms } => Ok(Standing::Wait { due_ms: *due_ms }),
        Phase::WaitingChildren(fan_out) => Ok(Standing::Children { count: fan_out.children }),
        _ => Err(Quarantine::WrongPhase { frame: 0, state: frame.state.to_string() }),
    }
}

fn answered(here: &mut Here<'_, '_>, answer: Answer) -> Run<Step> {
    let phase = std::mem::replace(&mut here.frame.phase, Phase::Ready);
    match (phase, answer) {
        (Phase::WaitingTask(wait), Answer::Result(output)) => {
            news(here, wait, TaskNews::Succeeded(output))
        }
        (Phase::WaitingTask(wait), Answer::Failed(failure)) => {
            news(here, wait, TaskNews::Failed(failure))
        }
        (Phase::WaitingTask(wait), Answer::TimeIsUp) => {
            news(here, wait, TaskNews::TimedOut { heartbeat: false })
        }
        (Phase::WaitingTimer { .. }, Answer::TimeIsUp) => match &here.state.kind {
            StateKind::Wait(_) => waited(here),
            _ => Err(here.wrong_phase().into()),
        },
        (Phase::WaitingChildren(_), Answer::Result(result)) => {
            let result = here.within_limit(result)?;
            let state: &State = here.state;
            let Some(work) = work(state) else { return Err(here.wrong_phase().into()) };
            here.finish(result, work.result_selector.as_ref(), &work.result_path, work.flow)
        }
        (_, Answer::Failed(failure)) => Err(Fault::of(failure).into()),
        _ => Err(here.wrong_phase().into()),
    }
}

/// What an outcome comes to; none while the state waits.
fn judge(here: &mut Here<'_, '_>, outcome: Run<Step>) -> Result<Option<Verdict>, Quarantine> {
    match outcome {
        Ok(Step::Wait) => Ok(None),
        Ok(Step::Next(index, output)) => {
            Ok(Some(Verdict::Succeeded { output, next: state_name(here, index) }))
        }
        Ok(Step::End(output)) => Ok(Some(Verdict::Succeeded { output, next: None })),
        Err(Stop::Fault(fault)) => failed(here, *fault).map(Some),
        Err(Stop::Halt(Halt::Quarantine(broken))) => Err(broken),
        Err(Stop::Halt(Halt::HistoryFull)) => Err(here.wrong_phase()),
    }
}

fn state_name(here: &Here<'_, '_>, index: usize) -> Option<Arc<str>> {
    let machine = here.stage.machine(here.frame.machine).ok()?;
    machine.states.get(index).map(|state| Arc::clone(&state.name))
}

/// Says what `Retry` and `Catch` would do about a failure.
// AWS: recorded: a retrier that is used up is still shown.
fn failed(here: &mut Here<'_, '_>, fault: Fault) -> Result<Verdict, Quarantine> {
    let state: &State = here.state;
    let failure = fault.failure.clone();
    let Some(work) = work(state).filter(|_| !fault.is_fatal()) else {
        return Ok(Verdict::Failed(failure));
    };
    let mut details = Map::new();
    let retrier = work.retry.iter().position(|retrier| fault.matches(&retrier.error_equals));
    if let Some(index) = retrier {
        details.insert("retryIndex".into(), index.into());
        let retrier = &work.retry[index];
        let before = here.frame.attempt();
        if before < retrier.max_attempts {
            // A wait with full jitter is shown at its longest.
            let seconds = delay_ms(retrier, before, 1.0) / 1000;
            details.insert("retryBackoffIntervalSeconds".into(), seconds.into());
            here.note_setting("errorDetails", details);
            return Ok(Verdict::Retriable(failure));
        }
    }
    let catcher = work.catch.iter().position(|catcher| fault.matches(&catcher.error_equals));
    let Some(index) = catcher else {
        if !details.is_empty() {
            here.note_setting("errorDetails", details);
        }
        return Ok(Verdict::Failed(failure));
    };
    // UNVERIFIED: that a used-up retrier is not shown beside the catcher.
    here.note_setting("errorDetails", json!({ "catchIndex": index }));
    match catch(here, &work.catch[index], index, &failure) {
        Ok(Step::Next(next, output)) => {
            Ok(Verdict::Caught { failure, output, next: state_name(here, next) })
        }
        Ok(_) => Err(here.wrong_phase()),
        Err(Stop::Fault(own)) => Ok(Verdict::Failed(own.failure)),
        Err(Stop::Halt(Halt::Quarantine(broken))) => Err(broken),
        Err(Stop::Halt(Halt::HistoryFull)) => Err(here.wrong_phase()),
    }
}
