//! `CreateActivity`: idempotent.

use crate::config::Encryption;
use crate::error::Error;
use crate::records::{ACTIVITY, Activity, seconds};
use crate::tags::Tag;
use crate::{States, arns, names, tags};
use serde::{Deserialize, Serialize};
use service::{Ctx, Reply};
use store::{Batch, Expect};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Input {
    name: String,
    tags: Option<Vec<Tag>>,
    encryption_configuration: Option<Encryption>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Output {
    activity_arn: String,
    creation_date: f64,
}

pub(crate) async fn run(states: &States, ctx: &Ctx, input: Input) -> Result<Reply<Output>, Error> {
    names::check(&input.name)?;
    let arn = arns::activity(ctx, &input.name);
    let encryption = input.encryption_configuration.unwrap_or_default();
    encryption.check()?;
    // AWS: API reference: name and encryption count, and there is one kind of encryption here; the tags do not.
    if let Some(found) = ctx.records::<Activity>(ACTIVITY).get(&arn).await? {
        let creation_date = seconds(found.value.created_ms);
        return Ok(Reply::new(Output { activity_arn: arn, creation_date }));
    }
    let prefix = arns::activity(ctx, "");
    if !states.registered.has_room(ctx, ACTIVITY, &prefix).await? {
        return Err(Error::TooManyActivities);
    }
    let activity = Activity {
        arn: arn.clone(),
        name: input.name,
        encryption,
        created_ms: ctx.now_ms,
        tags: tags::new(input.tags)?,
    };
    let mut batch = Batch::new();
    batch.put(ACTIVITY, &arn, &activity, Expect::Absent);
    Ok(Reply::with(Output { activity_arn: arn, creation_date: seconds(ctx.now_ms) }, batch))
}
