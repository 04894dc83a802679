//! Warm processes of functions: one invocation at a time each, kept for the next one.

mod api;
mod output;
mod process;

use crate::Lambda;
use crate::error::Error;
use crate::records::Function;
use process::Sandbox;
use serde_json::json;
use service::Ctx;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// How long an idle process is kept.
const IDLE: Duration = Duration::from_mins(5);
// AWS: Lambda quotas: concurrent executions of an account.
const MOST_CONCURRENT: usize = 1000;

/// How an invocation ended.
pub(crate) struct Outcome {
    /// The handler's result, or the error as JSON.
    pub(crate) payload: Vec<u8>,
    /// Whether the function failed.
    pub(crate) failed: bool,
    /// The last 4 KiB of its log.
    pub(crate) log_tail: Vec<u8>,
}

/// Warm processes by function.
#[derive(Default)]
pub(crate) struct Pool {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    idle: HashMap<String, Vec<(Sandbox, Instant)>>,
    /// Invocations under way by function.
    busy: HashMap<String, usize>,
}

/// Counts an invocation, for the function and for all.
// AWS: Lambda metrics: Invocations and Errors are counts, Duration is in milliseconds.
fn measure(ctx: &Ctx, function: &Function, failed: bool, took: Duration) {
    const NAMESPACE: &str = "AWS/Lambda";
    let name = [("FunctionName", function.name.as_str())];
    let now_ms = ctx.kit.clock.now_ms();
    for dimensions in [&name[..], &[]] {
        let measure = |metric, unit, value| {
            let measured = (unit, value);
            ctx.kit.metrics.measure(
                &function.region,
                NAMESPACE,
                metric,
                dimensions,
                measured,
                now_ms,
            );
        };
        measure("Invocations", "Count", 1.0);
        measure("Errors", "Count", f64::from(u8::from(failed)));
        measure("Duration", "Milliseconds", took.as_secs_f64() * 1000.0);
    }
}

impl Pool {
    /// Runs one invocation in a warm process of the function's present revision, or a new one. It goes on to its end also
    /// when nobody waits for it any more.
    pub(crate) async fn invoke(
        self: &Arc<Self>,
        ctx: &Ctx,
        service: &Lambda,
        function: &Function,
        payload: Vec<u8>,
    ) -> Result<Outcome, Error> {
        let key = function.key();
        let place = self.enter(&key, function)?;
        let mut sandbox = match self.take(&key, &function.revision_id) {
            Some(sandbox) => sandbox,
            None => Sandbox::start(ctx, service, function).await?,
        };
        let (pool, ctx, function) = (self.clone(), ctx.clone(), function.clone());
        let invocation = tokio::spawn(async move {
            let began = Instant::now();
            let outcome = sandbox.invoke(&ctx, &function, payload).await;
            measure(&ctx, &function, outcome.failed, began.elapsed());
            if sandbox.is_usable() {
                pool.give_back(key, sandbox);
            }
            drop(place);
            outcome
        });
        invocation.await.map_err(|error| Error::Service(error.to_string()))
    }

    /// Ends the idle processes of a function.
    pub(crate) fn drop_all(&self, key: &str) {
        self.lock().idle.remove(key);
    }

    fn enter(self: &Arc<Self>, key: &str, function: &Function) -> Result<Place, Error> {
        let mut state = self.lock();
        let busy = state.busy.get(key).copied().unwrap_or_default();
        let reserved = function.reserved_concurrency.map(|most| most as usize);
        let reason = if reserved.is_some_and(|most| busy >= most) {
            Some("ReservedFunctionConcurrentInvocationLimitExceeded")
        } else if state.busy.values().sum::<usize>() >= MOST_CONCURRENT {
            Some("ConcurrentInvocationLimitExceeded")
        } else {
            None
        };
        if let Some(reason) = reason {
            return Err(Error::Other(
                service::AwsError::fault("TooManyRequestsException", "Rate Exceeded.", 429)
                    .with_field("Reason", reason),
            ));
        }
        state.busy.insert(key.to_owned(), busy + 1);
        Ok(Place { pool: self.clone(), key: key.to_owned() })
    }

    /// An idle process of this revision; those of older revisions end.
    fn take(&self, key: &str, revision_id: &str) -> Option<Sandbox> {
        let mut state = self.lock();
        let idle = state.idle.get_mut(key)?;
        idle.retain_mut(|(sandbox, _)| sandbox.revision_id == revision_id && sandbox.is_usable());
        idle.pop().map(|(sandbox, _)| sandbox)
    }

    fn give_back(self: &Arc<Self>, key: String, sandbox: Sandbox) {
        let now = Instant::now();
        self.lock().idle.entry(key).or_default().push((sandbox, now));
        let pool = Arc::downgrade(self);
        tokio::spawn(async move {
            tokio::time::sleep(IDLE).await;
            if let Some(pool) = pool.upgrade() {
                pool.drop_idle();
            }
        });
    }

    /// Ends the processes that have been idle for long.
    fn drop_idle(&self) {
        let mut state = self.lock();
        for idle in state.idle.values_mut() {
            idle.retain(|(_, since)| since.elapsed() < IDLE);
        }
        state.idle.retain(|_, idle| !idle.is_empty());
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One invocation's place among the concurrent ones.
struct Place {
    pool: Arc<Pool>,
    key: String,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut state = self.pool.lock();
        if let Some(busy) = state.busy.get_mut(&self.key) {
            *busy = busy.saturating_sub(1);
            if *busy == 0 {
                state.busy.remove(&self.key);
            }
        }
    }
}

/// An error as Lambda writes it where the function could not.
fn error_payload(kind: &str, message: &str) -> Vec<u8> {
    json!({"errorType": kind, "errorMessage": message}).to_string().into_bytes()
}
