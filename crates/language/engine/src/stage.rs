//! The stage of one turn: the execution as it is, and on top of it what the turn has changed.
//!
//! Nothing of the execution itself is touched, so a turn that breaks off leaves no trace.

use std::collections::{BTreeMap, VecDeque};

use asl::Program;
use asl::program::{Machine, State};

use crate::changes::Changes;
use crate::effect::Effect;
use crate::execution::{Execution, MachineKind, Progress, Remains, STORED_VERSION};
use crate::fault::Halt;
use crate::frame::{Frame, Join};
use crate::history::{Detail, HistoryEvent};
use crate::quarantine::Quarantine;
use crate::trial::Notes;
use crate::{Entropy, FrameId};

/// Events a Standard execution may have; the last one says that it failed for that.
// AWS: quotas page; the exact place of the cut was measured by an independent emulator.
pub(crate) const MAX_EVENTS: u64 = 25_000;

/// States entered in one turn before the turn is cut, so that no execution holds up the others.
const MAX_STATES_PER_TURN: u32 = 2_000;

/// What a turn had changed at some moment.
pub(crate) struct Snapshot {
    frames: BTreeMap<FrameId, Option<Frame>>,
    joins: BTreeMap<FrameId, Option<Join>>,
}

pub(crate) struct Stage<'a> {
    pub(crate) base: &'a Execution,
    pub(crate) program: &'a Program,
    pub(crate) now_ms: i64,
    pub(crate) entropy: &'a mut Entropy,
    pub(crate) progress: Progress,
    pub(crate) events: Vec<HistoryEvent>,
    pub(crate) effects: Vec<Effect>,
    /// Frames that are ready to go on.
    pub(crate) runnable: VecDeque<FrameId>,
    /// Changed frames; none for removed ones.
    frames: BTreeMap<FrameId, Option<Frame>>,
    /// Changed joins; none for removed ones.
    joins: BTreeMap<FrameId, Option<Join>>,
    entered: u32,
    /// Whether the turn has been long enough and goes on by a timer.
    pub(crate) cut: bool,
    /// What the turn leaves for a redrive.
    pub(crate) remains: Option<Remains>,
    /// What a trial of one state writes down; none in executions.
    pub(crate) notes: Option<Box<Notes>>,
}

impl<'a> Stage<'a> {
    pub(crate) fn new(
        base: &'a Execution,
        program: &'a Program,
        now_ms: i64,
        entropy: &'a mut Entropy,
    ) -> Self {
        Self {
            base,
            program,
            now_ms,
            entropy,
            progress: base.progress.clone(),
            events: Vec::new(),
            effects: Vec::new(),
            runnable: VecDeque::new(),
            frames: BTreeMap::new(),
            joins: BTreeMap::new(),
            entered: 0,
            cut: false,
            remains: None,
            notes: None,
        }
    }

    /// Adds an event and gives its id.
    pub(crate) fn event(&mut self, previous_event_id: u64, detail: Detail) -> Result<u64, Halt> {
        let full = self.base.identity.kind == MachineKind::Standard
            && self.progress.next_event_id >= MAX_EVENTS;
        if full { Err(Halt::HistoryFull) } else { Ok(self.last_event(previous_event_id, detail)) }
    }

    /// Adds an event that may be the last one the history has room for.
    pub(crate) fn last_event(&mut self, previous_event_id: u64, detail: Detail) -> u64 {
        let id = self.progress.next_event_id;
        self.progress.next_event_id += 1;
        let timestamp_ms = self.now_ms;
        self.events.push(HistoryEvent { id, previous_event_id, timestamp_ms, detail });
        id
    }

    /// Takes a frame out to work on it; it is put back by [`Stage::put`].
    pub(crate) fn take(&mut self, id: FrameId) -> Result<Frame, Quarantine> {
        match self.frames.remove(&id) {
            Some(Some(frame)) => Ok(frame),
            Some(None) => Err(Quarantine::MissingFrame(id.0)),
            None => self.base.frames.get(&id).cloned().ok_or(Quarantine::MissingFrame(id.0)),
        }
    }

    pub(crate) fn put(&mut self, id: FrameId, frame: Frame) {
        self.frames.insert(id, Some(frame));
    }

    /// A frame as it is now.
    pub(crate) fn peek(&self, id: FrameId) -> Option<&Frame> {
        match self.frames.get(&id) {
            Some(changed) => changed.as_ref(),
            None => self.base.frames.get(&id),
        }
    }

    pub(crate) fn remove(&mut self, id: FrameId) {
        self.frames.insert(id, None);
    }

    pub(crate) fn join(&self, id: FrameId) -> Result<Join, Quarantine> {
        let join = match self.joins.get(&id) {
            Some(changed) => changed.clone(),
            None => self.base.joins.get(&id).cloned(),
        };
        join.ok_or(Quarantine::MissingJoin(id.0))
    }

    pub(crate) fn set_join(&mut self, id: FrameId, join: Option<Join>) {
        self.joins.insert(id, join);
    }

    /// Removes all joins.
    pub(crate) fn remove_joins(&mut self) {
        let ids: Vec<FrameId> = self.base.joins.keys().chain(self.joins.keys()).copied().collect();
        self.joins.extend(ids.into_iter().map(|id| (id, None)));
    }

    /// Ids of all frames there are now.
    pub(crate) fn frame_ids(&self) -> Vec<FrameId> {
        let mut ids: Vec<FrameId> = self.base.frames.keys().copied().collect();
        ids.extend(self.frames.keys().filter(|id| !self.base.frames.contains_key(id)));
        ids.retain(|id| self.peek(*id).is_some());
        ids
    }

    /// Ids for as many new frames, in a row.
    pub(crate) fn new_frames(&mut self, count: u32) -> FrameId {
        let first = FrameId(self.progress.next_frame_id);
        self.progress.next_frame_id += u64::from(count);
        first
    }

    pub(crate) fn machine(&self, number: u32) -> Result<&'a Machine, Quarantine> {
        self.program.machine(number).ok_or(Quarantine::UnknownMachine(number))
    }

    /// The state a frame is in.
    pub(crate) fn state_of(&self, frame: &Frame) -> Result<&'a State, Quarantine> {
        let machine = self.machine(frame.machine)?;
        machine.state(&frame.state).ok_or_else(|| Quarantine::UnknownState(frame.state.to_string()))
    }

    /// Counts a state entered; false once the turn has been long enough.
    pub(crate) fn may_enter(&mut self) -> bool {
        self.entered += 1;
        self.entered <= MAX_STATES_PER_TURN
    }

    /// How everything stands, for a redrive to go on with; `failing` has been taken out.
    pub(crate) fn snapshot(&self, failing: Option<(FrameId, &Frame)>) -> Snapshot {
        let mut frames = self.frames.clone();
        frames.extend(failing.map(|(id, frame)| (id, Some(frame.clone()))));
        Snapshot { frames, joins: self.joins.clone() }
    }

    /// Leaves a snapshot for a redrive.
    pub(crate) fn leave(&mut self, snapshot: Snapshot) {
        let Snapshot { frames, joins } = snapshot;
        let own = |id: &FrameId| !frames.contains_key(id);
        let base = self.base.frames.iter().filter(|(id, _)| own(id));
        let mut all: BTreeMap<_, _> = base.map(|(id, frame)| (*id, frame.clone())).collect();
        all.extend(frames.iter().filter_map(|(id, frame)| Some((*id, frame.clone()?))));
        let own = |id: &FrameId| !joins.contains_key(id);
        let base = self.base.joins.iter().filter(|(id, _)| own(id));
        let mut all_joins: BTreeMap<_, _> = base.map(|(id, join)| (*id, join.clone())).collect();
        all_joins.extend(joins.iter().filter_map(|(id, join)| Some((*id, join.clone()?))));
        self.remains = Some(Remains {
            frames: all.into_iter().collect(),
            joins: all_joins.into_iter().collect(),
        });
    }

    /// What the turn has changed.
    pub(crate) fn changes(self) -> (Vec<HistoryEvent>, Vec<Effect>, Changes) {
        let mut changes = Changes {
            v: STORED_VERSION,
            progress: (self.progress != self.base.progress).then_some(self.progress),
            frames: Vec::new(),
            joins: Vec::new(),
            removed: Vec::new(),
            joined: Vec::new(),
            remains: self.remains,
        };
        for (id, frame) in self.frames {
            match frame {
                // A frame worked on for its children often stays as it was. The payloads are the
                // same ones, so that the comparison is cheap.
                Some(frame) if self.base.frames.get(&id) == Some(&frame) => {}
                Some(frame) => changes.frames.push((id, frame)),
                None if self.base.frames.contains_key(&id) => changes.removed.push(id),
                None => {}
            }
        }
        for (id, join) in self.joins {
            match join {
                Some(join) => changes.joins.push((id, join)),
                None if self.base.joins.contains_key(&id) && !changes.removed.contains(&id) => {
                    changes.joined.push(id);
                }
                None => {}
            }
        }
        (self.events, self.effects, changes)
    }
}
