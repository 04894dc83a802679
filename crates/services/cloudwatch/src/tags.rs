//! Tags of alarms and dashboards.

use crate::alarm::{ALARM, Alarm, key};
use crate::error::Error;
use crate::ops::dashboard::{DASHBOARD, Dashboard};
use serde::{Deserialize, Serialize};
use service::{Arn, Ctx};
use std::collections::BTreeMap;
use store::{Batch, Expect};

/// One tag.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Tag {
    pub(crate) key: String,
    pub(crate) value: String,
}

/// The tags as they are stored.
pub(crate) fn to_map(tags: Vec<Tag>) -> BTreeMap<String, String> {
    tags.into_iter().map(|tag| (tag.key, tag.value)).collect()
}

/// What has tags.
pub(crate) enum Tagged {
    Alarm(Box<Alarm>, Expect),
    Dashboard(Dashboard, Expect),
}

impl Tagged {
    /// The resource of an ARN.
    pub(crate) async fn find(ctx: &Ctx, arn: &str) -> Result<Self, Error> {
        let absent = || Error::NoResource(arn.to_owned());
        let parsed = Arn::parse(arn).map_err(|_| {
            Error::InvalidValue(format!("The value {arn} for parameter ResourceARN is invalid."))
        })?;
        if let Some(name) = parsed.resource.strip_prefix("alarm:") {
            let found = ctx.records::<Alarm>(ALARM).get(&key(&parsed.region, name)).await?;
            let found = found.ok_or_else(absent)?;
            return Ok(Self::Alarm(Box::new(found.value), found.expect));
        }
        let name = parsed.resource.strip_prefix("dashboard/").ok_or_else(absent)?;
        let found = ctx.records::<Dashboard>(DASHBOARD).get(name).await?.ok_or_else(absent)?;
        Ok(Self::Dashboard(found.value, found.expect))
    }

    /// Its tags.
    pub(crate) fn tags(&mut self) -> &mut BTreeMap<String, String> {
        match self {
            Self::Alarm(alarm, _) => &mut alarm.tags,
            Self::Dashboard(dashboard, _) => &mut dashboard.tags,
        }
    }

    /// The batch that stores it again.
    pub(crate) fn put(self) -> Batch {
        let mut batch = Batch::new();
        match self {
            Self::Alarm(alarm, expect) => {
                batch.put(ALARM, alarm.key(), &alarm, expect);
            }
            Self::Dashboard(dashboard, expect) => {
                batch.put(DASHBOARD, dashboard.name.clone(), &dashboard, expect);
            }
        }
        batch
    }
}
