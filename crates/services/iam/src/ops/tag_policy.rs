//! `TagPolicy`: adds tags to a managed policy, or gives them new values.

use crate::Iam;
use crate::entity::{checked_tags, save};
use crate::error::Error;
use crate::managed;
use crate::records::Policy;
use crate::views::{Empty, Tag};
use service::{Ctx, Reply};
use store::Batch;

#[derive(serde::Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    policy_arn: String,
    tags: Vec<Tag>,
}

pub(crate) async fn run(_: &Iam, ctx: &Ctx, input: Input) -> Result<Reply<Empty>, Error> {
    let mut found = managed::find_own(ctx, &input.policy_arn).await?;
    found.value.tags = checked_tags::<Policy>(&found.value.tags, input.tags)?;
    let mut batch = Batch::new();
    save(&mut batch, &found);
    Ok(Reply::with(Empty {}, batch))
}
