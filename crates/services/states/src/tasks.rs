//! What the driver asks of Step Functions: carrying out tasks, announcing changes of status, logging.

use crate::execution_log::ExecutionLog;
use crate::records::ACTIVITY;
use crate::{announce, integration, map_run};
use driver::{
    ExecutionRecord, Items, MapRunRequest, Results, TaskFailure, TaskHandler, TaskReporter,
    TaskRequest,
};
use engine::{Data, HistoryEvent, ITEM_READER_FAILED, Identity, RESULT_WRITER_FAILED};
use service::{Kit, Objects, WorkItem};
use std::sync::{Arc, Weak};

/// Carries out the tasks of executions as calls of other services.
pub struct Tasks {
    /// Weak, because the kit owns the services, and those the executions that own this.
    kit: Weak<Kit>,
    log: ExecutionLog,
    /// Where map runs read their items.
    objects: Option<Arc<dyn Objects>>,
}

impl Tasks {
    /// Over the services of a kit.
    pub fn new(kit: &Arc<Kit>) -> Self {
        Self { kit: Arc::downgrade(kit), log: ExecutionLog::new(kit), objects: None }
    }

    /// Has map runs read their items there.
    #[must_use]
    pub fn with_objects(self, objects: Arc<dyn Objects>) -> Self {
        Self { objects: Some(objects), ..self }
    }
}

#[async_trait::async_trait]
impl TaskHandler for Tasks {
    async fn perform(
        &self,
        request: TaskRequest,
        reporter: TaskReporter,
    ) -> Result<Data, TaskFailure> {
        match self.kit.upgrade() {
            Some(kit) => integration::perform(&kit, &request, &reporter).await,
            // The server is going down; after the restart the task is performed again.
            None => std::future::pending().await,
        }
    }

    async fn has_activity(&self, activity_arn: &str) -> bool {
        let Some(kit) = self.kit.upgrade() else { return true };
        match kit.store.get(ACTIVITY, activity_arn).await {
            Ok(found) => found.is_some(),
            // Then it waits for a worker as always.
            Err(_) => true,
        }
    }

    async fn open_items(&self, request: MapRunRequest) -> Result<Box<dyn Items>, TaskFailure> {
        match (self.kit.upgrade(), &self.objects) {
            (Some(kit), Some(objects)) => map_run::open_items(&kit, objects, &request).await,
            (Some(_), None) => Err(TaskFailure::new(ITEM_READER_FAILED, "there is no S3 here")),
            (None, _) => std::future::pending().await,
        }
    }

    async fn open_results(&self, request: MapRunRequest) -> Result<Box<dyn Results>, TaskFailure> {
        match (self.kit.upgrade(), &self.objects) {
            (Some(kit), Some(objects)) => map_run::open_results(&kit, objects, &request).await,
            (Some(_), None) => Err(TaskFailure::new(RESULT_WRITER_FAILED, "there is no S3 here")),
            (None, _) => std::future::pending().await,
        }
    }

    fn status_changed(&self, execution: &ExecutionRecord) -> Vec<WorkItem> {
        let kit = self.kit.upgrade();
        if let Some(kit) = &kit {
            count(kit, execution);
        }
        let heard = kit.is_none_or(|kit| kit.interest.any(announce::SOURCE));
        if heard { vec![announce::item(execution)] } else { Vec::new() }
    }

    fn logs(&self, _: &Identity, attributes: &serde_json::Value) -> bool {
        ExecutionLog::wants(attributes)
    }

    fn happened(
        &self,
        execution: &Identity,
        attributes: &serde_json::Value,
        events: &[HistoryEvent],
    ) {
        self.log.write(execution, attributes, events);
    }
}

/// Counts an execution that begins or ends.
// AWS: Step Functions metrics: by StateMachineArn; ExecutionTime is in milliseconds, of executions that ended.
fn count(kit: &Kit, execution: &ExecutionRecord) {
    const NAMESPACE: &str = "AWS/States";
    let identity = &execution.identity;
    let metric = match execution.status.word() {
        "RUNNING" => "ExecutionsStarted",
        "SUCCEEDED" => "ExecutionsSucceeded",
        "FAILED" => "ExecutionsFailed",
        "TIMED_OUT" => "ExecutionsTimedOut",
        "ABORTED" => "ExecutionsAborted",
        _ => return,
    };
    let dimensions = [("StateMachineArn", &*identity.state_machine_arn)];
    let now_ms = execution.stop_ms.or(execution.redrive_ms).unwrap_or(identity.start_ms);
    let measure = |metric, unit, value| {
        kit.metrics.measure(
            identity.region(),
            NAMESPACE,
            metric,
            &dimensions,
            (unit, value),
            now_ms,
        );
    };
    measure(metric, "Count", 1.0);
    if let Some(stop_ms) = execution.stop_ms {
        measure("ExecutionTime", "Milliseconds", (stop_ms - identity.start_ms) as f64);
    }
}
