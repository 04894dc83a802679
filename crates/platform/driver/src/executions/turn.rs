//! One turn of one execution, in memory.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use engine::{
    Detail, Effect, Entropy, HistoryEvent, Input, Key, Phase, ScheduleTask, TaskKind, Turn,
};
use sha2::{Digest as _, Sha256};

use super::Inner;
use super::effects::cancel_work;
use super::live::{End, Live, State};
use super::rows;

impl Inner {
    /// Takes a turn and adds what it did to what is pending. Answers whether it did anything.
    pub(super) fn turn(&self, live: &Live, state: &mut State, input: Input) -> bool {
        if state.end.is_some() || state.retired {
            return false;
        }
        let now_ms = self.clock.now_ms().max(state.last_ms);
        let mut entropy = Entropy::from_seed(turn_seed(&live.seed, state.turns));
        let decided = std::panic::catch_unwind(AssertUnwindSafe(|| {
            engine::decide(&state.execution, &live.program, input, now_ms, &mut entropy)
        }));
        let turn = match decided {
            Ok(Ok(turn)) => turn,
            Ok(Err(broken)) => return set_aside(live, state, broken.to_string()),
            Err(_) => return set_aside(live, state, "E000: the turn panicked".to_owned()),
        };
        if turn.changes.is_empty() && turn.events.is_empty() {
            return false;
        }
        state.turns += 1;
        metrics::TURNS.count();
        let entered = |event: &&HistoryEvent| matches!(event.detail, Detail::StateEntered { .. });
        metrics::TRANSITIONS.add(turn.events.iter().filter(entered).count() as u64);
        state.last_ms = now_ms;
        take_over(live, state, turn, now_ms);
        true
    }
}

/// Adds what a turn did to what is pending.
fn take_over(live: &Live, state: &mut State, turn: Turn, now_ms: i64) {
    let Turn { events, effects, changes } = turn;
    let finishes = effects.iter().any(|effect| matches!(effect, Effect::Finish { .. }));
    if live.stored && !finishes && state.turns > 1 {
        // The first turn's row is the whole execution, the last one's its record.
        state.pending.rows.push(rows::turn(state.turns, now_ms, &events, &changes));
    }
    for effect in effects {
        match &effect {
            Effect::CancelTask { key } => {
                if live.stored
                    && let Some(task) = waiting_task(state, *key)
                    && task.kind == TaskKind::Sync
                {
                    state.pending.work.push(cancel_work(live, task, now_ms));
                }
            }
            Effect::ScheduleTask(_) => state.had_tasks = true,
            Effect::Finish { .. } => {
                state.end = Some(End::Finished);
                state.pending.end = Some(End::Finished);
            }
            Effect::StartMapRun(run) => state.pending.runs.push((**run).clone()),
            Effect::CancelMapRun { .. } | Effect::SetTimer { .. } | Effect::ClearTimer { .. } => {}
        }
        state.pending.effects.push(effect);
    }
    let may_sleep = live.stored && !finishes && state.turns == 1;
    state.first_changes = may_sleep.then(|| changes.clone());
    state.execution.apply(changes);
    state.history.extend(events);
}

/// A broken invariant: no further turn, and the execution is marked with what was found.
fn set_aside(live: &Live, state: &mut State, reason: String) -> bool {
    tracing::error!(execution = &**live.arn(), reason, "an execution was set aside");
    let end = End::SetAside(reason);
    state.end = Some(end.clone());
    state.pending.end = Some(end);
    true
}

/// The task that a frame waits for under this key.
fn waiting_task(state: &State, key: Key) -> Option<&ScheduleTask> {
    match &state.execution.frames.get(&key.frame)?.phase {
        Phase::WaitingTask(wait) if wait.task.key == key => Some(&wait.task),
        _ => None,
    }
}

/// A turn that is decided again after a crash draws the same numbers.
pub(super) fn turn_seed(seed: &[u8; 32], turn: u64) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(seed);
    hash.update(turn.to_le_bytes());
    hash.finalize().into()
}

/// The seed of a new execution.
pub(super) fn new_seed(entropy: &Arc<dyn service::Entropy>) -> [u8; 32] {
    let mut seed = [0; 32];
    // The rest stays zero: it would say nothing that these 128 bits do not.
    entropy.fill(&mut seed[..SEED_BYTES]);
    seed
}

/// Random bytes of a seed.
const SEED_BYTES: usize = 16;

/// A seed as it is written.
pub(super) fn write_seed(seed: &[u8; 32]) -> String {
    let is_short = seed[SEED_BYTES..].iter().all(|byte| *byte == 0);
    if is_short { STANDARD_NO_PAD.encode(&seed[..SEED_BYTES]) } else { hex::encode(seed) }
}

/// Reads a seed; earlier versions wrote 64 hexadecimal digits.
pub(super) fn read_seed(text: &str) -> Option<[u8; 32]> {
    let mut seed = [0; 32];
    if text.len() == 64 {
        hex::decode_to_slice(text, &mut seed).ok()?;
        return Some(seed);
    }
    let short = STANDARD_NO_PAD.decode(text).ok()?;
    (short.len() == SEED_BYTES).then(|| {
        seed[..SEED_BYTES].copy_from_slice(&short);
        seed
    })
}
