//! The admission queue: who may start on this machine, and on which GPUs. Pure.

use std::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize};

use super::Resources;

/// Lets jobs start in the order they came, as the machine has room. Nothing is refused: who asks
/// for more than the machine has gets all the machine has of it, and a note. Nobody overtakes, so
/// nobody waits for ever behind smaller jobs.
#[derive(Debug, Clone)]
pub struct Admission {
    capacity: Resources,
    queue: VecDeque<Request>,
    running: BTreeMap<String, Grant>,
}

#[derive(Debug, Clone)]
struct Request {
    id: String,
    resources: Resources,
    note: Option<String>,
}

/// What a job was given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// The job.
    pub id: String,
    /// What it was given.
    pub resources: Resources,
    /// Which GPUs are its own, counted from 0 (`CUDA_VISIBLE_DEVICES`).
    pub gpu_indices: Vec<u32>,
    /// Says so when it was given less than it asked for.
    pub note: Option<String>,
}

impl Admission {
    /// An empty queue for a machine.
    pub fn new(capacity: Resources) -> Self {
        Self { capacity, queue: VecDeque::new(), running: BTreeMap::new() }
    }

    /// Puts a job at the end of the queue. A job that is queued or running already stays where it
    /// is. Ask [`Admission::admit`] afterwards.
    pub fn request(&mut self, id: impl Into<String>, wanted: Resources) {
        let id = id.into();
        if self.running.contains_key(&id) || self.queue.iter().any(|request| request.id == id) {
            return;
        }
        let resources = wanted.clamped_to(self.capacity);
        let note = (resources != wanted)
            .then(|| format!("asked for {wanted}; this machine has {}", self.capacity));
        self.queue.push_back(Request { id, resources, note });
    }

    /// Takes the jobs that may start now off the queue, in order.
    pub fn admit(&mut self) -> Vec<Grant> {
        let mut granted = Vec::new();
        while let Some(request) = self.queue.pop_front() {
            if !request.resources.fits_in(self.free()) {
                self.queue.push_front(request);
                break;
            }
            let gpu_indices = self.free_gpus(request.resources.gpus);
            let Request { id, resources, note } = request;
            let grant = Grant { id, resources, gpu_indices, note };
            self.running.insert(grant.id.clone(), grant.clone());
            granted.push(grant);
        }
        granted
    }

    /// Counts in a job that runs already, with what it was given before the server restarted.
    pub fn restore(&mut self, grant: Grant) {
        self.queue.retain(|request| request.id != grant.id);
        self.running.insert(grant.id.clone(), grant);
    }

    /// Gives back what a job had, or takes it off the queue. Ask [`Admission::admit`] afterwards.
    pub fn release(&mut self, id: &str) {
        self.running.remove(id);
        self.queue.retain(|request| request.id != id);
    }

    /// How many jobs are before this one in the queue; none when it does not wait.
    pub fn position(&self, id: &str) -> Option<usize> {
        self.queue.iter().position(|request| request.id == id)
    }

    /// The first jobs of the queue, at most `count`.
    pub fn first(&self, count: usize) -> impl Iterator<Item = &str> {
        self.queue.iter().take(count).map(|request| request.id.as_str())
    }

    /// What nobody has. After a restart on a smaller machine jobs may have more than there is.
    pub fn free(&self) -> Resources {
        self.running.values().fold(self.capacity, |free, grant| free.minus(grant.resources))
    }

    fn free_gpus(&self, count: u32) -> Vec<u32> {
        let is_free = |gpu: &u32| self.running.values().all(|it| !it.gpu_indices.contains(gpu));
        (0..self.capacity.gpus).filter(is_free).take(count as usize).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn resources(vcpus: u32, memory_mib: u64, gpus: u32) -> Resources {
        Resources { vcpus, memory_mib, gpus }
    }

    fn admitted(admission: &mut Admission) -> Vec<String> {
        admission.admit().into_iter().map(|grant| grant.id).collect()
    }

    #[test]
    fn jobs_start_in_order_as_there_is_room() {
        let mut admission = Admission::new(resources(4, 100, 0));
        for (id, vcpus) in [("a", 2), ("b", 3), ("c", 1), ("a", 1)] {
            admission.request(id, resources(vcpus, 10, 0));
        }
        assert_eq!(admitted(&mut admission), ["a"], "c does not overtake b");
        assert_eq!((admission.position("b"), admission.position("c")), (Some(0), Some(1)));
        assert_eq!(admission.free(), resources(2, 90, 0));
        admission.release("a");
        assert_eq!(admitted(&mut admission), ["b", "c"]);
        admission.release("nobody");
        assert_eq!(admission.free(), resources(0, 80, 0));
    }

    #[test]
    fn a_job_that_waits_can_be_taken_off() {
        let mut admission = Admission::new(resources(1, 1, 0));
        for id in ["a", "b", "c"] {
            admission.request(id, resources(1, 1, 0));
        }
        assert_eq!(admitted(&mut admission), ["a"]);
        admission.release("b");
        admission.release("a");
        assert_eq!(admitted(&mut admission), ["c"]);
    }

    #[test]
    fn what_is_too_large_gets_the_machine_and_a_note() {
        let mut admission = Admission::new(resources(2, 4096, 1));
        admission.request("large", resources(96, 8192, 8));
        let grants = admission.admit();
        assert_eq!(grants[0].resources, resources(2, 4096, 1));
        assert_eq!(
            grants[0].note.as_deref(),
            Some("asked for 96 vCPU, 8.0 GiB, 8 GPU; this machine has 2 vCPU, 4.0 GiB, 1 GPU")
        );
        admission.request("no machine", resources(1, 1, 0));
        assert!(admission.admit().is_empty());
    }

    #[test]
    fn a_gpu_belongs_to_one_job() {
        let mut admission = Admission::new(resources(64, 4096, 3));
        admission.restore(Grant {
            id: "before".to_owned(),
            resources: resources(1, 1, 1),
            gpu_indices: vec![1],
            note: None,
        });
        for id in ["x", "y", "z"] {
            admission.request(id, resources(1, 1, 1));
        }
        let gpus: Vec<_> = admission.admit().into_iter().map(|it| it.gpu_indices).collect();
        assert_eq!(gpus, [[0], [2]]);
        admission.release("before");
        assert_eq!(admission.admit()[0].gpu_indices, [1]);
    }

    #[test]
    fn more_than_there_is_in_use_frees_nothing() {
        let mut admission = Admission::new(resources(2, 2, 0));
        let grant = |id: &str| Grant {
            id: id.to_owned(),
            resources: resources(2, 2, 0),
            gpu_indices: Vec::new(),
            note: None,
        };
        admission.restore(grant("a"));
        admission.restore(grant("b"));
        admission.request("c", resources(1, 1, 0));
        admission.release("a");
        assert!(admission.admit().is_empty());
        admission.release("b");
        assert_eq!(admitted(&mut admission), ["c"]);
    }
}
