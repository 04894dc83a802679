//! `DeleteGroup`: deletes a group that nothing hangs on any more.

use crate::Iam;
use crate::entity::{all_by, delete, find};
use crate::error::Error;
use crate::records::{BY_GROUP, Entity, Group, User};
use crate::views::Empty;
use service::{Ctx, Reply};
use store::Batch;

#[derive(serde::Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    group_name: String,
}

pub(crate) async fn run(_: &Iam, ctx: &Ctx, input: Input) -> Result<Reply<Empty>, Error> {
    let found = find::<Group>(ctx, &input.group_name).await?;
    let members = all_by::<User>(ctx, User::KIND, BY_GROUP, &found.key).await?;
    let reason = if !members.is_empty() {
        "must remove users from group first."
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
