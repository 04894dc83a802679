//! `DeleteRole`: deletes a role that nothing hangs on any more.

use crate::Iam;
use crate::entity::{all_by, delete, find};
use crate::error::Error;
use crate::records::{BY_ROLE, Entity, InstanceProfile, Role};
use crate::views::Empty;
use service::{Ctx, Reply};
use store::Batch;

#[derive(serde::Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    role_name: String,
}

pub(crate) async fn run(_: &Iam, ctx: &Ctx, input: Input) -> Result<Reply<Empty>, Error> {
    let found = find::<Role>(ctx, &input.role_name).await?;
    let profiles =
        all_by::<InstanceProfile>(ctx, InstanceProfile::KIND, BY_ROLE, &found.key).await?;
    let reason = if !profiles.is_empty() {
        "must remove roles from instance profile first."
    } else if !found.value.policies.attached.is_empty() {
        "must detach all policies first."
    } else if !found.value.policies.inline.is_empty() {
        "must delete policies first."
    } else {
        let mut batch = Batch::new();
        delete(&mut batch, &found);
        return Ok(Reply::with(Empty {}, batch));
    };
    Err(Error::DeleteConflict(format!("Cannot delete entity, {reason}")))
}
