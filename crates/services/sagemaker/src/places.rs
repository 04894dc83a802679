//! Places on the machine: which jobs may run, in the order they came.

use runner::resources::{Admission, Grant, Resources};
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::watch;

/// The queue before the machine. A cache: a new server fills it from the jobs' records.
pub(crate) struct Places {
    queue: Mutex<Queue>,
    /// Changes when somebody is admitted.
    changed: watch::Sender<u64>,
}

struct Queue {
    admission: Admission,
    granted: BTreeMap<String, Grant>,
}

impl Places {
    /// An empty queue before a machine that has `capacity`.
    pub(crate) fn new(capacity: Resources) -> Self {
        let queue = Queue { admission: Admission::new(capacity), granted: BTreeMap::new() };
        Self { queue: Mutex::new(queue), changed: watch::Sender::new(0) }
    }

    /// Counts in a job that runs already.
    pub(crate) fn restore(&self, grant: Grant) {
        let mut queue = self.lock();
        queue.admission.restore(grant.clone());
        queue.granted.insert(grant.id.clone(), grant);
    }

    /// Queues a job, unless it is queued or admitted.
    pub(crate) fn request(&self, id: &str, wanted: Resources) {
        let mut queue = self.lock();
        queue.admission.request(id, wanted);
        self.admit(queue);
    }

    /// What the job has, once it is admitted.
    pub(crate) fn granted(&self, id: &str) -> Option<Grant> {
        self.lock().granted.get(id).cloned()
    }

    /// Gives back what the job has, or takes it off the queue.
    pub(crate) fn release(&self, id: &str) {
        let mut queue = self.lock();
        queue.granted.remove(id);
        queue.admission.release(id);
        self.admit(queue);
    }

    /// Changes when somebody is admitted. Subscribe first, then look.
    pub(crate) fn subscribe(&self) -> watch::Receiver<u64> {
        self.changed.subscribe()
    }

    fn admit(&self, mut queue: MutexGuard<'_, Queue>) {
        let admitted = queue.admission.admit();
        if admitted.is_empty() {
            return;
        }
        queue.granted.extend(admitted.into_iter().map(|grant| (grant.id.clone(), grant)));
        drop(queue);
        self.changed.send_modify(|count| *count = count.wrapping_add(1));
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
