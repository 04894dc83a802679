//! `ListTagsLogGroup`: the older form of `ListTagsForResource`.

use crate::Logs;
use crate::error::Error;
use crate::tags::{Listed, list};
use serde::Deserialize;
use service::{Ctx, Reply};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Input {
    log_group_name: String,
}

pub(crate) async fn run(_: &Logs, ctx: &Ctx, input: Input) -> Result<Reply<Listed>, Error> {
    list(ctx, &input.log_group_name).await
}
