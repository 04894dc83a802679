//! `UntagPolicy`: removes tags from a managed policy.

use crate::Iam;
use crate::entity::{save, without_tags};
use crate::error::Error;
use crate::managed;
use crate::records::Policy;
use crate::views::Empty;
use service::{Ctx, Reply};
use store::Batch;

#[derive(serde::Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    policy_arn: String,
    tag_keys: Vec<String>,
}

pub(crate) async fn run(_: &Iam, ctx: &Ctx, input: Input) -> Result<Reply<Empty>, Error> {
    let mut found = managed::find_own(ctx, &input.policy_arn).await?;
    without_tags::<Policy>(&mut found.value.tags, &input.tag_keys);
    let mut batch = Batch::new();
    save(&mut batch, &found);
    Ok(Reply::with(Empty {}, batch))
}
