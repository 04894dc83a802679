//! The operation table and what an operation answers.

use crate::{AwsError, Ctx, WorkItem};
use futures_util::FutureExt as _;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use std::pin::Pin;
use store::Batch;

/// What an operation's function returns.
pub type OperationFuture<'a> =
    Pin<Box<dyn Future<Output = Result<Reply<Value>, AwsError>> + Send + 'a>>;

/// One row of a service's operation table. Made with [`crate::operation!`].
pub struct Operation<S> {
    /// AWS's name of the operation.
    pub name: &'static str,
    /// The IAM action when it is not `<service>:<name>`; empty otherwise.
    pub action: &'static str,
    /// The resource that IAM is asked about: a template in which `{member}` stands for that input member,
    /// `{region}` and `{account}` for the call's. A template that starts with `{` must yield an ARN or a name;
    /// `*` means that the action knows no resource. A member that is absent yields `*`.
    pub resource: &'static str,
    /// Input members (paths with dots) that hold a role which the caller must be allowed to pass.
    pub pass_roles: &'static [&'static str],
    /// The function.
    pub run: for<'a> fn(&'a S, &'a Ctx, Value) -> OperationFuture<'a>,
}

/// What an operation decided: its output and what to commit, schedule and announce.
pub struct Reply<T> {
    /// The response's members under AWS's names.
    pub output: T,
    /// What to commit before anyone is answered.
    pub batch: Batch,
    /// Work to schedule in the same commit.
    pub work: Vec<WorkItem>,
    /// Work items `(kind, key)` to remove in the same commit.
    pub cancel: Vec<(String, String)>,
    /// Bells to ring after the commit.
    pub notices: Vec<String>,
    /// Runs after the commit, before the answer: in-memory consequences only.
    pub after: Option<Box<dyn FnOnce() + Send>>,
}

impl<T> Reply<T> {
    /// An answer that changes nothing.
    pub fn new(output: T) -> Self {
        Self {
            output,
            batch: Batch::new(),
            work: Vec::new(),
            cancel: Vec::new(),
            notices: Vec::new(),
            after: None,
        }
    }

    /// An answer with changes.
    pub fn with(output: T, batch: Batch) -> Self {
        Self { batch, ..Self::new(output) }
    }

    /// Schedules work.
    #[must_use]
    pub fn work(mut self, item: WorkItem) -> Self {
        self.work.push(item);
        self
    }

    /// Removes a work item.
    #[must_use]
    pub fn cancel(mut self, kind: &str, key: impl Into<String>) -> Self {
        self.cancel.push((kind.to_owned(), key.into()));
        self
    }

    /// Rings a bell after the commit.
    #[must_use]
    pub fn notice(mut self, topic: impl Into<String>) -> Self {
        self.notices.push(topic.into());
        self
    }

    /// Runs `act` after the commit.
    #[must_use]
    pub fn after(mut self, act: impl FnOnce() + Send + 'static) -> Self {
        self.after = Some(Box::new(act));
        self
    }

    /// The same reply with another output.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Reply<U> {
        Reply {
            output: change(self.output),
            batch: self.batch,
            work: self.work,
            cancel: self.cancel,
            notices: self.notices,
            after: self.after,
        }
    }
}

/// Reads an operation's input. The model's validation has passed already, so what fails here is a shape that the
/// model allows and the operation does not.
///
/// # Errors
/// `ValidationException` naming the member.
pub fn parse<I: DeserializeOwned>(input: Value) -> Result<I, AwsError> {
    serde_json::from_value(input)
        .map_err(|error| AwsError::new("ValidationException", error.to_string()))
}

/// Runs a typed operation function on untyped input. Used by [`crate::operation!`].
///
/// There is one of these for every operation, so nothing is here that could be done once for all.
pub fn run_operation<'a, S, I, O, E, F, R>(
    run: F,
    service: &'a S,
    ctx: &'a Ctx,
    input: Value,
) -> OperationFuture<'a>
where
    I: DeserializeOwned,
    O: Serialize + 'a,
    E: Into<AwsError> + 'a,
    F: FnOnce(&'a S, &'a Ctx, I) -> R,
    R: Future<Output = Result<Reply<O>, E>> + Send + 'a,
{
    match parse(input) {
        Ok(input) => Box::pin(run(service, ctx, input).map(untyped)),
        Err(error) => refused(error),
    }
}

fn refused<'a>(error: AwsError) -> OperationFuture<'a> {
    Box::pin(std::future::ready(Err(error)))
}

fn untyped<O: Serialize, E: Into<AwsError>>(
    result: Result<Reply<O>, E>,
) -> Result<Reply<Value>, AwsError> {
    let Reply { output, batch, work, cancel, notices, after } = result.map_err(Into::into)?;
    let output = without_nulls(serde_json::to_value(output));
    Ok(Reply { output, batch, work, cancel, notices, after })
}

fn without_nulls(output: serde_json::Result<Value>) -> Value {
    let mut output = output.expect("outputs are plain data and always serialise");
    if let Value::Object(members) = &mut output {
        members.retain(|_, member| !member.is_null());
    }
    output
}

/// One row of the operation table:
/// `operation!("CreateStateMachine", create_state_machine, "arn:aws:states:{region}:{account}:stateMachine:{name}", pass "roleArn")`.
/// The module must have `pub async fn run(service: &S, ctx: &Ctx, input: Input) -> Result<Reply<Output>, Error>`.
/// `action "iam:X"` before `pass` names an IAM action that differs from the operation's name.
#[macro_export]
macro_rules! operation {
    ($name:literal, $($module:ident)::+, $resource:literal $(, action $action:literal)? $(, pass $($role:literal),+)?) => {
        $crate::Operation {
            name: $name,
            action: concat!($($action)?),
            resource: $resource,
            pass_roles: &[$($($role),+)?],
            run: |service, ctx, input| $crate::run_operation($($module)::+::run, service, ctx, input),
        }
    };
}
