//! `UntagResource`.

use crate::error::Error;
use crate::ops::Nothing;
use crate::{States, tagged};
use serde::Deserialize;
use service::{Ctx, Reply};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Input {
    resource_arn: String,
    tag_keys: Vec<String>,
}

pub(crate) async fn run(_: &States, ctx: &Ctx, input: Input) -> Result<Reply<Nothing>, Error> {
    tagged::change(ctx, &input.resource_arn, |tags| {
        tags.retain(|key, _| !input.tag_keys.contains(key));
        Ok(())
    })
    .await
}
