//! `DescribeActivity`.

use crate::config::Encryption;
use crate::error::Error;
use crate::records::{find_activity, seconds};
use crate::{States, arns};
use serde::{Deserialize, Serialize};
use service::{Ctx, Reply};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Input {
    activity_arn: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Output {
    activity_arn: String,
    name: String,
    creation_date: f64,
    encryption_configuration: Encryption,
}

pub(crate) async fn run(_: &States, ctx: &Ctx, input: Input) -> Result<Reply<Output>, Error> {
    arns::require_activity(&input.activity_arn)?;
    let activity = find_activity(ctx, &input.activity_arn).await?.value;
    Ok(Reply::new(Output {
        activity_arn: activity.arn,
        name: activity.name,
        creation_date: seconds(activity.created_ms),
        encryption_configuration: activity.encryption,
    }))
}
