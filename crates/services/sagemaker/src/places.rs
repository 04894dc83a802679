//! Places on the machine: which jobs may run, in the order they came.

use runner::resources::{Admission, Grant, Resources};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// The queue before the machine. A cache: a new server fills it from the jobs' records.
pub(crate) struct Places {
    queue: Mutex<Queue>,
}

struct Queue {
    admission: Admission,
    granted: BTreeMap<String, Grant>,
    /// Whom to tell: each waiting job has a bell of its own, or a thousand would wake for every one that starts.
    bells: BTreeMap<String, Arc<Notify>>,
}

impl Places {
    /// An empty queue before a machine that has `capacity`.
    pub(crate) fn new(capacity: Resources) -> Self {
        let queue = Queue {
            admission: Admission::new(capacity),
            granted: BTreeMap::new(),
            bells: BTreeMap::new(),
        };
        Self { queue: Mutex::new(queue) }
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
        admit(&mut queue);
    }

    /// What the job has, once it is admitted.
    pub(crate) fn granted(&self, id: &str) -> Option<Grant> {
        self.lock().granted.get(id).cloned()
    }

    /// How many jobs are before this one; none when it does not wait.
    pub(crate) fn position(&self, id: &str) -> Option<usize> {
        self.lock().admission.position(id)
    }

    /// Gives back what the job has, or takes it off the queue.
    pub(crate) fn release(&self, id: &str) {
        let mut queue = self.lock();
        queue.granted.remove(id);
        queue.bells.remove(id);
        queue.admission.release(id);
        admit(&mut queue);
    }

    /// Rings when the job is admitted, or comes so near that it may prepare itself. Ask first, then look.
    pub(crate) fn bell(&self, id: &str) -> Arc<Notify> {
        self.lock().bells.entry(id.to_owned()).or_default().clone()
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How many of the first in the queue bring their data while they wait.
pub(crate) const PREPARING: usize = 4;

fn admit(queue: &mut Queue) {
    for grant in queue.admission.admit() {
        if let Some(bell) = queue.bells.get(&grant.id) {
            bell.notify_one();
        }
        queue.granted.insert(grant.id.clone(), grant);
    }
    for id in queue.admission.first(PREPARING) {
        if let Some(bell) = queue.bells.get(id) {
            bell.notify_one();
        }
    }
}
