//! `AddUserToGroup`: puts a user in a group.

use crate::Iam;
use crate::entity::{exceeded, find, save};
use crate::error::Error;
use crate::records::{Group, User};
use crate::views::Empty;
use service::{Ctx, Reply};
use store::Batch;

#[derive(serde::Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    group_name: String,
    user_name: String,
}

pub(crate) async fn run(_: &Iam, ctx: &Ctx, input: Input) -> Result<Reply<Empty>, Error> {
    let group = find::<Group>(ctx, &input.group_name).await?;
    let mut user = find::<User>(ctx, &input.user_name).await?;
    if !user.value.groups.insert(input.group_name) {
        return Ok(Reply::new(Empty {}));
    }
    // AWS: IAM quotas, "Groups an IAM user can be a member of".
    if user.value.groups.len() > 10 {
        return Err(exceeded("GroupsPerUser", 10));
    }
    let mut batch = Batch::new();
    save(&mut batch, &user);
    save(&mut batch, &group);
    Ok(Reply::with(Empty {}, batch))
}
