//! Compiled definitions, by the hash of their text.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use asl::Program;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use store::{Batch, Expect};

use super::Inner;
use crate::Error;

/// The record kind of definitions; the key is the hash, the body the text as a JSON string.
pub(super) const KIND: &str = "states/definition";
/// Programs kept although no execution runs them.
const KEPT: usize = 256;
/// Definitions known to be durable.
const MOST_STORED: usize = 16_384;

/// The record kind of uses of definitions: `hash\nmachine`. Written once a day while executions of the machine start with
/// the definition, so that one that nobody needs any more can be told.
pub(super) const USE_KIND: &str = "states/definitionUse";
/// Index of uses: by when they were written.
pub(super) const BY_USE: &str = "used";
/// How old a use may be before the next start writes it again.
pub(super) const DAY_MS: i64 = 86_400_000;

/// A use of a definition.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Use {
    pub(super) machine: String,
    /// When it was written, Unix milliseconds: no execution of the machine that started more than a day later has the
    /// definition.
    pub(super) used_ms: i64,
}

/// The key of a use.
pub(super) fn use_key(hash: &str, machine: &str) -> String {
    format!("{hash}\n{machine}")
}

#[derive(Default)]
pub(super) struct Programs(Mutex<Known>);

#[derive(Default)]
struct Known {
    compiled: HashMap<(Arc<str>, bool), Arc<Program>>,
    /// When the durable records of definitions were last written, by hash and state machine.
    stored: HashMap<Arc<str>, HashMap<Box<str>, i64>>,
}

/// A definition's text with the hash that its record is known by. Clones share both.
#[derive(Debug, Clone)]
pub struct Definition {
    pub(super) text: Arc<str>,
    pub(super) hash: Arc<str>,
}

impl Definition {
    /// The definition of this text.
    pub fn new(text: impl Into<Arc<str>>) -> Self {
        let text = text.into();
        Self { hash: hash(&text), text }
    }

    /// Its text.
    pub fn text(&self) -> &str {
        &self.text
    }
}

/// The key of a definition's record.
pub(super) fn hash(definition: &str) -> Arc<str> {
    hex::encode(Sha256::digest(definition)).into()
}

impl Programs {
    /// The program of a definition.
    pub(super) fn compile(
        &self,
        hash: &Arc<str>,
        definition: &str,
        express: bool,
    ) -> Result<Arc<Program>, Error> {
        if let Some(program) = self.known(hash, express) {
            return Ok(program);
        }
        // Outside the lock: a large definition takes a while.
        let checked = asl::check(definition, asl::Options::of(express));
        let Some(program) = checked.program else {
            let is_error = |found: &&asl::Diagnostic| found.severity == asl::Severity::Error;
            let first = checked.diagnostics.iter().find(is_error);
            let reason = first.map_or_else(|| "it has errors".to_owned(), ToString::to_string);
            return Err(Error::Definition(reason));
        };
        let program = Arc::new(program);
        let mut known = self.lock();
        if known.compiled.len() >= KEPT {
            known.compiled.retain(|_, program| Arc::strong_count(program) > 1);
        }
        known.compiled.insert((hash.clone(), express), program.clone());
        Ok(program)
    }

    pub(super) fn known(&self, hash: &Arc<str>, express: bool) -> Option<Arc<Program>> {
        self.lock().compiled.get(&(hash.clone(), express)).cloned()
    }

    /// Whether the definition's record is known to be durable, with a use by the machine that is not a day old.
    fn is_stored(&self, hash: &str, machine: &str, now_ms: i64) -> bool {
        let known = self.lock();
        let used_ms = known.stored.get(hash).and_then(|machines| machines.get(machine));
        used_ms.is_some_and(|used_ms| (*used_ms..used_ms + DAY_MS).contains(&now_ms))
    }

    /// The definition's record is durable, with a use by the machine at `used_ms`.
    pub(super) fn stored(&self, hash: &Arc<str>, machine: &str, used_ms: i64) {
        let mut known = self.lock();
        if known.stored.len() >= MOST_STORED {
            // They are written once more: no harm.
            known.stored.clear();
        }
        known.stored.entry(hash.clone()).or_default().insert(machine.into(), used_ms);
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    /// Adds the definition's record and its use, unless they are durable already; answers the time of the use that
    /// [`Programs::stored`] is to be told once they are.
    pub(super) fn put_definition(
        &self,
        hash: &Arc<str>,
        machine: &str,
        definition: &str,
        batch: &mut Batch,
    ) -> Option<i64> {
        let used_ms = self.clock.now_ms();
        if self.programs.is_stored(hash, machine, used_ms) {
            return None;
        }
        batch.put(KIND, &**hash, &definition, Expect::Any);
        let of = Use { machine: machine.to_owned(), used_ms };
        let index = vec![(BY_USE, format!("{:015}", used_ms.max(0)))];
        batch.put_indexed(USE_KIND, use_key(hash, machine), &of, index, Expect::Any);
        Some(used_ms)
    }
}
