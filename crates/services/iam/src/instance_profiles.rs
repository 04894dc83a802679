//! Instance profiles with the role they hold, as shown.

use crate::entity::find;
use crate::error::Error;
use crate::{records, views};
use service::Ctx;

/// A profile with its role.
pub(crate) async fn view(
    ctx: &Ctx,
    profile: &records::InstanceProfile,
) -> Result<views::InstanceProfile, Error> {
    let role = match &profile.role {
        Some(name) => Some(find::<records::Role>(ctx, name).await?.value),
        None => None,
    };
    Ok(views::InstanceProfile::new(ctx.account(), profile, role.as_ref()))
}

/// Profiles with their roles.
pub(crate) async fn views(
    ctx: &Ctx,
    profiles: &[records::InstanceProfile],
) -> Result<Vec<views::InstanceProfile>, Error> {
    let mut views = Vec::with_capacity(profiles.len());
    for profile in profiles {
        views.push(view(ctx, profile).await?);
    }
    Ok(views)
}
