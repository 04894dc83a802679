//! The calls that firings make: with the target's role, the retry policy and the dead-letter queue.

use crate::target::Target;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use service::{
    AwsError, Call, Ctx, DeadLetter, DeadLetterNames, GivenUp, Principal, RetryLimits, WorkItem,
    WorkOutcome, retry_delay_ms,
};

/// Work kind of a call; the key is `<schedule>/<unique>`.
pub(crate) const WORK: &str = "scheduler/deliver";

/// Scheduler's own service principal.
const PRINCIPAL: &str = "scheduler.amazonaws.com";
// AWS: https://docs.aws.amazon.com/scheduler/latest/UserGuide/configuring-schedule-dlq.html: the attributes.
static DEAD_LETTER: DeadLetterNames = DeadLetterNames {
    source: "X-Amz-Scheduler-Schedule-ARN",
    target: "X-Amz-Scheduler-Target-ARN",
    code: "X-Amz-Scheduler-Error-Code",
    message: "X-Amz-Scheduler-Error-Message",
    attempts: "X-Amz-Scheduler-Retry-Attempts",
    exhausted: "X-Amz-Scheduler-Exhausted-Retry-Condition",
};

/// A call that is to be made.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Delivery {
    pub(crate) schedule_arn: String,
    pub(crate) target: Value,
    /// The instant it is for, Unix milliseconds.
    pub(crate) instant_ms: i64,
    /// When it was first to be made, Unix milliseconds.
    pub(crate) first_ms: i64,
    /// `<aws.scheduler.execution-id>`.
    pub(crate) execution_id: String,
    /// Set when the target will not be tried any more: what is left is the dead-letter queue.
    pub(crate) given_up: Option<GivenUp>,
}

/// Makes the call once; a failure is retried later, or ends in the dead-letter queue.
pub(crate) async fn deliver(ctx: &Ctx, item: &WorkItem) -> Result<WorkOutcome, AwsError> {
    let read = serde_json::from_value::<Delivery>(item.body.clone());
    let read = read.map_err(|error| error.to_string()).and_then(|delivery| {
        let target = Target::read(&delivery.target).map_err(|error| error.message)?;
        Ok((delivery, target))
    });
    let (mut delivery, target) = match read {
        Ok(read) => read,
        Err(error) => {
            tracing::error!(key = item.key, error, "a delivery cannot be read and is dropped");
            return Ok(WorkOutcome::done());
        }
    };
    if delivery.given_up.is_none() {
        let Err(error) = attempt(ctx, &delivery, &target, item).await else {
            return Ok(done(item));
        };
        delivery.given_up = give_up(ctx, &delivery, &target, &error, item.attempts);
        if delivery.given_up.is_none() {
            tracing::warn!(target = target.arn, schedule = delivery.schedule_arn, %error, "delivery failed, to be tried again");
            return Ok(WorkOutcome::again(item, ctx.now_ms + retry_delay_ms(item.attempts)));
        }
        tracing::error!(target = target.arn, schedule = delivery.schedule_arn, %error, "delivery failed for good");
    }
    match dead_letter(ctx, &delivery, &target, item).await {
        Err(error) if error.status >= 500 => {
            let mut outcome = WorkOutcome::again(item, ctx.now_ms + retry_delay_ms(item.attempts));
            if let Some(again) = &mut outcome.again {
                again.body = serde_json::to_value(&delivery).unwrap_or_default();
            }
            return Ok(outcome);
        }
        Err(error) => {
            tracing::error!(schedule = delivery.schedule_arn, %error, "the dead-letter queue refused the event");
        }
        Ok(()) => {}
    }
    Ok(done(item))
}

/// The item is done: the responses of its calls are not needed any more.
fn done(item: &WorkItem) -> WorkOutcome {
    let mut outcome = WorkOutcome::done();
    service::forget_effects(&mut outcome.batch, &effect_key(&item.key));
    outcome
}

fn effect_key(key: &str) -> String {
    format!("{WORK}/{key}#")
}

async fn attempt(
    ctx: &Ctx,
    delivery: &Delivery,
    target: &Target,
    item: &WorkItem,
) -> Result<(), AwsError> {
    let input = input(ctx, delivery, target, item.attempts);
    let unique = item.key.rsplit('/').next().unwrap_or_default();
    let request = target.request(ctx, unique, &input)?;
    let region = target.arn.split(':').nth(3).filter(|region| !region.is_empty());
    let call = Call {
        service: request.service,
        operation: request.operation,
        input: request.input,
        principal: assume(ctx, delivery, target).await?,
        region: region.unwrap_or(&ctx.region).to_owned(),
        effect_key: Some(effect_key(&item.key)),
    };
    ctx.kit.caller().call(call).await.map(drop)
}

/// A session of the target's role.
async fn assume(ctx: &Ctx, delivery: &Delivery, target: &Target) -> Result<Principal, AwsError> {
    let name = delivery.execution_id.as_str();
    let caller = ctx.kit.caller();
    caller.assume_for(&target.role_arn, PRINCIPAL, name, &delivery.schedule_arn).await
}

/// What the target gets: the schedule's input with its context attributes filled in, or a description of the firing.
// AWS: https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-context-attributes.html
// UNVERIFIED: the description, which AWS documents nowhere; functions are known to receive it.
fn input(ctx: &Ctx, delivery: &Delivery, target: &Target, attempts: u32) -> String {
    let time = jiff::Timestamp::from_second(delivery.instant_ms.div_euclid(1000))
        .unwrap_or(jiff::Timestamp::UNIX_EPOCH)
        .to_string();
    match &target.input {
        Some(input) => input
            .replace("<aws.scheduler.schedule-arn>", &delivery.schedule_arn)
            .replace("<aws.scheduler.scheduled-time>", &time)
            .replace("<aws.scheduler.execution-id>", &delivery.execution_id)
            .replace("<aws.scheduler.attempt-number>", &(attempts + 1).to_string()),
        None if target.wants_members() => "{}".to_owned(),
        None => json!({
            "version": "0", "id": delivery.execution_id, "detail-type": "Scheduled Event",
            "source": "aws.scheduler", "account": ctx.account(), "time": time, "region": ctx.region,
            "resources": [delivery.schedule_arn], "detail": "{}",
        })
        .to_string(),
    }
}

/// Why the target is not tried again; `None` when it is.
fn give_up(
    ctx: &Ctx,
    delivery: &Delivery,
    target: &Target,
    error: &AwsError,
    attempts: u32,
) -> Option<GivenUp> {
    let policy = target.retry_policy.as_ref();
    let limits = RetryLimits {
        attempts: policy.and_then(|policy| policy.maximum_retry_attempts),
        age_seconds: policy.and_then(|policy| policy.maximum_event_age_in_seconds),
    };
    GivenUp::after(error, attempts, ctx.now_ms.saturating_sub(delivery.first_ms), limits)
}

/// Hands a call that failed for good to the target's dead-letter queue, if it has one.
async fn dead_letter(
    ctx: &Ctx,
    delivery: &Delivery,
    target: &Target,
    item: &WorkItem,
) -> Result<(), AwsError> {
    let queue_arn = target.dead_letter_config.as_ref().and_then(|config| config.arn.as_deref());
    let (Some(queue_arn), Some(why)) = (queue_arn, &delivery.given_up) else { return Ok(()) };
    let letter = DeadLetter {
        names: &DEAD_LETTER,
        queue_arn,
        source_arn: &delivery.schedule_arn,
        target_arn: &target.arn,
        body: &input(ctx, delivery, target, why.attempts),
        why,
        principal: assume(ctx, delivery, target).await?,
        effect_key: format!("{}dead", effect_key(&item.key)),
    };
    letter.send(ctx).await
}
