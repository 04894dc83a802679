//! Calls to the targets of rules and schedules that fail: when they are tried again, when no more, and their dead letters.

use crate::{Arn, AwsError, Call, Ctx, Principal};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

// AWS: RetryPolicy of EventBridge and of its Scheduler, defaults: 24 hours and 185 attempts.
const MAX_AGE_SECONDS: i64 = 86_400;
const MAX_ATTEMPTS: u32 = 185;
const FIRST_DELAY_MS: i64 = 1_000;
const LONGEST_DELAY_MS: i64 = 600_000;

/// A target's retry policy, as far as it says anything.
#[derive(Debug, Clone, Copy, Default)]
pub struct RetryLimits {
    /// How often it may be tried again.
    pub attempts: Option<u32>,
    /// How long after the first time it may be tried, seconds.
    pub age_seconds: Option<i64>,
}

/// Why a call failed for good.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct GivenUp {
    /// The error's code, as the dead letter names it.
    pub code: String,
    /// The error's message.
    pub message: String,
    /// The part of the retry policy that was used up, unless a retry would have been in vain.
    pub exhausted: Option<String>,
    /// How often it had been tried again.
    pub attempts: u32,
}

impl GivenUp {
    /// Why a call that failed after so many retries, `age_ms` after the first time, is not tried again; `None` when it is.
    pub fn after(
        error: &AwsError,
        attempts: u32,
        age_ms: i64,
        limits: RetryLimits,
    ) -> Option<Self> {
        let most_age_ms = limits.age_seconds.unwrap_or(MAX_AGE_SECONDS).saturating_mul(1000);
        let exhausted = if is_final(error) {
            None
        } else if attempts >= limits.attempts.unwrap_or(MAX_ATTEMPTS) {
            Some("MaximumRetryAttempts".to_owned())
        } else if age_ms >= most_age_ms {
            Some("MaximumEventAgeInSeconds".to_owned())
        } else {
            return None;
        };
        Some(Self { code: error.code.clone(), message: error.message.clone(), exhausted, attempts })
    }
}

/// Refusals that no retry mends.
// AWS: eb-rule-dlq: missing permissions and targets that are not there go to the dead-letter queue at once.
fn is_final(error: &AwsError) -> bool {
    error.status < 500 && error.status != 429 && !is_throttled(error)
}

/// Whether the target had too much to do.
pub fn is_throttled(error: &AwsError) -> bool {
    error.code.contains("Throttl") || error.code.contains("LimitExceeded")
}

/// How long to wait before the next try, after so many retries.
pub fn retry_delay_ms(attempts: u32) -> i64 {
    (FIRST_DELAY_MS << attempts.min(20)).min(LONGEST_DELAY_MS)
}

/// The names of a dead letter's message attributes.
pub struct DeadLetterNames {
    /// Of the ARN of the rule or schedule.
    pub source: &'static str,
    /// Of the target's ARN.
    pub target: &'static str,
    /// Of the error's code.
    pub code: &'static str,
    /// Of the error's message.
    pub message: &'static str,
    /// Of the number of retries.
    pub attempts: &'static str,
    /// Of the part of the retry policy that was used up.
    pub exhausted: &'static str,
}

/// A call that failed for good, on its way to a queue.
pub struct DeadLetter<'a> {
    /// Names of its attributes.
    pub names: &'static DeadLetterNames,
    /// The queue's ARN.
    pub queue_arn: &'a str,
    /// The rule or schedule.
    pub source_arn: &'a str,
    /// The target that was not reached.
    pub target_arn: &'a str,
    /// What the target would have got.
    pub body: &'a str,
    /// Why it did not.
    pub why: &'a GivenUp,
    /// Who sends it.
    pub principal: Principal,
    /// So that it is sent once.
    pub effect_key: String,
}

impl DeadLetter<'_> {
    /// Sends it.
    ///
    /// # Errors
    /// The queue's refusal; `InvalidParameter` when the ARN is none.
    pub async fn send(self, ctx: &Ctx) -> Result<(), AwsError> {
        let Ok(queue) = Arn::parse(self.queue_arn) else {
            let text = format!("{} is not a queue's ARN", self.queue_arn);
            return Err(AwsError::new("InvalidParameter", text));
        };
        let call = Call {
            service: "sqs".to_owned(),
            operation: "SendMessage".to_owned(),
            input: json!({
                "QueueUrl": format!("/{}/{}", queue.account, queue.resource),
                "MessageBody": self.body,
                "MessageAttributes": self.attributes(),
            }),
            principal: self.principal,
            region: queue.region,
            effect_key: Some(self.effect_key),
        };
        ctx.kit.caller().call(call).await.map(drop)
    }

    fn attributes(&self) -> Value {
        let (names, why) = (self.names, self.why);
        let text = |value: &str| json!({"DataType": "String", "StringValue": value});
        let mut attributes = json!({
            names.source: text(self.source_arn),
            names.target: text(self.target_arn),
            names.code: text(&why.code),
            names.attempts: text(&why.attempts.to_string()),
        });
        if !why.message.is_empty() {
            attributes[names.message] = text(&why.message);
        }
        if let Some(exhausted) = &why.exhausted {
            attributes[names.exhausted] = text(exhausted);
        }
        attributes
    }
}
