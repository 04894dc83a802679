//! `RemoveRoleFromInstanceProfile`: takes the role out of an instance profile.

use crate::Iam;
use crate::entity::{find, save};
use crate::error::Error;
use crate::records::{InstanceProfile, Role};
use crate::views::Empty;
use service::{Ctx, Reply};
use store::Batch;

#[derive(serde::Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    instance_profile_name: String,
    role_name: String,
}

pub(crate) async fn run(_: &Iam, ctx: &Ctx, input: Input) -> Result<Reply<Empty>, Error> {
    let mut profile = find::<InstanceProfile>(ctx, &input.instance_profile_name).await?;
    find::<Role>(ctx, &input.role_name).await?;
    if profile.value.role.as_ref() != Some(&input.role_name) {
        return Err(Error::NoSuchEntity(format!(
            "Role {} in Instance Profile {} cannot be found.",
            input.role_name, input.instance_profile_name
        )));
    }
    profile.value.role = None;
    let mut batch = Batch::new();
    save(&mut batch, &profile);
    Ok(Reply::with(Empty {}, batch))
}
