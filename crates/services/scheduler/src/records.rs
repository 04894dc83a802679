//! What is stored: schedules and their groups.

use crate::error::Error;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use service::{Ctx, Found};
use std::collections::BTreeMap;

/// Record kind of [`Schedule`]; the key is `region/group/name`.
pub(crate) const SCHEDULE: &str = "scheduler/schedule";
/// Record kind of [`Group`]; the key is `region/name`.
pub(crate) const GROUP: &str = "scheduler/group";
/// The group that every account has without creating it.
pub(crate) const DEFAULT_GROUP: &str = "default";

/// A schedule.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Schedule {
    pub(crate) name: String,
    pub(crate) group: String,
    pub(crate) region: String,
    pub(crate) arn: String,
    pub(crate) expression: String,
    /// An IANA name, such as `Europe/Vienna`.
    pub(crate) time_zone: String,
    /// Before this nothing fires, Unix milliseconds.
    pub(crate) start_ms: Option<i64>,
    /// After this nothing fires, Unix milliseconds.
    pub(crate) end_ms: Option<i64>,
    pub(crate) enabled: bool,
    pub(crate) description: Option<String>,
    pub(crate) kms_key_arn: Option<String>,
    /// How long after its instant a firing may come, milliseconds; 0 is at once.
    pub(crate) window_ms: i64,
    /// The schedule is deleted after its last firing.
    pub(crate) deletes_itself: bool,
    /// Who is called, with the request's members.
    pub(crate) target: Value,
    pub(crate) created_ms: i64,
    pub(crate) modified_ms: i64,
}

/// A group of schedules.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Group {
    pub(crate) name: String,
    pub(crate) arn: String,
    pub(crate) created_ms: i64,
    pub(crate) modified_ms: i64,
    pub(crate) tags: BTreeMap<String, String>,
}

impl Schedule {
    /// The schedule's record key.
    pub(crate) fn key(&self) -> String {
        schedule_key(&self.region, &self.group, &self.name)
    }

    /// Whether it fires at the same instants as `before`, and within the same window.
    pub(crate) fn keeps_beat_of(&self, before: &Self) -> bool {
        let beat = |it: &Self| (it.enabled, it.start_ms, it.end_ms, it.window_ms, it.created_ms);
        beat(self) == beat(before)
            && self.expression == before.expression
            && self.time_zone == before.time_zone
    }

    /// What `rate()` counts from, Unix milliseconds.
    // AWS: scheduler schedule-types: a rate counts from StartDate, or from the schedule's creation.
    pub(crate) fn anchor_ms(&self) -> i64 {
        self.start_ms.unwrap_or(self.created_ms)
    }
}

/// The record key of a schedule.
pub(crate) fn schedule_key(region: &str, group: &str, name: &str) -> String {
    format!("{region}/{group}/{name}")
}

/// The record key of a group.
pub(crate) fn group_key(region: &str, name: &str) -> String {
    format!("{region}/{name}")
}

/// A schedule's ARN.
pub(crate) fn schedule_arn(ctx: &Ctx, group: &str, name: &str) -> String {
    ctx.arn("scheduler", &format!("schedule/{group}/{name}"))
}

/// A group's ARN.
pub(crate) fn group_arn(ctx: &Ctx, name: &str) -> String {
    ctx.arn("scheduler", &format!("schedule-group/{name}"))
}

/// The group of a request.
pub(crate) fn group_name(given: Option<&str>) -> &str {
    given.unwrap_or(DEFAULT_GROUP)
}

/// The schedule, or AWS's refusal.
pub(crate) async fn find_schedule(
    ctx: &Ctx,
    group: &str,
    name: &str,
) -> Result<Found<Schedule>, Error> {
    ctx.records::<Schedule>(SCHEDULE)
        .get(&schedule_key(&ctx.region, group, name))
        .await?
        .ok_or_else(|| Error::NoSchedule(name.to_owned()))
}

/// The group, or AWS's refusal. The default group is there from the beginning.
pub(crate) async fn find_group(ctx: &Ctx, name: &str) -> Result<Option<Found<Group>>, Error> {
    let found = ctx.records::<Group>(GROUP).get(&group_key(&ctx.region, name)).await?;
    match found {
        None if name == DEFAULT_GROUP => Ok(None),
        None => Err(Error::NoGroup(name.to_owned())),
        found => Ok(found),
    }
}

/// The default group, which has no record until it has tags.
pub(crate) fn default_group(ctx: &Ctx) -> Group {
    Group {
        name: DEFAULT_GROUP.to_owned(),
        arn: group_arn(ctx, DEFAULT_GROUP),
        created_ms: 0,
        modified_ms: 0,
        tags: BTreeMap::new(),
    }
}
