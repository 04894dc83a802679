//! `GetPolicyVersion`: a version of a managed policy with its document.

use crate::Iam;
use crate::error::Error;
use crate::managed;
use crate::policy_versions;
use crate::views::PolicyVersion;
use service::{Ctx, Reply};

#[derive(serde::Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    policy_arn: String,
    version_id: String,
}

#[derive(serde::Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output {
    policy_version: PolicyVersion,
}

pub(crate) async fn run(_: &Iam, ctx: &Ctx, input: Input) -> Result<Reply<Output>, Error> {
    let managed = managed::find_for_version(ctx, &input.policy_arn, &input.version_id).await?;
    let mut versions = policy_versions::views(&managed);
    versions.retain(|version| version.version_id == input.version_id);
    match versions.pop() {
        Some(policy_version) => Ok(Reply::new(Output { policy_version })),
        None => Err(policy_versions::missing(&input.policy_arn, &input.version_id)),
    }
}
