//! What a request to try a state may ask for.

use super::Mock;
use crate::error::Error;
use crate::integration::mocked::{self, Resource, Strictness};
use crate::ops::test_state::Request;
use asl::program::{
    Distributed, Integration, MapMode, NumberField, PercentageField, Program, ResourceKind, State,
    StateKind, TaskState,
};
use engine::{Answer, Data, Failure, Variables};
use serde_json::Value;
use service::Ctx;

fn refuse(text: impl Into<String>) -> Error {
    Error::Validation(text.into())
}

// AWS: recorded.
pub(super) fn not_without_mock() -> Error {
    Error::NotTestable("TestState API does not support Map or Parallel states. Supported state types include: [Task, Wait, Pass, Succeed, Fail, Choice]".to_owned())
}

/// Checks everything, and answers what the mock says.
pub(super) fn check(
    ctx: &Ctx,
    input: &Request,
    program: &Program,
    state: &State,
) -> Result<Option<Answer>, Error> {
    let Some(mock) = &input.mock else {
        without_mock(input, state)?;
        return Ok(None);
    };
    let word = state.kind.word();
    if !matches!(state.kind, StateKind::Task(_) | StateKind::Map(_) | StateKind::Parallel(_)) {
        // AWS: recorded for Pass, Succeed and Fail.
        return Err(refuse(format!(
            "State type '{word}' is not supported when a mock is specified"
        )));
    }
    if input.reveal_secrets {
        // AWS: recorded.
        return Err(refuse("TestState does not support RevealSecrets when a mock is specified."));
    }
    caused_by(input, program, state)?;
    let result = match (&mock.result, &mock.error_output) {
        (Some(_), Some(_)) => {
            // AWS: as an independent emulator's authors found.
            return Err(refuse(
                "A test mock should have only one of the following fields: [result, errorOutput].",
            ));
        }
        (None, Some(output)) => {
            let text = |text: &Option<String>| text.as_deref().map(Into::into);
            let failure = Failure { error: text(&output.error), cause: text(&output.cause) };
            return Ok(Some(Answer::Failed(failure)));
        }
        (Some(result), None) => result,
        (None, None) => {
            // UNVERIFIED: AWS's words.
            return Err(refuse(
                "A test mock should have one of the following fields: [result, errorOutput].",
            ));
        }
    };
    // AWS: recorded.
    let result = Data::parse(result).map_err(|_| refuse("Mocked result must be valid JSON"))?;
    match &state.kind {
        StateKind::Parallel(parallel) => list(&result, Some(parallel.branches.len()))?,
        StateKind::Map(map) => match &map.mode {
            // AWS: as an independent emulator's authors found.
            MapMode::Distributed(distributed) if distributed.writer.is_some() => {
                if !result.value().is_object() {
                    return Err(refuse("Mocked result must be a JSON object."));
                }
            }
            _ => list(&result, None)?,
        },
        StateKind::Task(task) => of_task(ctx, mock, task, result.value())?,
        _ => {}
    }
    Ok(Some(Answer::Result(result)))
}

fn without_mock(input: &Request, state: &State) -> Result<(), Error> {
    if input.context.is_some() {
        // UNVERIFIED: AWS's words.
        return Err(refuse("The context field can only be specified when a mock is specified."));
    }
    let configuration = &input.state_configuration;
    let configured = configuration.retrier_retry_count.is_some()
        || configuration.error_caused_by_state.is_some()
        || configuration.map_iteration_failure_count.is_some()
        || configuration.map_item_reader_data.is_some();
    let task = match &state.kind {
        StateKind::Map(_) | StateKind::Parallel(_) => return Err(not_without_mock()),
        StateKind::Task(task) => Some(task),
        _ => None,
    };
    if configured {
        // UNVERIFIED: AWS's words.
        return Err(refuse(
            "The stateConfiguration field can only be specified when a mock is specified.",
        ));
    }
    let Some(task) = task else { return Ok(()) };
    let pattern = match &task.resource.kind {
        ResourceKind::Activity => {
            // UNVERIFIED: AWS's words.
            let text = "TestState API does not support Activity tasks.";
            return Err(Error::NotTestable(text.to_owned()));
        }
        ResourceKind::Integration { pattern, .. } => *pattern,
        ResourceKind::Lambda => Integration::RequestResponse,
    };
    if pattern != Integration::RequestResponse {
        // AWS: as an independent emulator's authors found.
        return Err(Error::NotTestable(
            "TestState API does not support '.sync' or '.waitForTaskToken' integration patterns."
                .to_owned(),
        ));
    }
    if input.role_arn.is_none() {
        // AWS: as an independent emulator's authors found.
        return Err(refuse("RoleArn must be specified when testing a Task state"));
    }
    Ok(())
}

/// The state that is said to have failed must be inside the one on trial.
fn caused_by(input: &Request, program: &Program, state: &State) -> Result<(), Error> {
    let Some(name) = &input.state_configuration.error_caused_by_state else { return Ok(()) };
    let is_inside = |machine: &asl::program::Machine| {
        let mut around = machine.parent;
        while let Some((id, index)) = around {
            let Some(outer) = program.machine(id) else { return false };
            if outer.states.get(index).is_some_and(|outer| outer.name == state.name) {
                return true;
            }
            around = outer.parent;
        }
        false
    };
    let found =
        program.machines.iter().any(|machine| machine.state(name).is_some() && is_inside(machine));
    // UNVERIFIED: AWS's words.
    if found { Ok(()) } else { Err(super::definition::not_found()) }
}

// AWS: recorded.
fn list(result: &Data, count: Option<usize>) -> Result<(), Error> {
    let Some(items) = result.value().as_array() else {
        return Err(refuse("Mocked result must be an array."));
    };
    if count.is_some_and(|count| count != items.len()) {
        return Err(refuse(
            "Mocked result must contain the same number of items as number of Parallel branches.",
        ));
    }
    Ok(())
}

fn of_task(ctx: &Ctx, mock: &Mock, task: &TaskState, result: &Value) -> Result<(), Error> {
    let strictness = match mock.field_validation_mode.as_deref() {
        Some("NONE") => return Ok(()),
        Some("PRESENT") => Strictness::Present,
        _ => Strictness::Strict,
    };
    // What workers, functions and holders of tokens answer is no operation's output.
    let ResourceKind::Integration { service, action, pattern } = &task.resource.kind else {
        return Ok(());
    };
    if *pattern == Integration::WaitForTaskToken {
        return Ok(());
    }
    mocked::check(&ctx.kit, Resource { service, action }, result, strictness).map_err(refuse)
}

/// The answer of a Map's or Parallel's children, now that their number is known.
pub(super) fn children(
    input: &Request,
    state: Option<&State>,
    count: u32,
    mock: &Answer,
) -> Result<Answer, Error> {
    let failures = input.state_configuration.map_iteration_failure_count.unwrap_or(0);
    let Some(StateKind::Map(map)) = state.map(|state| &state.kind) else { return Ok(mock.clone()) };
    if failures > count {
        // AWS: recorded.
        return Err(refuse(
            "Map iteration failure count must be less than or equal to the number of Map iterations",
        ));
    }
    let (Answer::Result(result), MapMode::Distributed(distributed)) = (mock, &map.mode) else {
        return sized(mock, count);
    };
    if exceeded(distributed, failures, count) {
        // AWS: as a Map Run fails.
        return Ok(Answer::Failed(Failure {
            error: Some("States.ExceedToleratedFailureThreshold".into()),
            cause: Some("The specified tolerated failure threshold was exceeded".into()),
        }));
    }
    if result.value().is_array() { sized(mock, count) } else { Ok(mock.clone()) }
}

/// Each iteration has a result, also one that is said to have failed.
// AWS: recorded that the failed ones do; the words as an independent emulator's authors found.
fn sized(mock: &Answer, count: u32) -> Result<Answer, Error> {
    if let Answer::Result(result) = mock
        && let Some(items) = result.value().as_array()
        && items.len() != count as usize
    {
        return Err(refuse("Input array does not equal the mocked result array's size."));
    }
    Ok(mock.clone())
}

/// Whether more iterations failed than is tolerated. Limits that are computed are not looked at.
// AWS: recorded: a Map without limits tolerates all.
fn exceeded(map: &Distributed, failures: u32, count: u32) -> bool {
    let most = match &map.tolerated_count {
        None => None,
        Some(NumberField::Literal(most)) => Some(*most),
        Some(_) => return false,
    };
    let share = match &map.tolerated_percentage {
        None => None,
        Some(PercentageField::Literal(share)) => Some(*share),
        Some(_) => return false,
    };
    let failed = f64::from(failures);
    failures > 0
        && (most.is_some_and(|most| u64::from(failures) > most)
            || share.is_some_and(|share| failed * 100.0 > share * f64::from(count)))
}

/// `variables`.
pub(super) fn variables(input: &Request) -> Result<Variables, Error> {
    let Some(text) = &input.variables else { return Ok(Variables::new()) };
    match Data::parse(text).map(|data| data.value().clone()) {
        Ok(Value::Object(all)) => {
            Ok(all.into_iter().map(|(name, value)| (name.into(), Data::new(value))).collect())
        }
        // UNVERIFIED: AWS's words.
        _ => Err(refuse("Variables must be a valid JSON object")),
    }
}

/// `context`.
pub(super) fn context(text: &str) -> Result<Data, Error> {
    let data = Data::parse(text).ok().filter(|data| data.value().is_object());
    // UNVERIFIED: AWS's words.
    data.ok_or_else(|| refuse("Invalid Context object provided: it must be a valid JSON object"))
}

/// `mapItemReaderData`.
pub(super) fn reader_items(text: &str) -> Result<Data, Error> {
    let data = Data::parse(text).ok().filter(|data| data.value().is_array());
    // UNVERIFIED: AWS's words, and that refit does not read CSV here.
    data.ok_or_else(|| refuse("The mapItemReaderData field must be a valid JSON array"))
}
