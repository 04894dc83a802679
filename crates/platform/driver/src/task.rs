//! The port to whoever carries out tasks: the `states` service.

use std::sync::Arc;

use engine::{Data, HistoryEvent, Identity, ScheduleTask};
use service::WorkItem;

use crate::executions::{ExecutionRecord, Reports};
use crate::map_port::{self, Items, MapRunRequest, Results};

/// One task to carry out.
#[derive(Debug, Clone)]
pub struct TaskRequest {
    /// The execution it belongs to: ARN, name, state machine, role.
    pub execution: Arc<Identity>,
    /// What the caller of [`crate::Executions::start`] gave along.
    pub attributes: Arc<serde_json::Value>,
    /// What to do.
    pub task: Box<ScheduleTask>,
    /// Give it to every call that must take place once: a repeated request carries the same key. Begins with the
    /// execution's ARN and `#`; longer keys that begin with it are forgotten with it.
    pub effect_key: String,
    /// False of Express executions: nothing of them is ever sent again, so services need not remember the key.
    pub is_stored: bool,
    /// True when the request has been accepted already (before a restart): of a `.sync` task only the end of the job is
    /// still to be waited for.
    pub submitted: bool,
}

impl TaskRequest {
    /// The key for services to remember, where a call may come again.
    pub fn remembered_key(&self) -> Option<String> {
        self.is_stored.then(|| self.effect_key.clone())
    }

    /// The role to act with: that of `Credentials`, else the execution's.
    pub fn role_arn(&self) -> &str {
        self.task.credentials_role_arn.as_deref().unwrap_or(&self.execution.role_arn)
    }
}

/// Error name and cause of a failed task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskFailure {
    /// Error name, as `Retry` and `Catch` match it.
    pub error: Option<Arc<str>>,
    /// Cause.
    pub cause: Option<Arc<str>>,
}

impl TaskFailure {
    /// A failure with both.
    pub fn new(error: impl Into<Arc<str>>, cause: impl Into<Arc<str>>) -> Self {
        Self { error: Some(error.into()), cause: Some(cause.into()) }
    }
}

/// Says how a task comes along while it is being performed.
#[derive(Clone)]
pub struct TaskReporter(pub(crate) Reports);

impl TaskReporter {
    /// The service has accepted the request of a `.sync` task and answered `output`. Resolves when that is durable.
    pub async fn submitted(&self, output: Data) {
        self.0.submitted(output).await;
    }
}

/// Carries out tasks and hears of changes. Implemented by the `states` service.
#[async_trait::async_trait]
pub trait TaskHandler: Send + Sync + 'static {
    /// Performs a task of kind `Request`, `Sync`, `WaitForTaskToken` or `Lambda`:
    ///
    /// * `Request`, `Lambda`: answers the result;
    /// * `Sync`: reports the service's answer as submitted and answers when the job is done, with its result;
    /// * `WaitForTaskToken`: answers what the service answered; the task's result comes by its token.
    ///
    /// Dropped when nobody waits for the task any more (and of `Sync` tasks a [`crate::CancelledTask`] becomes work).
    /// Called again with the same effect key after a restart.
    ///
    /// # Errors
    /// What `Retry` and `Catch` shall see.
    async fn perform(
        &self,
        request: TaskRequest,
        reporter: TaskReporter,
    ) -> Result<Data, TaskFailure>;

    /// Whether there is an activity of this ARN: a task of one that is not there fails at once.
    async fn has_activity(&self, _activity_arn: &str) -> bool {
        true
    }

    /// The status of a (not Express) execution changes: `Running` when it starts, the final one when it ends. The items
    /// answered become part of the very commit that changes it. Called while the execution is locked: it must not ask for
    /// the execution.
    fn status_changed(&self, _execution: &ExecutionRecord) -> Vec<WorkItem> {
        Vec::new()
    }

    /// Opens the items that the `ItemReader` of a map run names.
    ///
    /// # Errors
    /// What the Map's `Retry` and `Catch` shall see.
    async fn open_items(&self, _request: MapRunRequest) -> Result<Box<dyn Items>, TaskFailure> {
        Err(map_port::no_reader())
    }

    /// Begins the export that the `ResultWriter` of a map run asks for. What an earlier one wrote is written over.
    ///
    /// # Errors
    /// What the Map's `Retry` and `Catch` shall see.
    async fn open_results(&self, _request: MapRunRequest) -> Result<Box<dyn Results>, TaskFailure> {
        Err(map_port::no_writer())
    }

    /// Whether the handler wants to hear of an execution's events by [`TaskHandler::happened`].
    fn logs(&self, _execution: &Identity, _attributes: &serde_json::Value) -> bool {
        false
    }

    /// These events have been stored (or, of an Express execution, have happened). For logs; told once, in order, and
    /// not again after a restart.
    fn happened(
        &self,
        _execution: &Identity,
        _attributes: &serde_json::Value,
        _events: &[HistoryEvent],
    ) {
    }
}
