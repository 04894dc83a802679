//! `UntagPolicy`: removes tags from a managed policy.

use crate::Iam;
use crate::entity::save;
use crate::error::Error;
use crate::managed;
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
    let gone: Vec<String> = input.tag_keys.iter().map(|key| key.to_lowercase()).collect();
    found.value.tags.retain(|key, _| !gone.contains(&key.to_lowercase()));
    let mut batch = Batch::new();
    save(&mut batch, &found);
    Ok(Reply::with(Empty {}, batch))
}
