//! History events in the shape of the `GetExecutionHistory` answer.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::{Detail, Failure, HistoryEvent, IterationOutcome, StateType, TaskFamily};
use crate::Data;

impl HistoryEvent {
    /// The type of the event, as AWS names it.
    pub fn type_name(&self) -> String {
        self.detail.type_name()
    }

    /// The event as `GetExecutionHistory` shows it; the time is in seconds since 1970.
    pub fn to_aws(&self) -> Value {
        let mut event = Map::new();
        // AWS: awsJson 1.0 writes times as seconds with milliseconds as the fraction.
        event.insert("timestamp".into(), json!(self.timestamp_ms as f64 / 1000.0));
        event.insert("type".into(), self.type_name().into());
        event.insert("id".into(), self.id.into());
        event.insert("previousEventId".into(), self.previous_event_id.into());
        if let Some((name, details)) = self.detail.details() {
            event.insert(name, details);
        }
        Value::Object(event)
    }
}

fn state_word(state_type: StateType) -> &'static str {
    match state_type {
        StateType::Pass => "Pass",
        StateType::Task => "Task",
        StateType::Choice => "Choice",
        StateType::Wait => "Wait",
        StateType::Parallel => "Parallel",
        StateType::Map => "Map",
        StateType::Succeed => "Succeed",
        StateType::Fail => "Fail",
    }
}

/// First part of the names of events and details of a task.
fn family_words(family: &TaskFamily) -> (&'static str, &'static str) {
    match family {
        TaskFamily::Service { .. } => ("Task", "task"),
        TaskFamily::Lambda => ("LambdaFunction", "lambdaFunction"),
        TaskFamily::Activity => ("Activity", "activity"),
    }
}

fn iteration_word(outcome: IterationOutcome) -> &'static str {
    match outcome {
        IterationOutcome::Started => "Started",
        IterationOutcome::Succeeded => "Succeeded",
        IterationOutcome::Failed => "Failed",
        IterationOutcome::Aborted => "Aborted",
    }
}

impl Detail {
    fn type_name(&self) -> String {
        let task = |family: &TaskFamily, what: &str| format!("{}{what}", family_words(family).0);
        match self {
            Self::ExecutionStarted { .. } => "ExecutionStarted".into(),
            Self::ExecutionSucceeded { .. } => "ExecutionSucceeded".into(),
            Self::ExecutionFailed(_) => "ExecutionFailed".into(),
            Self::ExecutionAborted(_) => "ExecutionAborted".into(),
            Self::ExecutionTimedOut(_) => "ExecutionTimedOut".into(),
            Self::ExecutionRedriven { .. } => "ExecutionRedriven".into(),
            Self::StateEntered { state_type, .. } => {
                format!("{}StateEntered", state_word(*state_type))
            }
            Self::StateExited { state_type, .. } => {
                format!("{}StateExited", state_word(*state_type))
            }
            Self::StateAborted { state_type } => format!("{}StateAborted", state_word(*state_type)),
            Self::EvaluationFailed { .. } => "EvaluationFailed".into(),
            Self::MapStateStarted { .. } => "MapStateStarted".into(),
            Self::MapStateSucceeded => "MapStateSucceeded".into(),
            Self::MapStateFailed => "MapStateFailed".into(),
            Self::MapIteration { outcome, .. } => {
                format!("MapIteration{}", iteration_word(*outcome))
            }
            Self::MapRunStarted { .. } => "MapRunStarted".into(),
            Self::MapRunSucceeded => "MapRunSucceeded".into(),
            Self::MapRunFailed(_) => "MapRunFailed".into(),
            Self::MapRunAborted => "MapRunAborted".into(),
            Self::MapRunRedriven { .. } => "MapRunRedriven".into(),
            Self::ParallelStateStarted => "ParallelStateStarted".into(),
            Self::ParallelStateSucceeded => "ParallelStateSucceeded".into(),
            Self::ParallelStateFailed => "ParallelStateFailed".into(),
            Self::TaskScheduled { family, .. } => task(family, "Scheduled"),
            Self::TaskStarted { family, .. } => task(family, "Started"),
            Self::TaskSubmitted { family, .. } => task(family, "Submitted"),
            Self::TaskScheduleFailed { family, .. } => task(family, "ScheduleFailed"),
            Self::TaskSubmitFailed { family, .. } => task(family, "SubmitFailed"),
            Self::TaskSucceeded { family, .. } => task(family, "Succeeded"),
            Self::TaskFailed { family, .. } => task(family, "Failed"),
            Self::TaskTimedOut { family, .. } => task(family, "TimedOut"),
        }
    }

    /// Name and content of the details; none for events without any.
    fn details(&self) -> Option<(String, Value)> {
        let mut fields = Map::new();
        let name = match self {
            Self::ExecutionStarted { input, role_arn, alias_arn, version_arn } => {
                payload(&mut fields, "input", input);
                fields.insert("roleArn".into(), text(role_arn));
                optional(&mut fields, "stateMachineAliasArn", alias_arn.as_ref());
                optional(&mut fields, "stateMachineVersionArn", version_arn.as_ref());
                "executionStartedEventDetails".into()
            }
            Self::ExecutionRedriven { count } => {
                fields.insert("redriveCount".into(), (*count).into());
                "executionRedrivenEventDetails".into()
            }
            Self::ExecutionSucceeded { output } => {
                payload(&mut fields, "output", output);
                "executionSucceededEventDetails".into()
            }
            Self::ExecutionFailed(failure) => failed(&mut fields, failure, "executionFailed"),
            Self::ExecutionAborted(failure) => failed(&mut fields, failure, "executionAborted"),
            Self::ExecutionTimedOut(failure) => failed(&mut fields, failure, "executionTimedOut"),
            Self::StateEntered { name, input, .. } => {
                fields.insert("name".into(), text(name));
                payload(&mut fields, "input", input);
                "stateEnteredEventDetails".into()
            }
            Self::StateExited { name, output, assigned, .. } => {
                fields.insert("name".into(), text(name));
                payload(&mut fields, "output", output);
                assigned_variables(&mut fields, assigned);
                "stateExitedEventDetails".into()
            }
            Self::EvaluationFailed { error, cause, location, state } => {
                let all =
                    [("error", error), ("cause", cause), ("location", location), ("state", state)];
                fields.extend(all.map(|(name, value)| (name.to_owned(), text(value))));
                "evaluationFailedEventDetails".into()
            }
            Self::MapStateStarted { length } => {
                fields.insert("length".into(), (*length).into());
                "mapStateStartedEventDetails".into()
            }
            Self::MapIteration { outcome, name, index } => {
                fields.insert("name".into(), text(name));
                fields.insert("index".into(), (*index).into());
                format!("mapIteration{}EventDetails", iteration_word(*outcome))
            }
            Self::MapRunStarted { arn } => {
                fields.insert("mapRunArn".into(), text(arn));
                "mapRunStartedEventDetails".into()
            }
            Self::MapRunFailed(failure) => failed(&mut fields, failure, "mapRunFailed"),
            Self::MapRunRedriven { arn, count } => {
                fields.insert("mapRunArn".into(), text(arn));
                fields.insert("redriveCount".into(), (*count).into());
                "mapRunRedrivenEventDetails".into()
            }
            Self::StateAborted { .. }
            | Self::MapRunSucceeded
            | Self::MapRunAborted
            | Self::MapStateSucceeded
            | Self::MapStateFailed
            | Self::ParallelStateStarted
            | Self::ParallelStateSucceeded
            | Self::ParallelStateFailed => return None,
            task => return task.task_details(),
        };
        Some((name, Value::Object(fields)))
    }

    fn task_details(&self) -> Option<(String, Value)> {
        let mut fields = Map::new();
        let (family, what) = match self {
            Self::TaskScheduled { family, parameters, region, arn, .. } => {
                scheduled(&mut fields, family, parameters, region, arn);
                self.scheduled_options(&mut fields);
                (family, "Scheduled")
            }
            Self::TaskStarted { family: TaskFamily::Lambda, .. } => return None,
            Self::TaskStarted { family, worker } => {
                optional(&mut fields, "workerName", worker.as_ref());
                (family, "Started")
            }
            Self::TaskSubmitted { family, output } => {
                payload(&mut fields, "output", output);
                (family, "Submitted")
            }
            Self::TaskSucceeded { family, output } => {
                payload(&mut fields, "output", output);
                (family, "Succeeded")
            }
            Self::TaskFailed { family, failure } => {
                failed(&mut fields, failure, "");
                (family, "Failed")
            }
            Self::TaskScheduleFailed { family, failure } => {
                failed(&mut fields, failure, "");
                (family, "ScheduleFailed")
            }
            Self::TaskSubmitFailed { family, failure } => {
                failed(&mut fields, failure, "");
                (family, "SubmitFailed")
            }
            Self::TaskTimedOut { family, failure } => {
                failed(&mut fields, failure, "");
                (family, "TimedOut")
            }
            _ => return None,
        };
        if let TaskFamily::Service { resource_type, resource } = family {
            fields.insert("resourceType".into(), text(resource_type));
            fields.insert("resource".into(), text(resource));
        }
        Some((format!("{}{what}EventDetails", family_words(family).1), Value::Object(fields)))
    }

    fn scheduled_options(&self, fields: &mut Map<String, Value>) {
        let Self::TaskScheduled {
            timeout_seconds, heartbeat_seconds, credentials_role_arn, ..
        } = self
        else {
            return;
        };
        if let Some(seconds) = timeout_seconds {
            fields.insert("timeoutInSeconds".into(), (*seconds).into());
        }
        if let Some(seconds) = heartbeat_seconds {
            fields.insert("heartbeatInSeconds".into(), (*seconds).into());
        }
        if let Some(role_arn) = credentials_role_arn {
            fields.insert("taskCredentials".into(), json!({ "roleArn": &**role_arn }));
        }
    }
}

fn scheduled(
    fields: &mut Map<String, Value>,
    family: &TaskFamily,
    parameters: &Data,
    region: &str,
    arn: &str,
) {
    if let TaskFamily::Service { .. } = family {
        // AWS: `parameters` has no `parametersDetails` beside it, unlike `input` and `output`.
        fields.insert("region".into(), region.into());
        fields.insert("parameters".into(), parameters.text().into());
    } else {
        fields.insert("resource".into(), arn.into());
        payload(fields, "input", parameters);
    }
}

fn text(value: &Arc<str>) -> Value {
    Value::String(value.to_string())
}

fn optional(fields: &mut Map<String, Value>, name: &str, value: Option<&Arc<str>>) {
    if let Some(value) = value {
        fields.insert(name.into(), text(value));
    }
}

/// A payload and its `…Details`; nothing is ever truncated here.
fn payload(fields: &mut Map<String, Value>, name: &str, data: &Data) {
    fields.insert(name.into(), data.text().into());
    fields.insert(format!("{name}Details"), json!({ "truncated": false }));
}

fn failed(fields: &mut Map<String, Value>, failure: &Failure, name: &str) -> String {
    optional(fields, "error", failure.error.as_ref());
    optional(fields, "cause", failure.cause.as_ref());
    format!("{name}EventDetails")
}

fn assigned_variables(fields: &mut Map<String, Value>, assigned: &[(Arc<str>, Data)]) {
    if assigned.is_empty() {
        return;
    }
    let texts: Map<String, Value> =
        assigned.iter().map(|(name, value)| (name.to_string(), value.text().into())).collect();
    fields.insert("assignedVariables".into(), Value::Object(texts));
    fields.insert("assignedVariablesDetails".into(), json!({ "truncated": false }));
}
