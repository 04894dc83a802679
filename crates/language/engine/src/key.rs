//! Keys of tasks and timers: deterministic, so that doing an effect twice is harmless.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Names one frame of an execution for the whole life of the execution; never used twice.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FrameId(pub u64);

impl FrameId {
    /// The frame of the top-level states.
    pub const TOP: Self = Self(0);
}

/// What a [`Key`] names.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum KeyKind {
    /// A task: the work of one attempt of one entry of a Task state.
    Task,
    /// The timer of a Wait state.
    Wait,
    /// The timer before the next attempt of a retried state.
    Retry,
    /// The `TimeoutSeconds` timer of a task.
    Timeout,
    /// The `HeartbeatSeconds` timer of a task.
    Heartbeat,
    /// The `TimeoutSeconds` timer of the whole execution.
    ExecutionTimeout,
    /// Goes on with a turn that was cut because it was long.
    Continue,
    /// A map run: the work of one attempt of one entry of a distributed Map state.
    MapRun,
}

impl KeyKind {
    const ALL: [(Self, char); 8] = [
        (Self::Task, 't'),
        (Self::Wait, 'w'),
        (Self::Retry, 'r'),
        (Self::Timeout, 'o'),
        (Self::Heartbeat, 'h'),
        (Self::ExecutionTimeout, 'x'),
        (Self::Continue, 'c'),
        (Self::MapRun, 'm'),
    ];

    fn letter(self) -> char {
        Self::ALL.iter().find(|(kind, _)| *kind == self).map_or('?', |(_, letter)| *letter)
    }
}

/// Names one task or timer of an execution: frame, state entry number, attempt.
///
/// Unique within the execution. Its text (`t0-2-1`) is stable and is what is stored.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Key {
    /// What is named.
    pub kind: KeyKind,
    /// The frame that waits for it.
    pub frame: FrameId,
    /// How many states the frame had entered, this one included.
    pub entry: u32,
    /// How many times the state had been retried.
    pub attempt: u32,
}

impl Key {
    pub(crate) const EXECUTION_TIMEOUT: Self =
        Self { kind: KeyKind::ExecutionTimeout, frame: FrameId::TOP, entry: 0, attempt: 0 };

    /// The same place in the execution, for another kind of thing.
    #[must_use]
    pub fn of_kind(self, kind: KeyKind) -> Self {
        Self { kind, ..self }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, frame, entry, attempt } = self;
        write!(formatter, "{}{}-{entry}-{attempt}", kind.letter(), frame.0)
    }
}

/// The text is not a [`Key`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a task or timer key")]
pub struct NotAKey;

impl FromStr for Key {
    type Err = NotAKey;

    fn from_str(text: &str) -> Result<Self, NotAKey> {
        let letter = text.chars().next().ok_or(NotAKey)?;
        let (kind, _) = KeyKind::ALL.iter().find(|(_, own)| *own == letter).ok_or(NotAKey)?;
        let mut parts = text.get(letter.len_utf8()..).ok_or(NotAKey)?.split('-');
        let mut number = || parts.next().and_then(|part| part.parse::<u64>().ok());
        let (frame, entry, attempt) = (number(), number(), number());
        let key = Self {
            kind: *kind,
            frame: FrameId(frame.ok_or(NotAKey)?),
            entry: entry.and_then(|number| u32::try_from(number).ok()).ok_or(NotAKey)?,
            attempt: attempt.and_then(|number| u32::try_from(number).ok()).ok_or(NotAKey)?,
        };
        if parts.next().is_some() { Err(NotAKey) } else { Ok(key) }
    }
}

impl Serialize for Key {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}
