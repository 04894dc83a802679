//! `ListTagsForResource`.

use crate::error::Error;
use crate::tags::{self, Tag};
use crate::{States, tagged};
use serde::{Deserialize, Serialize};
use service::{Ctx, Reply};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Input {
    resource_arn: String,
}

#[derive(Serialize)]
pub(crate) struct Output {
    tags: Vec<Tag>,
}

pub(crate) async fn run(_: &States, ctx: &Ctx, input: Input) -> Result<Reply<Output>, Error> {
    let found = tagged::find(ctx, &input.resource_arn).await?;
    Ok(Reply::new(Output { tags: tags::list(found.tags()) }))
}
