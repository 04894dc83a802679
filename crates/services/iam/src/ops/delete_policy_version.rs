//! `DeletePolicyVersion`: deletes a version of a managed policy that is not in force.

use crate::Iam;
use crate::entity::save;
use crate::error::Error;
use crate::views::Empty;
use crate::{managed, policy_versions};
use service::{Ctx, Reply};
use store::Batch;

#[derive(serde::Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    policy_arn: String,
    version_id: String,
}

pub(crate) async fn run(_: &Iam, ctx: &Ctx, input: Input) -> Result<Reply<Empty>, Error> {
    let arn = &input.policy_arn;
    let managed = managed::find_for_version(ctx, arn, &input.version_id).await?;
    let mut found = managed::own(arn, managed)?;
    let number = policy_versions::number(&found.value, arn, &input.version_id)?;
    if number == found.value.default_version {
        return Err(Error::DeleteConflict(
            "Cannot delete the default version of a policy.".to_owned(),
        ));
    }
    found.value.versions.remove(&number);
    let mut batch = Batch::new();
    save(&mut batch, &found);
    Ok(Reply::with(Empty {}, batch))
}
