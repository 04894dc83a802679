//! `RemoveUserFromGroup`: takes a user out of a group.

use crate::Iam;
use crate::entity::{find, save};
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
    let mut user = find::<User>(ctx, &input.user_name).await?;
    find::<Group>(ctx, &input.group_name).await?;
    if !user.value.groups.remove(&input.group_name) {
        return Err(Error::NoSuchEntity(format!(
            "User {} is not in group {}.",
            input.user_name, input.group_name
        )));
    }
    let mut batch = Batch::new();
    save(&mut batch, &user);
    Ok(Reply::with(Empty {}, batch))
}
