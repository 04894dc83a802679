//! `TagLogGroup`

use std::collections::BTreeMap;

use serde::Deserialize;
use service::{Ctx, Reply};

use super::{Nothing, add_tags};
use crate::names::find_group;
use crate::{Error, Logs};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Input {
    log_group_name: String,
    tags: BTreeMap<String, String>,
}

pub(crate) async fn run(_: &Logs, ctx: &Ctx, input: Input) -> Result<Reply<Nothing>, Error> {
    add_tags(find_group(ctx, &input.log_group_name).await?, input.tags)
}
