//! History events: what an execution did, in AWS's types and details.

mod aws;
pub mod stored;

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::Data;

/// One event of the history of an execution.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HistoryEvent {
    /// Number of the event, from 1.
    pub id: u64,
    /// The event this one follows from; 0 for the first ones.
    pub previous_event_id: u64,
    /// When it happened, Unix milliseconds.
    pub timestamp_ms: i64,
    /// What happened.
    pub detail: Detail,
}

/// The types of states, as they appear in the names of events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub enum StateType {
    Pass,
    Task,
    Choice,
    Wait,
    Parallel,
    Map,
    Succeed,
    Fail,
}

/// The families of task events.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum TaskFamily {
    /// `Task…`: an integration; the service and the action.
    Service {
        /// Such as `sagemaker`.
        resource_type: Arc<str>,
        /// Such as `createTrainingJob.sync`.
        resource: Arc<str>,
    },
    /// `LambdaFunction…`: a function called by its ARN.
    Lambda,
    /// `Activity…`.
    Activity,
}

/// Error name and cause; both may be missing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// Error name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<Arc<str>>,
    /// Cause.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<Arc<str>>,
}

/// What happened, with the details AWS gives for it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Detail {
    /// `ExecutionStarted`.
    ExecutionStarted {
        /// Input of the execution.
        input: Data,
        /// Role of the execution.
        role_arn: Arc<str>,
        /// Alias it was started by.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        alias_arn: Option<Arc<str>>,
        /// Version it was started by.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        version_arn: Option<Arc<str>>,
    },
    /// `ExecutionSucceeded`.
    ExecutionSucceeded {
        /// Output of the execution.
        output: Data,
    },
    /// `ExecutionFailed`.
    ExecutionFailed(Failure),
    /// `ExecutionAborted`.
    ExecutionAborted(Failure),
    /// `ExecutionTimedOut`.
    ExecutionTimedOut(Failure),
    /// `ExecutionRedriven`.
    ExecutionRedriven {
        /// How many times it has been, this time included.
        count: u32,
    },
    /// `…StateEntered`.
    StateEntered {
        /// Type of the state.
        state_type: StateType,
        /// Name of the state.
        name: Arc<str>,
        /// Its input.
        input: Data,
    },
    /// `…StateExited`.
    StateExited {
        /// Type of the state.
        state_type: StateType,
        /// Name of the state.
        name: Arc<str>,
        /// Its output.
        output: Data,
        /// Variables assigned on the way out.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        assigned: Vec<(Arc<str>, Data)>,
    },
    /// `…StateAborted`: the state was left because the execution or its branch ended.
    StateAborted {
        /// Type of the state.
        state_type: StateType,
    },
    /// `EvaluationFailed`: a JSONata expression failed.
    EvaluationFailed {
        /// Error name.
        error: Arc<str>,
        /// Cause.
        cause: Arc<str>,
        /// Path of the field within the state.
        location: Arc<str>,
        /// Name of the state.
        state: Arc<str>,
    },
    /// `MapStateStarted`.
    MapStateStarted {
        /// Number of items.
        length: u32,
    },
    /// `MapStateSucceeded`.
    MapStateSucceeded,
    /// `MapStateFailed`.
    MapStateFailed,
    /// `MapIterationStarted`, `…Succeeded`, `…Failed`, `…Aborted`.
    MapIteration {
        /// What happened to it.
        outcome: IterationOutcome,
        /// Name of the Map state.
        name: Arc<str>,
        /// Index of the item.
        index: u32,
    },
    /// `MapRunStarted`.
    MapRunStarted {
        /// ARN of the run.
        arn: Arc<str>,
    },
    /// `MapRunSucceeded`.
    MapRunSucceeded,
    /// `MapRunFailed`.
    MapRunFailed(Failure),
    /// `MapRunAborted`.
    MapRunAborted,
    /// `MapRunRedriven`.
    MapRunRedriven {
        /// ARN of the run.
        arn: Arc<str>,
        /// How many times it has been, this time included.
        count: u32,
    },
    /// `ParallelStateStarted`.
    ParallelStateStarted,
    /// `ParallelStateSucceeded`.
    ParallelStateSucceeded,
    /// `ParallelStateFailed`.
    ParallelStateFailed,
    /// `TaskScheduled`, `LambdaFunctionScheduled`, `ActivityScheduled`.
    TaskScheduled {
        /// Whose event.
        family: TaskFamily,
        /// Request, payload or input.
        parameters: Data,
        /// Region of the execution.
        region: Arc<str>,
        /// ARN of the function or activity; unused for integrations.
        arn: Arc<str>,
        /// `TimeoutSeconds`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        timeout_seconds: Option<u64>,
        /// `HeartbeatSeconds`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        heartbeat_seconds: Option<u64>,
        /// Role of `Credentials`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        credentials_role_arn: Option<Arc<str>>,
    },
    /// `TaskStarted`, `LambdaFunctionStarted`, `ActivityStarted`.
    TaskStarted {
        /// Whose event.
        family: TaskFamily,
        /// Name of an activity's worker.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        worker: Option<Arc<str>>,
    },
    /// `ActivityScheduleFailed`: no worker will ever get the task.
    TaskScheduleFailed {
        /// Whose event.
        family: TaskFamily,
        /// Why.
        failure: Failure,
    },
    /// `TaskSubmitted`.
    TaskSubmitted {
        /// Whose event.
        family: TaskFamily,
        /// Answer of the service.
        output: Data,
    },
    /// `TaskSubmitFailed`: the service did not accept the request.
    TaskSubmitFailed {
        /// Whose event.
        family: TaskFamily,
        /// Why.
        failure: Failure,
    },
    /// `TaskSucceeded`, `LambdaFunctionSucceeded`, `ActivitySucceeded`.
    TaskSucceeded {
        /// Whose event.
        family: TaskFamily,
        /// Result.
        output: Data,
    },
    /// `TaskFailed`, `LambdaFunctionFailed`, `ActivityFailed`.
    TaskFailed {
        /// Whose event.
        family: TaskFamily,
        /// Why.
        failure: Failure,
    },
    /// `TaskTimedOut`, `LambdaFunctionTimedOut`, `ActivityTimedOut`.
    TaskTimedOut {
        /// Whose event.
        family: TaskFamily,
        /// Why.
        failure: Failure,
    },
}

/// What happened to an iteration of a Map.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub enum IterationOutcome {
    Started,
    Succeeded,
    Failed,
    Aborted,
}
