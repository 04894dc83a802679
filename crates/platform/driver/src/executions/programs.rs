//! Compiled definitions, by the hash of their text.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use asl::Program;
use sha2::{Digest as _, Sha256};

use crate::Error;

/// The record kind of definitions; the key is the hash, the body the text as a JSON string.
pub(super) const KIND: &str = "states/definition";
/// Programs kept although no execution runs them.
const KEPT: usize = 256;

#[derive(Default)]
pub(super) struct Programs(Mutex<Known>);

#[derive(Default)]
struct Known {
    compiled: HashMap<(Arc<str>, bool), Arc<Program>>,
    /// Hashes of definitions whose records are durable.
    stored: HashSet<Arc<str>>,
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
        let checked = asl::check(definition, asl::Options { express });
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

    /// Whether the definition's record is known to be durable.
    pub(super) fn is_stored(&self, hash: &Arc<str>) -> bool {
        self.lock().stored.contains(hash)
    }

    /// The definition's record is durable.
    pub(super) fn stored(&self, hash: &Arc<str>) {
        let mut known = self.lock();
        if !known.stored.contains(hash) {
            known.stored.insert(hash.clone());
        }
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
