//! The one path of every call.

use crate::authorise::Access;
use crate::conditions;
use crate::registry::Row;
use crate::{AwsError, Call, Ctx, Kit, Reply, Service, work};
use futures_util::FutureExt;
use serde_json::Value;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;
use store::{Batch, Expect};

/// How often an operation is run again when a record it decided on has changed meanwhile.
const CONFLICT_RETRIES: u32 = 64;
/// So often it is run again at once; later after a random pause, so that many callers of one record do not keep
/// overtaking each other.
const CONFLICTS_WITHOUT_PAUSE: u32 = 4;
/// The longest pause.
const LONGEST_PAUSE_MS: u64 = 64;

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
        // What has taken place stays true, also when the caller may no longer do it or the resource is gone.
        if let Some(output) = recorded_effect(ctx).await? {
            return Ok(output);
        }
        authorise(ctx, service, row, &input).await?;
        for conflicts in 1..=CONFLICT_RETRIES {
            let reply = run_to_a_reply(ctx, service, operation, input.clone()).await?;
            match commit_to_the_end(ctx, reply).await {
                Ok(output) => return Ok(output),
                Err(store::Error::Conflict { .. }) => {
                    pause(ctx, conflicts).await;
                    if let Some(output) = recorded_effect(ctx).await? {
                        return Ok(output);
                    }
                }
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

/// Runs the operation. A panic is that call's failure and nobody else's.
async fn run_to_a_reply(
    ctx: &Ctx,
    service: &dyn Service,
    operation: &str,
    input: Value,
) -> Result<Reply<Value>, AwsError> {
    // The future is made inside, so that a panic on the way to it counts too.
    let run = async { service.run(ctx, operation, input).await };
    AssertUnwindSafe(run).catch_unwind().await.unwrap_or_else(|_| {
        tracing::error!(service = service.name(), operation, "an operation panicked");
        let text = format!("refit failed in {operation}; the server's log says more");
        Err(AwsError::fault("InternalFailure", text, 500))
    })
}

/// Lets others go first after many conflicts.
async fn pause(ctx: &Ctx, conflicts: u32) {
    let Some(exponent) = conflicts.checked_sub(CONFLICTS_WITHOUT_PAUSE) else { return };
    let most_ms = (1 << exponent.min(6)).min(LONGEST_PAUSE_MS);
    let pause_ms = ctx.kit.entropy.next_u64() % (most_ms + 1);
    tokio::time::sleep(Duration::from_millis(pause_ms)).await;
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
    let (kit, effect_key) = (ctx.kit.clone(), ctx.effect_key.clone());
    let committed = tokio::spawn(async move { commit(&kit, effect_key, reply).await });
    committed.await.unwrap_or_else(|error| {
        let what = "acting on what was committed".to_owned();
        Err(store::Error::Io { what, detail: error.to_string() })
    })
}

/// Commits what an operation decided and acts on it; answers its output.
async fn commit(
    kit: &Kit,
    effect_key: Option<String>,
    reply: Reply<Value>,
) -> Result<Value, store::Error> {
    let mut batch = reply.batch;
    let changes = !batch.is_empty() || !reply.work.is_empty() || !reply.cancel.is_empty();
    for item in &reply.work {
        batch.put(work_kind(), item.record_key(), item, Expect::Any);
    }
    for (kind, key) in &reply.cancel {
        batch.remove(work_kind(), work::record_key(kind, key), Expect::Any);
    }
    if changes && let Some(key) = &effect_key {
        batch.put(EFFECT_KIND, key, &reply.output, Expect::Absent);
    }
    if !batch.is_empty() {
        kit.store.commit(batch).await?;
    }
    if let Some(after) = reply.after {
        after();
    }
    work::act(kit.queue(), &kit.notices, reply.work, reply.cancel, &reply.notices);
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
    let Some(record) = record else { return Ok(None) };
    serde_json::from_slice(&record.body).map(Some).map_err(|error| {
        let text = format!("the recorded answer of {key} cannot be read: {error}");
        AwsError::fault("InternalFailure", text, 500)
    })
}

/// Adds to `batch` that the effect of this key has taken place, for an operation that commits by itself.
pub fn record_effect(batch: &mut Batch, key: &str, output: &Value) {
    batch.put(EFFECT_KIND, key, output, Expect::Any);
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
    let access = Access {
        principal: &ctx.principal,
        action: &action,
        resource: &resource,
        context: conditions::of(ctx, input),
        resource_policy,
    };
    ctx.kit.authoriser().authorise(&access).await?;
    for path in row.pass_roles {
        let Some(role) = member(input, path).and_then(Value::as_str) else { continue };
        let passed_to = format!("{}.amazonaws.com", service.iam_prefix());
        let mut context = conditions::of(ctx, &Value::Null);
        context.push(("iam:PassedToService".to_owned(), vec![passed_to]));
        let access = Access {
            principal: &ctx.principal,
            action: "iam:PassRole",
            resource: role,
            context,
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
