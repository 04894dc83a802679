//! `ListPolicyVersions`: the versions of a managed policy, without documents.

use crate::Iam;
use crate::error::Error;
use crate::page::{Paging, Truncation};
use crate::views::PolicyVersion;
use crate::{managed, policy_versions};
use service::{Ctx, Reply};

#[derive(serde::Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    policy_arn: String,
    #[serde(flatten)]
    paging: Paging,
}

#[derive(serde::Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output {
    versions: Vec<PolicyVersion>,
    #[serde(flatten)]
    truncation: Truncation,
}

pub(crate) async fn run(_: &Iam, ctx: &Ctx, input: Input) -> Result<Reply<Output>, Error> {
    let managed = managed::find(ctx, &input.policy_arn).await?;
    let mut versions = policy_versions::views(&managed);
    for version in &mut versions {
        version.document = None;
    }
    let question = format!("versions of {}", input.policy_arn);
    let (versions, truncation) =
        input.paging.page(&question, versions, policy_versions::newest_first)?;
    Ok(Reply::new(Output { versions, truncation }))
}
