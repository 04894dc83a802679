//! `UntagLogGroup`

use serde::Deserialize;
use service::{Ctx, Reply};

use super::{Nothing, remove_tags};
use crate::names::find_group;
use crate::{Error, Logs};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Input {
    log_group_name: String,
    tags: Vec<String>,
}

pub(crate) async fn run(_: &Logs, ctx: &Ctx, input: Input) -> Result<Reply<Nothing>, Error> {
    Ok(remove_tags(find_group(ctx, &input.log_group_name).await?, &input.tags))
}
