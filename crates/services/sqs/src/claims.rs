//! What requests under way keep from each other, in memory only: without it they would decide on the same records and
//! be run again. That nothing goes wrong rests on the records' versions, not on this.

use service::Notices;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::OwnedMutexGuard;

/// Messages that some receive is about to hand out, and whether another one has passed each over.
#[derive(Debug, Clone, Default)]
pub(crate) struct Claims(Arc<Mutex<HashMap<String, bool>>>);

impl Claims {
    /// An empty set of claims of one receive. `bell` is rung if the receive comes to nothing.
    pub(crate) fn start(&self, notices: &Notices, bell: String) -> Claimed {
        let notices = notices.clone();
        Claimed { claims: self.clone(), keys: Vec::new(), notices, bell, is_done: false }
    }

    fn with<T>(&self, work: impl FnOnce(&mut HashMap<String, bool>) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The claims of one receive; given up when it is dropped.
#[derive(Debug)]
pub(crate) struct Claimed {
    claims: Claims,
    keys: Vec<String>,
    notices: Notices,
    bell: String,
    is_done: bool,
}

impl Claimed {
    /// Claims a message; false when another receive has it.
    pub(crate) fn claim(&mut self, key: &str) -> bool {
        let is_new = self.claims.with(|held| match held.get_mut(key) {
            Some(is_passed_over) => {
                *is_passed_over = true;
                false
            }
            None => held.insert(key.to_owned(), false).is_none(),
        });
        if is_new {
            self.keys.push(key.to_owned());
        }
        is_new
    }

    /// What was claimed has been committed.
    pub(crate) fn done(mut self) {
        self.is_done = true;
    }
}

impl Drop for Claimed {
    fn drop(&mut self) {
        if self.keys.is_empty() {
            return;
        }
        let is_passed_over = self.claims.with(|held| {
            let passed_over = self.keys.iter().filter(|key| held.remove(*key) == Some(true));
            passed_over.count() > 0
        });
        if is_passed_over || !self.is_done {
            // Others may be waiting: for the messages, or to learn when these are visible again.
            self.notices.ring(&self.bell);
        }
    }
}

/// One lock per FIFO queue, held from the decision until its commit: what happens in it has one order anyway.
#[derive(Debug, Default)]
pub(crate) struct Locks(Mutex<HashMap<String, Arc<tokio::sync::Mutex<()>>>>);

impl Locks {
    /// Waits for the lock of `key`.
    pub(crate) async fn lock(&self, key: &str) -> OwnedMutexGuard<()> {
        let lock = {
            let mut locks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            if !locks.contains_key(key) {
                locks.retain(|_, lock| Arc::strong_count(lock) > 1);
            }
            locks.entry(key.to_owned()).or_default().clone()
        };
        lock.lock_owned().await
    }
}
