//! What a service is to the rest of the server.

use crate::{
    AwsError, ConnectionParameters, Ctx, Operation, OperationFuture, WorkItem, WorkOutcome, work,
};
use serde_json::Value;
use wire::Model;

/// An AWS service. Implementations are built by the composition root with the ports they need.
#[async_trait::async_trait]
pub trait Service: Send + Sync + 'static {
    /// Its name: the crate's, and (but for a few) the endpoint prefix and the IAM prefix.
    fn name(&self) -> &'static str;

    /// The shapes and operations it speaks.
    fn model(&self) -> &Model;

    /// Names, actions and resources of its operations; see [`row`].
    fn operation(&self, name: &str) -> Option<Row>;

    /// Runs an operation that [`Service::operation`] knows.
    fn run<'a>(&'a self, ctx: &'a Ctx, operation: &str, input: Value) -> OperationFuture<'a>;

    /// The prefix of its IAM actions.
    fn iam_prefix(&self) -> &'static str {
        self.name()
    }

    /// The ARN that IAM is asked about, where the operation's template cannot say it because the input names the resource
    /// neither by name nor by ARN (a queue's URL). `None`: the template says it.
    fn resource_arn(&self, _ctx: &Ctx, _operation: &str, _input: &Value) -> Option<String> {
        None
    }

    /// The policy attached to `resource`, as JSON text, for services whose resources have one.
    async fn resource_policy(
        &self,
        _ctx: &Ctx,
        _resource: &str,
    ) -> Result<Option<String>, AwsError> {
        Ok(None)
    }

    /// What the connection `arn` adds to a request that `ctx`'s principal makes; `renew` asks for a new token first. Other
    /// services of this server ask by this way alone: no operation answers secrets.
    ///
    /// # Errors
    /// `AccessDenied…` when the principal must not use the connection, `ResourceNotFoundException`, and
    /// `InvalidConnectionState` when it is not authorised.
    async fn connection(
        &self,
        _ctx: &Ctx,
        arn: &str,
        _renew: bool,
    ) -> Result<ConnectionParameters, AwsError> {
        Err(AwsError::new("NotImplemented", format!("{} has no connection {arn}", self.name())))
    }

    /// Runs a due work item whose kind begins with this service's name. Must be safe to repeat: a crash runs it again.
    ///
    /// # Errors
    /// The item stays and is tried again with a growing delay.
    async fn work(&self, _ctx: &Ctx, item: &WorkItem) -> Result<WorkOutcome, AwsError> {
        Err(work::unknown_kind(&item.kind))
    }

    /// Called once after the server has recovered and before it answers its first request.
    async fn start(&self, _ctx: &Ctx) -> Result<(), AwsError> {
        Ok(())
    }
}

/// The part of an [`Operation`] that does not depend on the service's type.
#[derive(Debug, Clone, Copy)]
pub struct Row {
    /// See [`Operation::name`].
    pub name: &'static str,
    /// See [`Operation::action`].
    pub action: &'static str,
    /// See [`Operation::resource`].
    pub resource: &'static str,
    /// See [`Operation::pass_roles`].
    pub pass_roles: &'static [&'static str],
}

/// Finds an operation's row in a service's table.
pub fn row<S>(table: &[Operation<S>], name: &str) -> Option<Row> {
    let found = table.iter().find(|operation| operation.name == name)?;
    Some(Row {
        name: found.name,
        action: found.action,
        resource: found.resource,
        pass_roles: found.pass_roles,
    })
}

/// Runs an operation of a service's table.
pub fn run<'a, S: Sync>(
    table: &'static [Operation<S>],
    service: &'a S,
    ctx: &'a Ctx,
    name: &str,
    input: Value,
) -> OperationFuture<'a> {
    let Some(operation) = table.iter().find(|operation| operation.name == name) else {
        let error = AwsError::not_implemented(name);
        return Box::pin(async move { Err(error) });
    };
    (operation.run)(service, ctx, input)
}

/// The members of a [`Service`] that are the same for all: its name, its model, its table of operations.
///
/// Stands first in the `impl Service for …` of a service: `service::by_table!("ecr", MODEL, OPERATIONS);`.
#[macro_export]
macro_rules! by_table {
    ($name:literal, $model:expr, $operations:expr) => {
        $crate::described!($name, $model, $operations);

        fn run<'a>(
            &'a self,
            ctx: &'a $crate::Ctx,
            operation: &str,
            input: ::serde_json::Value,
        ) -> $crate::OperationFuture<'a> {
            $crate::run($operations, self, ctx, operation, input)
        }
    };
}

/// [`by_table!`] without `run`, for a service that looks at a call before its operation does.
#[macro_export]
macro_rules! described {
    ($name:literal, $model:expr, $operations:expr) => {
        fn name(&self) -> &'static str {
            $name
        }

        fn model(&self) -> &::wire::Model {
            &$model
        }

        fn operation(&self, name: &str) -> Option<$crate::Row> {
            $crate::row($operations, name)
        }
    };
}
