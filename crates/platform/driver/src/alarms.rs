//! Alarms: keys that are due at an instant, and one loop that sleeps until the next.

use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use service::Clock;
use tokio::sync::Notify;

use crate::jumps;

/// Longest single sleep: beyond it the loop looks at the clock and sleeps again.
const LONGEST_SLEEP_MS: u64 = 1 << 40;

/// Keys with due times. A key has at most one alarm.
pub(crate) struct Alarms<K> {
    clock: Arc<dyn Clock>,
    set: Mutex<Set<K>>,
    /// Rung when the first alarm has changed, or the clock may have jumped.
    changed: Arc<Notify>,
    /// Where it is counted how late they ring.
    lateness: Option<&'static metrics::Histogram>,
}

struct Set<K> {
    by_time: BTreeMap<(i64, u64), K>,
    by_key: HashMap<K, (i64, u64)>,
    /// Makes places unique and keeps those of one instant in the order they were set.
    next: u64,
}

impl<K: Clone + Eq + Hash + Send + 'static> Alarms<K> {
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Arc<Self> {
        Self::counted(clock, None)
    }

    /// Alarms of which it is counted how late they ring.
    pub(crate) fn counted(
        clock: Arc<dyn Clock>,
        lateness: Option<&'static metrics::Histogram>,
    ) -> Arc<Self> {
        let changed = Arc::new(Notify::new());
        jumps::wake_on_jump(&changed);
        let set = Set { by_time: BTreeMap::new(), by_key: HashMap::new(), next: 0 };
        Arc::new(Self { clock, set: Mutex::new(set), changed, lateness })
    }

    /// Sets or moves the alarm of `key`.
    pub(crate) fn set(&self, key: K, due_ms: i64) {
        let mut set = self.lock();
        let place = (due_ms, set.next);
        set.next += 1;
        if let Some(old) = set.by_key.insert(key.clone(), place) {
            set.by_time.remove(&old);
        }
        set.by_time.insert(place, key);
        let is_first = set.by_time.first_key_value().is_some_and(|(first, _)| *first == place);
        drop(set);
        if is_first {
            self.changed.notify_one();
        }
    }

    /// Sets the alarm of `key`, unless it has one that rings earlier: for those who look at a record when it rings, and may
    /// know an older one than somebody else.
    pub(crate) fn set_no_later(&self, key: K, due_ms: i64) {
        let is_earlier = self.lock().by_key.get(&key).is_some_and(|(before, _)| *before <= due_ms);
        if !is_earlier {
            self.set(key, due_ms);
        }
    }

    /// Removes the alarm of `key`.
    pub(crate) fn clear(&self, key: &K) {
        let mut set = self.lock();
        if let Some(place) = set.by_key.remove(key) {
            set.by_time.remove(&place);
        }
    }

    /// Number of alarms set.
    pub(crate) fn len(&self) -> usize {
        self.lock().by_key.len()
    }

    /// Gives `fire` every key when it is due, in the order of their times, for as long as the alarms exist.
    pub(crate) fn spawn(self: &Arc<Self>, fire: impl Fn(K) + Send + 'static) {
        let alarms = Arc::downgrade(self);
        let changed = self.changed.clone();
        tokio::spawn(run(alarms, changed, fire));
    }

    fn take_due(&self, now_ms: i64) -> Vec<K> {
        let mut set = self.lock();
        let later = set.by_time.split_off(&(now_ms.saturating_add(1), 0));
        let due = std::mem::replace(&mut set.by_time, later);
        if let Some(lateness) = self.lateness {
            for (due_ms, _) in due.keys() {
                lateness.late(*due_ms, now_ms);
            }
        }
        let due: Vec<K> = due.into_values().collect();
        for key in &due {
            set.by_key.remove(key);
        }
        due
    }

    /// When the first one is due.
    pub(crate) fn next_due_ms(&self) -> Option<i64> {
        self.lock().by_time.first_key_value().map(|((due_ms, _), _)| *due_ms)
    }

    fn lock(&self) -> MutexGuard<'_, Set<K>> {
        self.set.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K> Drop for Alarms<K> {
    fn drop(&mut self) {
        // The loop sees that the alarms are gone, and ends.
        self.changed.notify_one();
    }
}

async fn run<K: Clone + Eq + Hash + Send + 'static>(
    alarms: Weak<Alarms<K>>,
    changed: Arc<Notify>,
    fire: impl Fn(K) + Send + 'static,
) {
    loop {
        // Nothing of the alarms is held while sleeping.
        let sleep = {
            let Some(alarms) = alarms.upgrade() else { return };
            let now_ms = alarms.clock.now_ms();
            alarms.take_due(now_ms).into_iter().for_each(&fire);
            alarms.next_due_ms().map(|due_ms| {
                let wait_ms = u64::try_from(due_ms.saturating_sub(now_ms)).unwrap_or(0);
                Duration::from_millis(wait_ms.min(LONGEST_SLEEP_MS))
            })
        };
        match sleep {
            None => changed.notified().await,
            Some(sleep) => {
                tokio::select! {
                    () = tokio::time::sleep(sleep) => {}
                    () = changed.notified() => {}
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use service::SystemClock;
    use tokio::sync::mpsc::unbounded_channel;

    #[tokio::test(start_paused = true)]
    async fn alarms_ring_in_order_and_once() {
        let clock = Arc::new(SystemClock::starting_at(1_000));
        let alarms = Alarms::new(clock.clone());
        let (sender, mut rung) = unbounded_channel();
        let seen = clock.clone();
        alarms.spawn(move |key: &'static str| sender.send((key, seen.now_ms())).unwrap());
        alarms.set("past", 0);
        alarms.set("late", 1_000 + 86_400_000 * 30);
        alarms.set("moved", 2_000);
        alarms.set("cleared", 2_500);
        alarms.set("third", 4_000);
        alarms.set("fourth", 4_000);
        assert_eq!(rung.recv().await, Some(("past", 1_000)));
        alarms.set("moved", 3_000);
        alarms.clear(&"cleared");
        assert_eq!(rung.recv().await, Some(("moved", 3_000)));
        assert_eq!(rung.recv().await, Some(("third", 4_000)));
        assert_eq!(rung.recv().await, Some(("fourth", 4_000)));
        // Set while the loop sleeps until a later one.
        alarms.set("now", 4_000);
        assert_eq!(rung.recv().await, Some(("now", 4_000)));
        assert_eq!(rung.recv().await, Some(("late", 1_000 + 86_400_000 * 30)));
        // Who knows an older record does not put off what is due earlier.
        let now_ms = clock.now_ms();
        alarms.set_no_later("kept", now_ms + 10);
        alarms.set_no_later("kept", now_ms + 99);
        alarms.set_no_later("moved", now_ms + 99);
        alarms.set_no_later("moved", now_ms + 20);
        assert_eq!(rung.recv().await, Some(("kept", now_ms + 10)));
        assert_eq!(rung.recv().await, Some(("moved", now_ms + 20)));
        assert_eq!(alarms.len(), 0);
        drop(alarms);
        assert_eq!(rung.recv().await, None, "the loop ends with the alarms");
    }
}
