//! The one path of every call.

use crate::authorise::Access;
use crate::registry::Row;
use crate::{AwsError, Call, Ctx, Kit, Reply, Service, work};
use serde_json::Value;
use std::sync::Arc;
use store::{Batch, Expect};

/// How often an operation is run again when a record it decided on has changed meanwhile.
const CONFLICT_RETRIES: u32 = 64;

/// The record kind under which responses of calls with an effect key are kept.
const EFFECT_KIND: &str = "effect";

/// Validates, authorises, runs, commits, acts.
pub struct Dispatcher(Arc<Kit>);

impl Dispatcher {
    pub(crate) fn new(kit: Arc<Kit>) -> Self {
        Self(kit)
    }

    /// Carries out a call.
    ///
    /// # Errors
    /// The error as AWS would send it.
    pub async fn call(&self, call: Call) -> Result<Value, AwsError> {
        let service = self.0.service(&call.service).ok_or_else(|| {
            AwsError::new("UnknownService", format!("refit has no service {}", call.service))
        })?;
        let mut ctx = self.0.ctx(call.principal, &call.region);
        ctx.effect_key = call.effect_key;
        self.call_in(&ctx, &*service, &call.operation, call.input).await
    }

    /// Carries out a call whose context is known already (the gateway's case).
    ///
    /// # Errors
    /// The error as AWS would send it.
    pub async fn call_in(
        &self,
        ctx: &Ctx,
        service: &dyn Service,
        operation: &str,
        input: Value,
    ) -> Result<Value, AwsError> {
        let row =
            service.operation(operation).ok_or_else(|| AwsError::not_implemented(operation))?;
        let model = service.model();
        let shape = model.operation(operation);
        let shape = shape.ok_or_else(|| AwsError::not_implemented(operation))?;
        wire::validate(model, shape, &input)?;
        authorise(ctx, service, row, &input).await?;
        for _ in 0..CONFLICT_RETRIES {
            if let Some(output) = recorded_effect(ctx).await? {
                return Ok(output);
            }
            let reply = service.run(ctx, operation, input.clone()).await?;
            match commit_to_the_end(ctx, reply).await {
                Ok(output) => return Ok(output),
                Err(store::Error::Conflict { .. }) => {}
                Err(error) => return Err(storage_error(&error)),
            }
        }
        Err(AwsError::fault(
            "ServiceUnavailable",
            "The record is changed by too many requests at once. Try again.",
            503,
        ))
    }
}

/// Commits and acts also when the caller goes away in between: what is on disk must be armed.
async fn commit_to_the_end(ctx: &Ctx, reply: Reply<Value>) -> Result<Value, store::Error> {
    let changes_nothing = reply.batch.is_empty()
        && reply.work.is_empty()
        && reply.cancel.is_empty()
        && reply.notices.is_empty()
        && reply.after.is_none();
    if changes_nothing {
        return Ok(reply.output);
    }
    let ctx = ctx.clone();
    let committed = tokio::spawn(async move { commit(&ctx, reply).await });
    committed.await.unwrap_or(Err(store::Error::Closed))
}

/// Commits what an operation decided and acts on it; answers its output.
async fn commit(ctx: &Ctx, reply: Reply<Value>) -> Result<Value, store::Error> {
    let mut batch = reply.batch;
    let changes = !batch.is_empty() || !reply.work.is_empty() || !reply.cancel.is_empty();
    for item in &reply.work {
        batch.put(work_kind(), item.record_key(), item, Expect::Any);
    }
    for (kind, key) in &reply.cancel {
        batch.remove(work_kind(), work::record_key(kind, key), Expect::Any);
    }
    if changes && let Some(key) = &ctx.effect_key {
        batch.put(EFFECT_KIND, key, &reply.output, Expect::Absent);
    }
    if !batch.is_empty() {
        ctx.kit.store.commit(batch).await?;
    }
    if let Some(after) = reply.after {
        after();
    }
    work::act(ctx.kit.queue(), &ctx.kit.notices, reply.work, reply.cancel, &reply.notices);
    Ok(reply.output)
}

/// The record kind of work items.
fn work_kind() -> &'static str {
    "work"
}

/// The response of an earlier call with the same effect key.
async fn recorded_effect(ctx: &Ctx) -> Result<Option<Value>, AwsError> {
    let Some(key) = &ctx.effect_key else { return Ok(None) };
    let record = ctx.kit.store.get(EFFECT_KIND, key).await.map_err(|e| storage_error(&e))?;
    Ok(record.and_then(|record| serde_json::from_slice(&record.body).ok()))
}

/// Adds to `batch` what forgets the effects recorded under keys that start with `prefix` (an ended execution's).
pub fn forget_effects(batch: &mut Batch, prefix: &str) {
    batch.remove_prefixes.push((EFFECT_KIND.to_owned(), prefix.to_owned()));
}

/// Asks IAM about the operation and about the roles it passes on.
async fn authorise(
    ctx: &Ctx,
    service: &dyn Service,
    row: Row,
    input: &Value,
) -> Result<(), AwsError> {
    if ctx.principal.is_unlimited() {
        return Ok(());
    }
    let action = if row.action.is_empty() {
        format!("{}:{}", service.iam_prefix(), row.name)
    } else {
        row.action.to_owned()
    };
    let resource = service
        .resource_arn(ctx, row.name, input)
        .unwrap_or_else(|| fill(row.resource, ctx, input));
    let resource_policy = service.resource_policy(ctx, &resource).await?;
    // `aws:SourceAccount` is added for every service by whoever decides.
    let source = ctx.principal.source_arn.iter();
    let access = Access {
        principal: &ctx.principal,
        action: &action,
        resource: &resource,
        context: source.map(|arn| ("aws:SourceArn".to_owned(), vec![arn.clone()])).collect(),
        resource_policy,
    };
    ctx.kit.authoriser().authorise(&access).await?;
    for path in row.pass_roles {
        let Some(role) = member(input, path).and_then(Value::as_str) else { continue };
        let passed_to = format!("{}.amazonaws.com", service.iam_prefix());
        let access = Access {
            principal: &ctx.principal,
            action: "iam:PassRole",
            resource: role,
            context: vec![("iam:PassedToService".to_owned(), vec![passed_to])],
            resource_policy: None,
        };
        ctx.kit.authoriser().authorise(&access).await?;
    }
    Ok(())
}

/// Fills a resource template from the input; `*` when a member is absent.
fn fill(template: &str, ctx: &Ctx, input: &Value) -> String {
    let mut filled = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        let Some((name, tail)) = after.split_once('}') else { break };
        filled.push_str(before);
        match name {
            "region" => filled.push_str(&ctx.region),
            "account" => filled.push_str(ctx.account()),
            _ => match member(input, name).and_then(Value::as_str) {
                // Many operations take a name or the whole ARN.
                Some(arn) if tail.is_empty() && arn.starts_with("arn:") => return arn.to_owned(),
                Some(text) => filled.push_str(text),
                None if before.is_empty() && tail.is_empty() => return "*".to_owned(),
                None => filled.push('*'),
            },
        }
        rest = tail;
    }
    filled.push_str(rest);
    filled
}

/// The input member at a dotted path.
fn member<'a>(input: &'a Value, path: &str) -> Option<&'a Value> {
    path.split('.').try_fold(input, |value, name| value.get(name))
}

/// A storage failure as the caller sees it: AWS's shape, refit's reason.
pub(crate) fn storage_error(error: &store::Error) -> AwsError {
    tracing::error!(%error, "storage failed");
    AwsError::fault("InternalFailure", error.to_string(), 500)
}
