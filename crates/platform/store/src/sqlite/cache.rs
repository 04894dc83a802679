//! Records read lately, kept as the file has them: most calls read the same few (a key, its user, a state machine).
//!
//! **Invariant:** after a commit has been answered, nothing older than it is answered from here. The writer brings its
//! changes here before it answers; a reader that had looked at the file before that may not leave what it saw.

use std::collections::HashMap;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::{Batch, Record};

/// Parts that are locked apart from each other.
const SHARDS: usize = 16;
/// Most bytes of one part.
const SHARD_BYTES: usize = 512 * 1024;
/// Records larger than this are read from the file each time.
const LARGEST_BODY: usize = 64 * 1024;
/// About what an entry takes besides its texts.
const ENTRY_BYTES: usize = 128;

#[derive(Debug, Default)]
pub(super) struct Cache {
    shards: [Mutex<Shard>; SHARDS],
    hasher: RandomState,
}

#[derive(Debug, Default)]
struct Shard {
    kinds: HashMap<Box<str>, HashMap<Box<str>, Entry>>,
    bytes: usize,
    /// Greater after every change that may have touched this part.
    generation: u64,
}

#[derive(Debug)]
struct Entry {
    version: u64,
    body: Arc<[u8]>,
    /// Asked for since the last sweep.
    used: bool,
}

/// What a reader must bring back with what it found in the file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ticket {
    shard: usize,
    generation: u64,
}

impl Cache {
    /// The record, or a ticket with which what the file has may be left here.
    pub(super) fn get(&self, kind: &str, key: &str) -> Result<Record, Ticket> {
        let number = self.shard(key);
        let mut shard = self.lock(number);
        let generation = shard.generation;
        let found = shard.kinds.get_mut(kind).and_then(|keys| keys.get_mut(key));
        let Some(entry) = found else { return Err(Ticket { shard: number, generation }) };
        entry.used = true;
        Ok(Record { key: key.to_owned(), version: entry.version, body: entry.body.clone() })
    }

    /// Leaves what the file had, unless something has changed since the ticket was given.
    pub(super) fn leave(&self, ticket: Ticket, kind: &str, record: &Record) {
        if record.body.len() > LARGEST_BODY {
            return;
        }
        let mut shard = self.lock(ticket.shard);
        if shard.generation != ticket.generation {
            return;
        }
        shard.bytes += record.key.len() + record.body.len() + ENTRY_BYTES;
        if shard.bytes > SHARD_BYTES {
            shard.sweep();
        }
        let entry = Entry { version: record.version, body: record.body.clone(), used: false };
        if !shard.kinds.contains_key(kind) {
            shard.kinds.insert(kind.into(), HashMap::new());
        }
        if let Some(keys) = shard.kinds.get_mut(kind) {
            keys.insert(record.key.as_str().into(), entry);
        }
    }

    /// The batch has been committed; its records have this version now.
    pub(super) fn committed(&self, batch: &Batch, version: u64) {
        for (kind, prefix) in &batch.remove_prefixes {
            for number in 0..SHARDS {
                let mut shard = self.lock(number);
                shard.generation += 1;
                if let Some(keys) = shard.kinds.get_mut(&**kind) {
                    keys.retain(|key, _| !key.starts_with(&**prefix));
                }
            }
        }
        for remove in &batch.removes {
            let mut shard = self.lock(self.shard(&remove.key));
            shard.generation += 1;
            if let Some(keys) = shard.kinds.get_mut(&*remove.kind) {
                keys.remove(&*remove.key);
            }
        }
        for put in &batch.puts {
            let mut shard = self.lock(self.shard(&put.key));
            shard.generation += 1;
            let found = shard.kinds.get_mut(&*put.kind).and_then(|keys| keys.get_mut(&*put.key));
            if let Some(entry) = found {
                entry.version = version;
                entry.body = put.body.as_slice().into();
            }
        }
    }

    fn shard(&self, key: &str) -> usize {
        self.hasher.hash_one(key) as usize % SHARDS
    }

    fn lock(&self, number: usize) -> MutexGuard<'_, Shard> {
        self.shards[number].lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shard {
    /// Lets go of what nobody has asked for since the last sweep; of everything if that is not enough.
    fn sweep(&mut self) {
        self.bytes = 0;
        for keys in self.kinds.values_mut() {
            keys.retain(|_, entry| std::mem::take(&mut entry.used));
            for (key, entry) in keys.iter() {
                self.bytes += key.len() + entry.body.len() + ENTRY_BYTES;
            }
        }
        if self.bytes > SHARD_BYTES / 2 {
            self.kinds.clear();
            self.bytes = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Expect;

    fn record(key: &str, version: u64, bytes: usize) -> Record {
        Record { key: key.to_owned(), version, body: vec![b'1'; bytes].into() }
    }

    #[test]
    fn nothing_old_is_left_behind_by_a_slow_reader() {
        let cache = Cache::default();
        let ticket = cache.get("k", "a").unwrap_err();
        let mut batch = Batch::new();
        batch.put("k", "a", &2, Expect::Any);
        cache.committed(&batch, 2);
        cache.leave(ticket, "k", &record("a", 1, 1));
        let ticket = cache.get("k", "a").unwrap_err();
        cache.leave(ticket, "k", &record("a", 2, 1));
        assert_eq!(cache.get("k", "a").unwrap().version, 2);
        batch.put("k", "a", &3, Expect::Any);
        cache.committed(&batch, 3);
        let found = cache.get("k", "a").unwrap();
        assert_eq!((found.version, &*found.body), (3, &b"3"[..]));
        let mut batch = Batch::new();
        batch.remove("k", "a", Expect::Any);
        cache.committed(&batch, 4);
        assert!(cache.get("k", "a").is_err());
        let ticket = cache.get("k", "ab").unwrap_err();
        cache.leave(ticket, "k", &record("ab", 5, 1));
        let mut batch = Batch::new();
        batch.remove_prefixes.push(("k".to_owned(), "a".to_owned()));
        cache.committed(&batch, 6);
        assert!(cache.get("k", "ab").is_err());
    }

    #[test]
    fn it_stays_small_and_keeps_what_is_used() {
        let cache = Cache::default();
        let ticket = cache.get("k", "used").unwrap_err();
        cache.leave(ticket, "k", &record("used", 1, 100));
        for number in 0..100_000 {
            let key = format!("key {number}");
            let ticket = cache.get("k", &key).unwrap_err();
            cache.leave(ticket, "k", &record(&key, 1, 1000));
            assert!(cache.get("k", "used").is_ok());
        }
        let bytes: usize = cache.shards.iter().map(|shard| shard.lock().unwrap().bytes).sum();
        assert!(bytes <= SHARDS * SHARD_BYTES, "{bytes}");
        let large = cache.get("k", "large").unwrap_err();
        cache.leave(large, "k", &record("large", 1, LARGEST_BODY + 1));
        assert!(cache.get("k", "large").is_err());
    }
}
