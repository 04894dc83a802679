//! `CreatePolicyVersion`: adds a version to a managed policy, in force at once if asked.

use crate::Iam;
use crate::entity::save;
use crate::error::Error;
use crate::records;
use crate::views::{self, PolicyVersion};
use crate::{document, managed, policy_versions};
use service::{Ctx, Reply};
use store::Batch;

#[derive(serde::Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    policy_arn: String,
    policy_document: String,
    set_as_default: Option<bool>,
}

#[derive(serde::Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output {
    policy_version: PolicyVersion,
}

pub(crate) async fn run(_: &Iam, ctx: &Ctx, input: Input) -> Result<Reply<Output>, Error> {
    let mut found = managed::find_own(ctx, &input.policy_arn).await?;
    document::check_identity(&input.policy_document)?;
    policy_versions::check_size(&input.policy_document)?;
    let policy = &mut found.value;
    if policy.versions.len() >= policy_versions::VERSIONS_MOST {
        return Err(Error::LimitExceeded(
            "A managed policy can have up to 5 versions. Before you create a new version, you must delete an existing version.".to_owned(),
        ));
    }
    let number = policy.next_version;
    policy.next_version += 1;
    let version =
        records::PolicyVersion { document: input.policy_document, created_ms: ctx.now_ms };
    policy.versions.insert(number, version);
    let is_default_version = input.set_as_default.unwrap_or(false);
    if is_default_version {
        policy.default_version = number;
    }
    policy.updated_ms = ctx.now_ms;
    let mut batch = Batch::new();
    save(&mut batch, &found);
    let policy_version = PolicyVersion {
        document: None,
        version_id: views::version_id(number),
        is_default_version,
        create_date: views::seconds(ctx.now_ms),
    };
    Ok(Reply::with(Output { policy_version }, batch))
}
