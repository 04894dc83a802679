//! `AddRoleToInstanceProfile`: puts the one role into an instance profile that it can hold.

use crate::Iam;
use crate::entity::{exceeded, find, save};
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
    let role = find::<Role>(ctx, &input.role_name).await?;
    if profile.value.role.is_some() {
        return Err(exceeded("InstanceSessionsPerInstanceProfile", 1));
    }
    profile.value.role = Some(input.role_name);
    let mut batch = Batch::new();
    save(&mut batch, &profile);
    save(&mut batch, &role);
    Ok(Reply::with(Empty {}, batch))
}
