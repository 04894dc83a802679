//! Tasks as calls of other services: from `Resource` and parameters to a call, and back to a result or a failure.
//!
//! ```text
//! Resource ── target ──> service, operation, how errors are named
//! Parameters ── request ──> input of the operation (names, timestamps, JSON texts)
//! answer ── response ──> result as Step Functions writes it      error ── failure ──> error name and cause
//! ```

mod failure;
mod function;
pub(crate) mod http;
mod job;
pub(crate) mod mocked;
mod naming;
mod request;
mod response;
mod table;
mod target;

use crate::role;
use driver::{TaskFailure, TaskReporter, TaskRequest};
use engine::{Data, Identity, ScheduleTask, TaskKind};
use serde_json::Value;
use service::{AwsError, Call, Kit, Principal};
use std::sync::Arc;
use target::Target;

pub(crate) use job::cancel;

/// A task on its way to a service.
struct Errand<'a> {
    kit: &'a Arc<Kit>,
    execution: &'a Identity,
    task: &'a ScheduleTask,
    effect_key: &'a str,
    is_stored: bool,
    target: Target,
}

/// Performs a task; see [`driver::TaskHandler::perform`].
pub(crate) async fn perform(
    kit: &Arc<Kit>,
    request: &TaskRequest,
    reporter: &TaskReporter,
) -> Result<Data, TaskFailure> {
    let task = &request.task;
    if task.kind != TaskKind::Sync {
        return perform_once(kit, request).await;
    }
    let errand = errand(kit, request)?;
    match errand.target.job {
        Some(job) => job::perform(&errand, job, request.submitted, reporter).await,
        None => Err(failure::unsupported(&task.resource)),
    }
}

/// Performs a task that is done when the service has answered.
pub(crate) async fn perform_once(
    kit: &Arc<Kit>,
    request: &TaskRequest,
) -> Result<Data, TaskFailure> {
    if request.task.kind == TaskKind::Lambda {
        return function::call(kit, request).await;
    }
    if http::is_named_by(&request.task.resource_type, &request.task.resource_name) {
        let mut seen = http::Seen::default();
        return http::invoke(kit, request, false, &mut seen).await.map(Data::new);
    }
    errand(kit, request)?.ask().await.map(Data::new)
}

fn errand<'a>(kit: &'a Arc<Kit>, request: &'a TaskRequest) -> Result<Errand<'a>, TaskFailure> {
    let task = &request.task;
    let target = Target::find(kit, &task.resource_type, &task.resource_name)
        .ok_or_else(|| failure::unsupported(&task.resource))?;
    let (execution, effect_key) = (&request.execution, &request.effect_key);
    Ok(Errand { kit, execution, task, effect_key, is_stored: request.is_stored, target })
}

impl Errand<'_> {
    /// Calls the service and answers its result.
    async fn ask(&self) -> Result<Value, TaskFailure> {
        if self.target.is_function() {
            return function::invoke(self).await;
        }
        let input = request::build(self)?;
        let effect_key = self.remembered_key();
        let answer = self.call(&self.target.operation, input, effect_key).await?;
        let result = response::build(self, &self.target.operation, answer);
        response::check(self, &result)?;
        let Value::Object(mut members) = result else { return Ok(result) };
        if !self.target.api.is_sdk {
            response::add_metadata(self, &mut members);
        }
        Ok(Value::Object(members))
    }

    /// As [`TaskRequest::remembered_key`].
    fn remembered_key(&self) -> Option<String> {
        self.is_stored.then(|| self.effect_key.to_owned())
    }

    /// Calls an operation of the target's service with the role's permissions.
    async fn call(
        &self,
        operation: &str,
        input: Value,
        effect_key: Option<String>,
    ) -> Result<Value, TaskFailure> {
        let outcome = self.try_call(operation, input, effect_key).await;
        outcome.map_err(|error| failure::of(self, &error))
    }

    async fn try_call(
        &self,
        operation: &str,
        input: Value,
        effect_key: Option<String>,
    ) -> Result<Value, AwsError> {
        let call = Call {
            service: self.target.service.to_owned(),
            operation: operation.to_owned(),
            input,
            principal: self.principal().await?,
            region: self.task.region.to_string(),
            effect_key,
        };
        self.kit.caller().call(call).await
    }

    /// The session of the task's role.
    async fn principal(&self) -> Result<Principal, AwsError> {
        let role = self.task.credentials_role_arn.as_deref().unwrap_or(&self.execution.role_arn);
        let machine = &self.execution.state_machine_arn;
        role::assume(self.kit, role, &self.execution.name, machine).await
    }
}
