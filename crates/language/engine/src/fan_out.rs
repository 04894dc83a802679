//! Children of Parallel and Map states: starting them, joining them, giving them up.

use std::sync::Arc;

use asl::program::{MachineId, Map, State, StateKind};
use serde_json::Value;

use crate::context::{Item, sight};
use crate::effect::Effect;
use crate::fault::Halt;
use crate::frame::{FanOut, Frame, Join, Parent, Phase, Variables};
use crate::here::{Extra, Here, Run, Step, state_type};
use crate::history::{Detail, IterationOutcome, StateType};
use crate::quarantine::Quarantine;
use crate::stage::Stage;
use crate::states::work;
use crate::{Data, FrameId, KeyKind};

/// What the children of a state are made of.
pub(crate) enum Children {
    /// Branches: one machine each, all with the same input.
    Branches {
        /// Input of each.
        input: Data,
        /// The branches.
        machines: Vec<MachineId>,
    },
    /// Iterations: one machine for all, an item each.
    Items {
        /// The processor.
        machine: MachineId,
    },
}

impl Here<'_, '_> {
    /// Starts as many children as may run; joins at once when there are none.
    pub(crate) fn fan_out(&mut self, fan_out: FanOut, children: &Children) -> Run<Step> {
        if self.stage.notes.is_some() {
            return self.fan_out_on_trial(fan_out);
        }
        let count = fan_out.children;
        let first = fan_out.concurrency.min(count);
        let first_child = self.stage.new_frames(count);
        let join = Join { started: 0, done: 0, first_child };
        self.stage.set_join(self.id, Some(join));
        self.frame.phase = Phase::WaitingChildren(fan_out);
        let started = self.frame.last_event;
        for _ in 0..first {
            self.start_child(children, started)?;
        }
        if count == 0 { self.join_children(Vec::new(), started) } else { Ok(Step::Wait) }
    }

    /// On trial no child runs; only what each would get is worked out.
    fn fan_out_on_trial(&mut self, fan_out: FanOut) -> Run<Step> {
        let count = fan_out.children;
        self.frame.phase = Phase::WaitingChildren(fan_out);
        let state: &State = self.state;
        if let StateKind::Map(map) = &state.kind
            && map.item_selector.is_some()
        {
            let mut selected = Vec::new();
            for index in 0..count {
                selected.push(self.item_input(index)?.value().clone());
            }
            let selected = self.payload(Value::Array(selected))?;
            self.note("afterItemSelector", &selected);
        }
        Ok(Step::Wait)
    }

    /// Starts the next child.
    fn start_child(&mut self, children: &Children, previous_event: u64) -> Run<()> {
        let mut join = self.stage.join(self.id)?;
        let index = join.started;
        let (machine, input, last_event) = match children {
            Children::Branches { input, machines } => {
                let machine = machines.get(index as usize).copied();
                (machine.unwrap_or(MachineId::MAX), input.clone(), previous_event)
            }
            Children::Items { machine } => {
                let input = self.item_input(index)?;
                let event = self.iteration(IterationOutcome::Started, index, previous_event)?;
                (*machine, input, event)
            }
        };
        let found = self.stage.machine(machine)?;
        let start = found.states.get(found.start_at).map(|state| Arc::clone(&state.name));
        let frame = Frame {
            parent: Some(Parent { frame: self.id, index }),
            machine,
            state: start.ok_or(Quarantine::UnknownMachine(machine))?,
            input,
            variables: Arc::new(Variables::new()),
            entries: 0,
            entered_ms: self.stage.now_ms,
            entered_event: 0,
            before_entered_event: 0,
            last_event,
            retries: Vec::new(),
            phase: Phase::Ready,
        };
        let id = FrameId(join.first_child.0 + u64::from(index));
        join.started += 1;
        self.stage.set_join(self.id, Some(join));
        self.stage.put(id, frame);
        self.stage.runnable.push_back(id);
        Ok(())
    }

    fn iteration(
        &mut self,
        outcome: IterationOutcome,
        index: u32,
        previous_event: u64,
    ) -> Result<u64, Halt> {
        let name = Arc::clone(&self.frame.state);
        self.stage.event(previous_event, Detail::MapIteration { outcome, name, index })
    }

    /// Input of an iteration: its item, or what `ItemSelector` makes of it.
    fn item_input(&mut self, index: u32) -> Run<Data> {
        let StateKind::Map(map) = &self.state.kind else { return Err(self.wrong_phase().into()) };
        let map: &Map = map;
        let value = match &self.frame.phase {
            Phase::WaitingChildren(FanOut { items: Some(items), .. }) => {
                items.value().get(index as usize).cloned()
            }
            _ => None,
        };
        let Some(value) = value else { return Err(self.wrong_phase().into()) };
        let Some(selector) = &map.item_selector else { return Ok(Data::new(value)) };
        let item = Some(Item { index, value });
        let own = sight(self.stage, self.frame, self.state, None, item);
        let outer = std::mem::replace(&mut self.sight, own);
        let input = self.input()?;
        let filled = self.fill(selector, "ItemSelector", input.value(), Extra::default());
        self.sight = outer;
        self.payload(filled?)
    }

    /// A child has reached an end; `child_event` is its last event.
    pub(crate) fn child_done(&mut self, index: u32, child_event: u64) -> Run<Step> {
        let Phase::WaitingChildren(fan_out) = &self.frame.phase else {
            return Err(self.wrong_phase().into());
        };
        let count = fan_out.children;
        let mut last_event = child_event;
        if let StateKind::Map(_) = &self.state.kind {
            last_event = self.iteration(IterationOutcome::Succeeded, index, child_event)?;
        }
        let mut join = self.stage.join(self.id)?;
        join.done += 1;
        let (done, started) = (join.done, join.started);
        self.stage.set_join(self.id, Some(join));
        if started < count {
            let StateKind::Map(map) = &self.state.kind else {
                return Err(self.wrong_phase().into());
            };
            // AWS: recorded: the next iteration follows from the last event inside the previous.
            self.start_child(&Children::Items { machine: map.processor }, child_event)?;
            return Ok(Step::Wait);
        }
        if done < count {
            return Ok(Step::Wait);
        }
        let results = self.collect(count)?;
        self.join_children(results, last_event)
    }

    /// The outputs of the children, in order; the children are gone afterwards.
    fn collect(&mut self, count: u32) -> Run<Vec<Value>> {
        let first = self.stage.join(self.id)?.first_child;
        let mut results = Vec::with_capacity(count as usize);
        for index in 0..u64::from(count) {
            let id = FrameId(first.0 + index);
            match self.stage.peek(id).map(|child| &child.phase) {
                Some(Phase::Done { output }) => results.push(output.value().clone()),
                Some(_) => return Err(self.wrong_phase().into()),
                None => return Err(Quarantine::MissingFrame(id.0).into()),
            }
            self.stage.remove(id);
        }
        Ok(results)
    }

    /// Goes on after the last child; `last_event` is what the join follows from.
    fn join_children(&mut self, results: Vec<Value>, last_event: u64) -> Run<Step> {
        self.stage.set_join(self.id, None);
        self.frame.phase = Phase::Ready;
        self.frame.last_event = last_event;
        // AWS: recorded: the exit follows from the last child, not from this event.
        let succeeded = match self.state.kind {
            StateKind::Map(_) => Detail::MapStateSucceeded,
            _ => Detail::ParallelStateSucceeded,
        };
        self.event_aside(succeeded)?;
        let state: &State = self.state;
        let Some(work) = work(state) else { return Err(self.wrong_phase().into()) };
        let result = self.payload(Value::Array(results))?;
        self.finish(result, work.result_selector.as_ref(), &work.result_path, work.flow)
    }

    /// A child has failed for good: says so and gives the others up.
    pub(crate) fn child_failed(&mut self, index: u32, child_event: u64) -> Result<(), Halt> {
        if let StateKind::Map(_) = &self.state.kind {
            self.iteration(IterationOutcome::Failed, index, child_event)?;
        }
        self.frame.last_event = child_event;
        self.give_up_children(Some(index))
    }

    /// Removes all children; those still at work but `failed` are aborted.
    pub(crate) fn give_up_children(&mut self, failed: Option<u32>) -> Result<(), Halt> {
        let Phase::WaitingChildren(fan_out) = &self.frame.phase else { return Ok(()) };
        let iterations = fan_out.items.is_some();
        let join = self.stage.join(self.id)?;
        for index in 0..join.started {
            let id = FrameId(join.first_child.0 + u64::from(index));
            let running =
                self.stage.peek(id).is_some_and(|child| !matches!(child.phase, Phase::Done { .. }));
            let previous = abort(self.stage, id)?;
            if running && iterations && failed != Some(index) {
                self.iteration(IterationOutcome::Aborted, index, previous)?;
            }
        }
        self.stage.set_join(self.id, None);
        self.frame.phase = Phase::Ready;
        Ok(())
    }
}

/// Removes a frame and all frames inside it; what they waited for is called off. Gives the last
/// event of the frame.
fn abort(stage: &mut Stage<'_>, id: FrameId) -> Result<u64, Halt> {
    let Some(top) = stage.peek(id) else { return Ok(0) };
    let last_event = top.last_event;
    let mut waiting = vec![id];
    while let Some(id) = waiting.pop() {
        if let Some(frame) = stage.peek(id)
            && let Phase::WaitingChildren(_) = frame.phase
        {
            let join = stage.join(id)?;
            let children = 0..u64::from(join.started);
            waiting.extend(children.map(|index| FrameId(join.first_child.0 + index)));
            stage.set_join(id, None);
        }
        if stage.peek(id).is_some() {
            aborted_event(stage, id)?;
            call_off(stage, id);
            stage.remove(id);
        }
    }
    Ok(last_event)
}

/// AWS: states that were waiting when their branch was given up leave an event that nothing
/// follows from. UNVERIFIED: for types other than Task.
fn aborted_event(stage: &mut Stage<'_>, id: FrameId) -> Result<(), Halt> {
    let Some(frame) = stage.peek(id) else { return Ok(()) };
    if let Phase::WaitingMapRun(_) = frame.phase {
        let previous = frame.last_event;
        let aborted = stage.event(previous, Detail::MapRunAborted)?;
        stage.event(aborted, Detail::StateAborted { state_type: StateType::Map })?;
        return Ok(());
    }
    if matches!(frame.phase, Phase::WaitingTask(_) | Phase::WaitingTimer { .. }) {
        let previous = frame.last_event;
        let state_type = state_type(stage.state_of(frame)?);
        stage.event(previous, Detail::StateAborted { state_type })?;
    }
    Ok(())
}

/// Calls off what a frame waits for outside.
pub(crate) fn call_off(stage: &mut Stage<'_>, id: FrameId) {
    let Some(frame) = stage.peek(id) else { return };
    let mut effects = Vec::new();
    let key = frame.key(id, KeyKind::Task);
    match &frame.phase {
        Phase::WaitingTask(wait) => {
            effects.push(Effect::CancelTask { key: wait.task.key });
            wait.clear_timers(&mut effects);
        }
        Phase::WaitingTimer { .. } => {
            effects.push(Effect::ClearTimer { key: key.of_kind(KeyKind::Wait) });
        }
        Phase::WaitingRetry { .. } => {
            effects.push(Effect::ClearTimer { key: key.of_kind(KeyKind::Retry) });
        }
        Phase::WaitingMapRun(run) => {
            let map_run_arn = Arc::clone(&run.map_run_arn);
            effects.push(Effect::CancelMapRun { key: run.key, map_run_arn });
        }
        Phase::Ready | Phase::WaitingChildren(_) | Phase::Done { .. } => {}
    }
    stage.effects.extend(effects);
}
