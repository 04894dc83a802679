//! What turns ask the outside to do, after their commit.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use engine::{Data, Effect, Identity, Input, Key, Phase, ScheduleTask, TaskKind, TaskStage};
use futures_util::FutureExt as _;
use serde::{Deserialize, Serialize};
use service::WorkItem;
use store::{Batch, Expect};
use tokio::task::JoinHandle;

use super::Inner;
use super::live::{Live, State, Timer};
use crate::{TaskFailure, TaskReporter, TaskRequest};

/// The kind of the work item that stops the job of a `.sync` task nobody waits for any more; its body is a
/// [`CancelledTask`]. It is part of the commit of the turn that gave the task up, so no crash leaves a job running.
pub const CANCEL_TASK_WORK: &str = "states/cancelTask";

/// The body of a [`CANCEL_TASK_WORK`] item.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CancelledTask {
    /// The execution it belonged to.
    pub execution: Arc<Identity>,
    /// The task as it was asked for.
    pub task: ScheduleTask,
    /// The effect key it was performed with.
    pub effect_key: String,
}

pub(super) fn cancel_work(live: &Live, task: &ScheduleTask, now_ms: i64) -> WorkItem {
    let effect_key = format!("{}{}", live.effect_prefix(), task.key);
    let body = CancelledTask {
        execution: live.identity.clone(),
        task: task.clone(),
        effect_key: effect_key.clone(),
    };
    WorkItem::new(CANCEL_TASK_WORK, effect_key, live.identity.region(), now_ms, &body)
}

impl Inner {
    /// Carries out effects of a durable turn.
    pub(super) fn act(self: &Arc<Self>, live: &Arc<Live>, state: &mut State, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::ScheduleTask(task) => self.schedule(live, state, task),
                Effect::CancelTask { key } => self.cancel(live, state, key),
                Effect::SetTimer { key, due_ms } => {
                    state.timers.insert(key);
                    self.alarms.set(Timer { live: live.clone(), key }, due_ms);
                }
                Effect::ClearTimer { key } => {
                    state.timers.remove(&key);
                    self.alarms.clear(&Timer { live: live.clone(), key });
                }
                Effect::StartMapRun(run) => self.start_map_run(live.arn(), &run),
                Effect::CancelMapRun { map_run_arn, .. } => self.cancel_map_run(&map_run_arn),
                Effect::Finish { .. } => {}
            }
        }
    }

    /// A timer is due.
    pub(super) fn timer_fired(self: &Arc<Self>, timer: &Timer) {
        let Timer { live, key } = timer;
        live.lock().timers.remove(key);
        // Turns may be long: not in the loop that all timers share.
        let (inner, live, key) = (self.clone(), live.clone(), *key);
        tokio::spawn(async move { inner.give(&live, Input::TimerFired { key }) });
    }

    fn schedule(self: &Arc<Self>, live: &Arc<Live>, state: &mut State, task: Box<ScheduleTask>) {
        let key = task.key;
        // A later turn may have given it up already.
        let Some(stage) = stage(state, key) else { return };
        match task.kind {
            TaskKind::Activity if stage == TaskStage::Scheduled => {
                self.offer_activity_task(&task.resource_name, live.clone(), key);
                tokio::spawn(self.clone().look_for_activity(live.clone(), task));
            }
            // Some worker has it.
            TaskKind::Activity => {}
            // The service has accepted it; the rest comes with the token.
            TaskKind::WaitForTaskToken if stage == TaskStage::Submitted => {}
            _ => {
                let request = TaskRequest {
                    execution: live.identity.clone(),
                    attributes: live.attributes.clone(),
                    effect_key: format!("{}{key}", live.effect_prefix()),
                    is_stored: live.stored,
                    submitted: stage == TaskStage::Submitted,
                    task,
                };
                let performing = self.clone().perform(live.clone(), request);
                if let Some(before) = state.tasks.insert(key, tokio::spawn(performing)) {
                    before.abort();
                }
            }
        }
    }

    /// Fails the task of an activity that is not there: no worker could ever ask for it.
    async fn look_for_activity(self: Arc<Self>, live: Arc<Live>, task: Box<ScheduleTask>) {
        if self.handler().clone().has_activity(&task.resource_name).await {
            return;
        }
        self.withdraw_activity_task(&live, task.key);
        // UNVERIFIED: AWS's name of the error and its words.
        let cause = format!("Activity Does Not Exist: '{}'", task.resource_name);
        let (error, cause) = (Some("ActivityDoesNotExist".into()), Some(cause.into()));
        self.give(&live, Input::TaskFailed { key: task.key, error, cause });
    }

    fn cancel(&self, live: &Arc<Live>, state: &mut State, key: Key) {
        if let Some(task) = state.tasks.remove(&key) {
            task.abort();
            state.stopping.push(task);
        }
        self.withdraw_activity_task(live, key);
    }

    /// Ends everything that goes on for an execution that has ended.
    pub(super) fn clear_up(&self, live: &Arc<Live>, state: &mut State) {
        for (_, task) in state.tasks.drain() {
            task.abort();
            state.stopping.push(task);
        }
        for key in state.timers.drain() {
            self.alarms.clear(&Timer { live: live.clone(), key });
        }
    }

    /// Has work run that a turn made. Jobs to cancel are looked for only when whoever was about to start them has
    /// stopped, and what that had asked the store for has been written: so none is started after it was looked for.
    pub(super) fn scheduled_after(
        self: &Arc<Self>,
        live: &Arc<Live>,
        work: Vec<WorkItem>,
        stopping: Vec<JoinHandle<()>>,
        forgets: bool,
    ) {
        if (stopping.is_empty() && !forgets) || !live.stored {
            self.scheduled(work);
            return;
        }
        let (inner, live) = (self.clone(), live.clone());
        tokio::spawn(async move {
            for task in stopping {
                // Aborted, or done in the meantime: both will do.
                let _stopped = task.await;
            }
            // Commits are written in the order they were asked for: this one comes after theirs.
            let mut barrier = Batch::new();
            if forgets {
                service::forget_effects(&mut barrier, &live.effect_prefix());
            } else {
                let key = live.arn().to_string();
                barrier.checks.push((super::record::KIND.to_owned(), key, Expect::Any));
            }
            if let Err(error) = inner.store.commit(barrier).await {
                tracing::warn!(execution = &**live.arn(), %error, "effects of an execution stay recorded");
            }
            inner.scheduled(work);
        });
    }

    async fn perform(self: Arc<Self>, live: Arc<Live>, request: TaskRequest) {
        let (key, kind) = (request.task.key, request.task.kind);
        let reports = Reports { inner: self.clone(), live: live.clone(), key };
        let handler = self.handler().clone();
        let performing = AssertUnwindSafe(handler.perform(request, TaskReporter(reports)));
        let result = performing.catch_unwind().await.unwrap_or_else(|_| {
            tracing::error!(execution = &**live.arn(), %key, "a task's handler panicked");
            Err(TaskFailure::new(
                "States.Runtime",
                "refit could not perform the task: its handler panicked",
            ))
        });
        let input = match result {
            Ok(output) if kind == TaskKind::WaitForTaskToken => {
                Input::TaskSubmitted { key, output }
            }
            Ok(output) => Input::TaskSucceeded { key, output },
            Err(TaskFailure { error, cause }) => Input::TaskFailed { key, error, cause },
        };
        live.lock().tasks.remove(&key);
        self.give(&live, input);
    }
}

/// How far the task is that a frame waits for under this key; `None` when none does.
fn stage(state: &State, key: Key) -> Option<TaskStage> {
    match &state.execution.frames.get(&key.frame)?.phase {
        Phase::WaitingTask(wait) if wait.task.key == key => Some(wait.stage),
        _ => None,
    }
}

/// The way of a task's reports back to its execution.
#[derive(Clone)]
pub(crate) struct Reports {
    inner: Arc<Inner>,
    live: Arc<Live>,
    key: Key,
}

impl Reports {
    pub(crate) async fn submitted(&self, output: Data) {
        let input = Input::TaskSubmitted { key: self.key, output };
        // Only a store that has closed makes this fail, and then nothing counts any more.
        let _closed = self.inner.give_surely(&self.live, input).await;
    }
}
