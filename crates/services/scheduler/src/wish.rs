//! A schedule as requests write it and answers show it.

use crate::error::Error;
use crate::records::{Schedule, schedule_arn};
use crate::target;
use calendar::Expression;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use service::Ctx;

/// What `CreateSchedule` and `UpdateSchedule` are told.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Wish {
    pub(crate) name: String,
    pub(crate) group_name: Option<String>,
    schedule_expression: String,
    schedule_expression_timezone: Option<String>,
    start_date: Option<f64>,
    end_date: Option<f64>,
    description: Option<String>,
    state: Option<String>,
    kms_key_arn: Option<String>,
    target: Value,
    flexible_time_window: FlexibleTimeWindow,
    action_after_completion: Option<String>,
}

/// `FlexibleTimeWindow`.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct FlexibleTimeWindow {
    mode: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    maximum_window_in_minutes: Option<i64>,
}

fn to_ms(seconds: f64) -> i64 {
    (seconds * 1000.0) as i64
}

/// Unix seconds, as answers have times.
pub(crate) fn seconds(ms: i64) -> f64 {
    ms as f64 / 1000.0
}

impl Wish {
    /// The schedule that is wished for; `before` is the one it replaces.
    pub(crate) fn schedule(
        self,
        ctx: &Ctx,
        group: &str,
        before: Option<&Schedule>,
    ) -> Result<Schedule, Error> {
        let time_zone = self.schedule_expression_timezone.unwrap_or_else(|| "UTC".to_owned());
        calendar::time_zone(&time_zone).map_err(|_| {
            Error::Validation(format!("Invalid Schedule Expression Timezone {time_zone}."))
        })?;
        Expression::parse(&self.schedule_expression).map_err(|error| {
            tracing::info!(expression = self.schedule_expression, %error, "a schedule expression was refused");
            Error::Validation(format!("Invalid Schedule Expression {}.", self.schedule_expression))
        })?;
        let (start_ms, end_ms) = (self.start_date.map(to_ms), self.end_date.map(to_ms));
        check_dates(ctx, start_ms, end_ms)?;
        target::check(ctx, &self.target)?;
        Ok(Schedule {
            arn: schedule_arn(ctx, group, &self.name),
            name: self.name,
            group: group.to_owned(),
            region: ctx.region.clone(),
            expression: self.schedule_expression,
            time_zone,
            start_ms,
            end_ms,
            enabled: self.state.as_deref() != Some("DISABLED"),
            description: self.description,
            kms_key_arn: self.kms_key_arn,
            window_ms: window_ms(&self.flexible_time_window)?,
            deletes_itself: self.action_after_completion.as_deref() == Some("DELETE"),
            target: self.target,
            created_ms: before.map_or(ctx.now_ms, |before| before.created_ms),
            modified_ms: ctx.now_ms,
        })
    }
}

fn check_dates(ctx: &Ctx, start_ms: Option<i64>, end_ms: Option<i64>) -> Result<(), Error> {
    let refuse = |text: &str| Err(Error::Validation(text.to_owned()));
    match (start_ms, end_ms) {
        (Some(start), Some(end)) if start >= end => {
            refuse("The StartDate you specify must be earlier than the EndDate.")
        }
        (_, Some(end)) if end <= ctx.now_ms => {
            refuse("The EndDate you specify must be in the future.")
        }
        _ => Ok(()),
    }
}

fn window_ms(window: &FlexibleTimeWindow) -> Result<i64, Error> {
    match (window.mode.as_str(), window.maximum_window_in_minutes) {
        ("FLEXIBLE", Some(minutes)) => Ok(minutes.saturating_mul(60_000)),
        ("FLEXIBLE", None) => Err(Error::Validation(
            "MaximumWindowInMinutes is required when Mode is FLEXIBLE.".to_owned(),
        )),
        (_, Some(_)) => Err(Error::Validation(
            "MaximumWindowInMinutes must not be set when Mode is OFF.".to_owned(),
        )),
        _ => Ok(0),
    }
}

/// A schedule as `GetSchedule` answers it.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct View {
    arn: String,
    group_name: String,
    name: String,
    schedule_expression: String,
    schedule_expression_timezone: String,
    start_date: Option<f64>,
    end_date: Option<f64>,
    description: Option<String>,
    state: &'static str,
    creation_date: f64,
    last_modification_date: f64,
    kms_key_arn: Option<String>,
    target: Value,
    flexible_time_window: FlexibleTimeWindow,
    action_after_completion: &'static str,
}

/// `ENABLED` or `DISABLED`.
pub(crate) fn state(schedule: &Schedule) -> &'static str {
    if schedule.enabled { "ENABLED" } else { "DISABLED" }
}

impl View {
    /// The view of a schedule.
    pub(crate) fn of(schedule: Schedule) -> Self {
        let is_flexible = schedule.window_ms > 0;
        Self {
            state: state(&schedule),
            arn: schedule.arn,
            group_name: schedule.group,
            name: schedule.name,
            schedule_expression: schedule.expression,
            schedule_expression_timezone: schedule.time_zone,
            start_date: schedule.start_ms.map(seconds),
            end_date: schedule.end_ms.map(seconds),
            description: schedule.description,
            creation_date: seconds(schedule.created_ms),
            last_modification_date: seconds(schedule.modified_ms),
            kms_key_arn: schedule.kms_key_arn,
            target: schedule.target,
            flexible_time_window: FlexibleTimeWindow {
                mode: if is_flexible { "FLEXIBLE" } else { "OFF" }.to_owned(),
                maximum_window_in_minutes: is_flexible.then_some(schedule.window_ms / 60_000),
            },
            action_after_completion: if schedule.deletes_itself { "DELETE" } else { "NONE" },
        }
    }
}
