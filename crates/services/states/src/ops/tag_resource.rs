//! `TagResource`.

use crate::error::Error;
use crate::ops::Nothing;
use crate::tags::{self, Tag};
use crate::{States, tagged};
use serde::Deserialize;
use service::{Ctx, Reply};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Input {
    resource_arn: String,
    tags: Vec<Tag>,
}

pub(crate) async fn run(_: &States, ctx: &Ctx, input: Input) -> Result<Reply<Nothing>, Error> {
    tagged::change(ctx, &input.resource_arn, |tags| tags::add(tags, input.tags)).await
}
