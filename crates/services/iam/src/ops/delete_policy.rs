//! `DeletePolicy`: deletes a managed policy that nothing uses any more.

use crate::Iam;
use crate::entity::delete;
use crate::error::Error;
use crate::managed;
use crate::views::Empty;
use service::{Ctx, Reply};
use store::Batch;

#[derive(serde::Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    policy_arn: String,
}

pub(crate) async fn run(_: &Iam, ctx: &Ctx, input: Input) -> Result<Reply<Empty>, Error> {
    let found = managed::find_own(ctx, &input.policy_arn).await?;
    let usage = managed::usage(ctx, &input.policy_arn).await?;
    if usage.attachments > 0 {
        return refuse("Cannot delete a policy attached to entities.");
    }
    if usage.boundaries > 0 {
        // UNVERIFIED: AWS's words for a policy that is a boundary.
        return refuse("Cannot delete a policy used as a permissions boundary.");
    }
    if found.value.versions.len() > 1 {
        return refuse(
            "This policy has more than one version. Before you delete a policy, you must delete the policy's versions. The default version is deleted with the policy.",
        );
    }
    let mut batch = Batch::new();
    delete(&mut batch, &found);
    Ok(Reply::with(Empty {}, batch))
}

fn refuse<T>(reason: &str) -> Result<T, Error> {
    Err(Error::DeleteConflict(reason.to_owned()))
}
