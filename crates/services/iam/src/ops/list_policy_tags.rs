//! `ListPolicyTags`: the tags of a managed policy.

use crate::Iam;
use crate::carrier::{TagPage, tag_page};
use crate::error::Error;
use crate::managed;
use crate::page::Paging;
use service::{Ctx, Reply};

#[derive(serde::Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    policy_arn: String,
    #[serde(flatten)]
    paging: Paging,
}

pub(crate) async fn run(_: &Iam, ctx: &Ctx, input: Input) -> Result<Reply<TagPage>, Error> {
    let found = managed::find_own(ctx, &input.policy_arn).await?;
    tag_page(&format!("tags of {}", input.policy_arn), &found.value, &input.paging)
}
