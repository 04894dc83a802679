//! Activity tasks: queues that workers poll.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use engine::{Data, Input, Key, Phase};
use tokio::sync::oneshot;
use tokio::time::Instant;

use super::live::Live;
use super::{Executions, Inner};
use crate::Error;

/// A task that a worker has taken.
#[derive(Debug, Clone, PartialEq)]
pub struct ActivityTask {
    /// What the worker gives back with its answer.
    pub task_token: Arc<str>,
    /// The task's input.
    pub input: Data,
}

#[derive(Default)]
pub(super) struct Activities(Mutex<HashMap<Arc<str>, Queue>>);

#[derive(Default)]
struct Queue {
    tasks: VecDeque<(Arc<Live>, Key)>,
    pollers: VecDeque<oneshot::Sender<Offer>>,
}

/// A task on its way to a worker. Dropped without being taken, it goes back to the front of its queue.
struct Offer {
    inner: Weak<Inner>,
    activity_arn: Arc<str>,
    task: Option<(Arc<Live>, Key)>,
}

impl Drop for Offer {
    fn drop(&mut self) {
        if let (Some((live, key)), Some(inner)) = (self.task.take(), self.inner.upgrade()) {
            inner.hand_out(&self.activity_arn, live, key, true);
        }
    }
}

impl Executions {
    /// The next task of an activity, for a worker that waits at most this long for one. The task counts as started
    /// once this resolves.
    ///
    /// # Errors
    /// A storage error.
    pub async fn next_activity_task(
        &self,
        activity_arn: &str,
        worker: Option<Arc<str>>,
        wait: Duration,
    ) -> Result<Option<ActivityTask>, Error> {
        let deadline = Instant::now() + wait;
        loop {
            let poll = self.0.poll_activity(activity_arn);
            let Ok(Ok(mut offer)) = tokio::time::timeout_at(deadline, poll).await else {
                return Ok(None);
            };
            let Some((live, key)) = offer.task.take() else { continue };
            let Some(task) = taken(&live, key) else { continue };
            let input = Input::ActivityStarted { key, worker: worker.clone() };
            // Nobody else is offered it, so it is handed out as soon as the disk lets it.
            if self.0.give_surely(&live, input).await? {
                return Ok(Some(task));
            }
        }
    }
}

/// Token and input of the task, if it is still waited for.
fn taken(live: &Live, key: Key) -> Option<ActivityTask> {
    let state = live.lock();
    match &state.execution.frames.get(&key.frame)?.phase {
        Phase::WaitingTask(wait) if wait.task.key == key => Some(ActivityTask {
            task_token: wait.task.task_token.clone()?,
            input: wait.task.parameters.clone(),
        }),
        _ => None,
    }
}

impl Inner {
    /// A task of an activity waits for a worker.
    pub(super) fn offer_activity_task(
        self: &Arc<Self>,
        activity_arn: &Arc<str>,
        live: Arc<Live>,
        key: Key,
    ) {
        self.hand_out(activity_arn, live, key, false);
    }

    /// Nobody waits for the task any more.
    pub(super) fn withdraw_activity_task(&self, live: &Arc<Live>, key: Key) {
        let mut activities = self.activities.lock();
        for queue in activities.values_mut() {
            queue
                .tasks
                .retain(|(other, other_key)| !(*other_key == key && Arc::ptr_eq(other, live)));
        }
        activities.retain(|_, queue| !queue.is_idle());
    }

    /// Gives a task to the first worker that waits, or to the queue.
    fn hand_out(
        self: &Arc<Self>,
        activity_arn: &Arc<str>,
        live: Arc<Live>,
        key: Key,
        in_front: bool,
    ) {
        let mut offer = Offer {
            inner: Arc::downgrade(self),
            activity_arn: activity_arn.clone(),
            task: Some((live, key)),
        };
        let mut activities = self.activities.lock();
        let queue = activities.entry(activity_arn.clone()).or_default();
        while let Some(poller) = queue.pollers.pop_front() {
            match poller.send(offer) {
                Ok(()) => return,
                // It has stopped waiting.
                Err(back) => offer = back,
            }
        }
        if let Some(task) = offer.task.take() {
            if in_front {
                queue.tasks.push_front(task);
            } else {
                queue.tasks.push_back(task);
            }
        }
    }

    fn poll_activity(self: &Arc<Self>, activity_arn: &str) -> oneshot::Receiver<Offer> {
        let (sender, receiver) = oneshot::channel();
        let mut activities = self.activities.lock();
        let activity_arn: Arc<str> = activity_arn.into();
        let queue = activities.entry(activity_arn.clone()).or_default();
        if let Some(task) = queue.tasks.pop_front() {
            let offer = Offer { inner: Arc::downgrade(self), activity_arn, task: Some(task) };
            drop(activities);
            // The receiver is at hand.
            let _sent = sender.send(offer);
        } else {
            queue.pollers.retain(|poller| !poller.is_closed());
            queue.pollers.push_back(sender);
        }
        receiver
    }
}

impl Activities {
    fn lock(&self) -> MutexGuard<'_, HashMap<Arc<str>, Queue>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Queue {
    fn is_idle(&self) -> bool {
        self.tasks.is_empty() && self.pollers.iter().all(oneshot::Sender::is_closed)
    }
}
