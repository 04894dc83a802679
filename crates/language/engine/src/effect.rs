//! What a turn asks the outside to do, after the turn has been stored.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::execution::Status;
use crate::{Data, Key, MapRun};

/// How a task's work is done and when it counts as done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum TaskKind {
    /// `arn:aws:states:::service:action`: done when the service has answered.
    Request,
    /// `…​.sync` / `….sync:2`: done when the job the request started is done.
    Sync,
    /// `….waitForTaskToken`: done when somebody gives the token back.
    WaitForTaskToken,
    /// The ARN of a function: invoked directly.
    Lambda,
    /// The ARN of an activity: done by a worker that asks for it.
    Activity,
}

/// One task to carry out. The key makes it safe to be asked for again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ScheduleTask {
    /// Names this attempt; results come back under it.
    pub key: Key,
    /// How the work is done.
    pub kind: TaskKind,
    /// `Resource` of the state, as written in the definition.
    pub resource: Arc<str>,
    /// Service of an integration as history shows it (`sagemaker`, `aws-sdk:sfn`); `lambda` or
    /// `activity` for those kinds.
    pub resource_type: Arc<str>,
    /// Action of an integration as history shows it (`createTrainingJob.sync`); the ARN for
    /// functions and activities.
    pub resource_name: Arc<str>,
    /// The request (or the payload of a function or activity).
    pub parameters: Data,
    /// AWS region of the execution.
    pub region: Arc<str>,
    /// Role to use in place of the execution's own (`Credentials.RoleArn`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credentials_role_arn: Option<Arc<str>>,
    /// `TimeoutSeconds` of the state, when given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout_seconds: Option<u64>,
    /// `HeartbeatSeconds` of the state, when given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub heartbeat_seconds: Option<u64>,
    /// The token that answers the task: of activities and `.waitForTaskToken` only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task_token: Option<Arc<str>>,
    /// Name of the Task state, for logs and messages.
    pub state_name: Arc<str>,
    /// The event of its entry, for messages.
    #[serde(default)]
    pub entered_event: u64,
}

/// One thing to do outside. Safe to be done again at any time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Effect {
    /// Carry out a task and answer with an input of the same key.
    ScheduleTask(Box<ScheduleTask>),
    /// Nobody waits for the task any more: stop it if it can be stopped.
    CancelTask {
        /// The task.
        key: Key,
    },
    /// Carry out a map run and answer with an input of the same key; one that is carried out already goes on.
    StartMapRun(Box<MapRun>),
    /// Nobody waits for the map run any more: stop it with all its children.
    CancelMapRun {
        /// The run.
        key: Key,
        /// Its ARN.
        map_run_arn: Arc<str>,
    },
    /// Give [`crate::Input::TimerFired`] at the time. A key set again moves its timer.
    SetTimer {
        /// The timer.
        key: Key,
        /// When it is due, Unix milliseconds.
        due_ms: i64,
    },
    /// Nobody waits for the timer any more.
    ClearTimer {
        /// The timer.
        key: Key,
    },
    /// The execution is over.
    Finish {
        /// How it ended; never `Running`.
        status: Status,
        /// Output of a successful execution.
        output: Option<Data>,
        /// Error of any other.
        error: Option<Arc<str>>,
        /// Its cause.
        cause: Option<Arc<str>>,
    },
}
