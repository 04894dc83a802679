//! `ListTagsForResource`: rules and buses.

use crate::Events;
use crate::error::Error;
use crate::ops::tagged::{Tagged, find};
use crate::tags::{Tag, to_list};
use serde::{Deserialize, Serialize};
use service::{Ctx, Reply};

#[derive(Deserialize)]
pub(crate) struct Input {
    #[serde(rename = "ResourceARN")]
    resource_arn: String,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output {
    tags: Vec<Tag>,
}

pub(crate) async fn run(_: &Events, ctx: &Ctx, input: Input) -> Result<Reply<Output>, Error> {
    let tags = match find(ctx, &input.resource_arn).await? {
        Tagged::Rule(rule) => to_list(&rule.value.tags),
        Tagged::Bus(bus) => to_list(&bus.value.tags),
    };
    Ok(Reply::new(Output { tags }))
}
