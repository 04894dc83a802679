//! Task: asks the outside to do something and waits for the answer.

use std::sync::Arc;

use asl::program::{Integration, NumberField, ResourceKind, TaskState};
use serde_json::Value;

use crate::effect::{Effect, ScheduleTask, TaskKind};
use crate::fault::{Fault, Stop, TIMEOUT};
use crate::frame::{Phase, TaskStage, TaskWait};
use crate::here::{Extra, Here, Run, Step, within_limit};
use crate::history::{Detail, Failure, TaskFamily};
use crate::{Data, KeyKind};

pub(super) fn begin(here: &mut Here<'_, '_>, task: &TaskState) -> Run<Step> {
    let token = token(here, task);
    if let Some(token) = &token {
        here.show_token(token);
    }
    let input = here.input()?;
    here.note_input(&input);
    let parameters = match &task.work.arguments {
        None => input.clone(),
        Some(arguments) => {
            let field = here.arguments_field();
            let filled = here.fill(arguments, field, input.value(), Extra::default())?;
            here.payload(filled)?
        }
    };
    here.note_arguments(&parameters);
    let seconds = |here: &mut Here<'_, '_>, field: &Option<NumberField>, name| match field {
        None => Ok(None),
        Some(field) => here.seconds(field, name, input.value()).map(Some),
    };
    let timeout_seconds = seconds(here, &task.timeout, "TimeoutSeconds")?;
    let heartbeat_seconds = seconds(here, &task.heartbeat, "HeartbeatSeconds")?;
    let credentials_role_arn = role(here, task, input.value())?;
    let (kind, resource_type, resource_name) = kind(task);
    let scheduled = ScheduleTask {
        key: here.frame.key(here.id, KeyKind::Task),
        kind,
        resource: Arc::clone(&task.resource.arn),
        resource_type,
        resource_name,
        parameters,
        region: here.stage.base.identity.region().into(),
        credentials_role_arn,
        timeout_seconds,
        heartbeat_seconds,
        task_token: token,
        state_name: Arc::clone(&here.frame.state),
        entered_event: here.frame.entered_event,
    };
    schedule(here, scheduled)
}

/// The token of tasks that are answered by it; the context object of others has none.
fn token(here: &mut Here<'_, '_>, task: &TaskState) -> Option<Arc<str>> {
    let by_token = matches!(
        task.resource.kind,
        ResourceKind::Activity
            | ResourceKind::Integration { pattern: Integration::WaitForTaskToken, .. }
    );
    let key = here.frame.key(here.id, KeyKind::Task);
    let execution_arn = &here.stage.base.identity.execution_arn;
    by_token.then(|| crate::token::make(execution_arn, key, here.stage.entropy))
}

fn kind(task: &TaskState) -> (TaskKind, Arc<str>, Arc<str>) {
    match &task.resource.kind {
        ResourceKind::Integration { service, action, pattern } => {
            let kind = match pattern {
                Integration::RequestResponse => TaskKind::Request,
                Integration::Sync => TaskKind::Sync,
                Integration::WaitForTaskToken => TaskKind::WaitForTaskToken,
            };
            (kind, Arc::clone(service), Arc::clone(action))
        }
        ResourceKind::Activity => {
            (TaskKind::Activity, "activity".into(), Arc::clone(&task.resource.arn))
        }
        ResourceKind::Lambda => (TaskKind::Lambda, "lambda".into(), Arc::clone(&task.resource.arn)),
    }
}

fn role(here: &mut Here<'_, '_>, task: &TaskState, input: &Value) -> Run<Option<Arc<str>>> {
    let Some(credentials) = &task.credentials else { return Ok(None) };
    let filled = here.fill(credentials, "Credentials", input, Extra::default())?;
    match filled.get("RoleArn").and_then(Value::as_str) {
        Some(role_arn) => Ok(Some(role_arn.into())),
        // UNVERIFIED: AWS's words.
        None => Err(here.runtime("The Credentials field has no RoleArn that is a string".into())),
    }
}

/// Who has answered a task, as causes name it.
// AWS: recorded: `lambda` for `arn:aws:states:::lambda:invoke`, the whole ARN for a function's.
fn answerer(task: &ScheduleTask) -> &str {
    match task.kind {
        TaskKind::Lambda | TaskKind::Activity => &task.resource,
        TaskKind::Request | TaskKind::Sync | TaskKind::WaitForTaskToken => &task.resource_type,
    }
}

/// The family of a task's events.
fn family(task: &ScheduleTask) -> TaskFamily {
    match task.kind {
        TaskKind::Lambda => TaskFamily::Lambda,
        TaskKind::Activity => TaskFamily::Activity,
        TaskKind::Request | TaskKind::Sync | TaskKind::WaitForTaskToken => TaskFamily::Service {
            resource_type: Arc::clone(&task.resource_type),
            resource: Arc::clone(&task.resource_name),
        },
    }
}

fn schedule(here: &mut Here<'_, '_>, task: ScheduleTask) -> Run<Step> {
    here.event(Detail::TaskScheduled {
        family: family(&task),
        parameters: task.parameters.clone(),
        region: Arc::clone(&task.region),
        arn: Arc::clone(&task.resource),
        timeout_seconds: task.timeout_seconds,
        heartbeat_seconds: task.heartbeat_seconds,
        credentials_role_arn: task.credentials_role_arn.clone(),
    })?;
    // A service starts on a request at once; an activity starts when a worker takes the task.
    let stage = if task.kind == TaskKind::Activity {
        TaskStage::Scheduled
    } else {
        here.event(Detail::TaskStarted { family: family(&task), worker: None })?;
        TaskStage::Started
    };
    let wait = TaskWait {
        timeout_at_ms: task.timeout_seconds.map(|seconds| after(here.stage.now_ms, seconds)),
        // AWS: an activity's heartbeats count from when a worker has taken the task.
        heartbeat_at_ms: match stage {
            TaskStage::Scheduled => None,
            _ => task.heartbeat_seconds.map(|seconds| after(here.stage.now_ms, seconds)),
        },
        task: Box::new(task),
        stage,
    };
    here.stage.effects.push(Effect::ScheduleTask(wait.task.clone()));
    wait.timers(&mut here.stage.effects);
    here.frame.phase = Phase::WaitingTask(Box::new(wait));
    Ok(Step::Wait)
}

/// A time some seconds from now, Unix milliseconds.
pub(crate) fn after(now_ms: i64, seconds: u64) -> i64 {
    let ms = i64::try_from(seconds).ok().and_then(|seconds| seconds.checked_mul(1000));
    now_ms.saturating_add(ms.unwrap_or(i64::MAX))
}

/// What has become of a task.
pub(crate) enum TaskNews {
    /// The request was accepted.
    Submitted(Data),
    /// A worker took it.
    Taken(Option<Arc<str>>),
    /// A sign of life.
    Heartbeat,
    /// Done.
    Succeeded(Data),
    /// Not done.
    Failed(Failure),
    /// One of its timers is due.
    TimedOut {
        /// The heartbeat's timer.
        heartbeat: bool,
    },
}

/// Goes on with a frame whose task has news.
pub(crate) fn news(here: &mut Here<'_, '_>, mut wait: Box<TaskWait>, news: TaskNews) -> Run<Step> {
    let family = family(&wait.task);
    match news {
        TaskNews::Submitted(output) => {
            wait.stage = TaskStage::Submitted;
            let output = within_limit(output, answerer(&wait.task))?;
            here.event(Detail::TaskSubmitted { family, output })?;
            Ok(keep_waiting(here, wait))
        }
        TaskNews::Taken(worker) => {
            wait.stage = TaskStage::Started;
            here.event(Detail::TaskStarted { family, worker })?;
            beat(here, &mut wait);
            Ok(keep_waiting(here, wait))
        }
        TaskNews::Heartbeat => {
            beat(here, &mut wait);
            Ok(keep_waiting(here, wait))
        }
        TaskNews::Succeeded(output) => {
            wait.clear_timers(&mut here.stage.effects);
            succeeded(here, &wait.task, output)
        }
        TaskNews::Failed(failure) => {
            wait.clear_timers(&mut here.stage.effects);
            // AWS: as reported of `batch:submitJob.sync`. UNVERIFIED: of `.waitForTaskToken`.
            let submits = matches!(wait.task.kind, TaskKind::Sync | TaskKind::WaitForTaskToken);
            let failure_of = failure.clone();
            here.event(if wait.stage == TaskStage::Scheduled {
                // Of an activity: nobody can answer a task before a worker has taken it.
                // UNVERIFIED: that on AWS this event follows `ActivityScheduled` and does not take its place.
                Detail::TaskScheduleFailed { family, failure: failure_of }
            } else if submits && wait.stage < TaskStage::Submitted {
                Detail::TaskSubmitFailed { family, failure: failure_of }
            } else {
                Detail::TaskFailed { family, failure: failure_of }
            })?;
            Err(Fault::of(failure).into())
        }
        TaskNews::TimedOut { heartbeat } => {
            let key = wait.task.key;
            here.stage.effects.push(Effect::CancelTask { key });
            wait.clear_timers(&mut here.stage.effects);
            // AWS: recorded for tasks with a token: a missed heartbeat is told as a timeout.
            let failure = Failure { error: Some(TIMEOUT.into()), cause: None };
            here.event(Detail::TaskTimedOut { family, failure: failure.clone() })?;
            Err(Fault { failure, evaluation: None, heartbeat }.into())
        }
    }
}

fn keep_waiting(here: &mut Here<'_, '_>, wait: Box<TaskWait>) -> Step {
    here.frame.phase = Phase::WaitingTask(wait);
    Step::Wait
}

fn beat(here: &mut Here<'_, '_>, wait: &mut TaskWait) {
    if let Some(seconds) = wait.task.heartbeat_seconds {
        let due_ms = after(here.stage.now_ms, seconds);
        wait.heartbeat_at_ms = Some(due_ms);
        let key = wait.task.key.of_kind(KeyKind::Heartbeat);
        here.stage.effects.push(Effect::SetTimer { key, due_ms });
    }
}

fn succeeded(here: &mut Here<'_, '_>, done: &ScheduleTask, output: Data) -> Run<Step> {
    let family = family(done);
    let asl::program::StateKind::Task(task) = &here.state.kind else {
        return Err(here.wrong_phase().into());
    };
    if crate::data::too_deep(output.value()) {
        return Err(here.runtime(format!(
            "The task's result is nested deeper than {} levels",
            crate::MAX_DEPTH
        )));
    }
    let output = match within_limit(output, answerer(done)) {
        Ok(output) => output,
        Err(Stop::Fault(fault)) => {
            // AWS: recorded for functions, called by their ARN and by the integration.
            let failure = fault.failure.clone();
            here.event(Detail::TaskFailed { family, failure })?;
            return Err(Stop::Fault(fault));
        }
        Err(halt) => return Err(halt),
    };
    here.event(Detail::TaskSucceeded { family, output: output.clone() })?;
    here.note("result", &output);
    let work = &task.work;
    here.finish(output, work.result_selector.as_ref(), &work.result_path, work.flow)
}
