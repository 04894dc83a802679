//! Instance profiles with the role they hold, as shown.

use crate::entity::find;
use crate::error::Error;
use crate::{records, views};
use service::Ctx;

/// The role that a profile holds.
pub(crate) async fn role(
    ctx: &Ctx,
    profile: &records::InstanceProfile,
) -> Result<Option<records::Role>, Error> {
    match &profile.role {
        Some(name) => Ok(Some(find::<records::Role>(ctx, name).await?.value)),
        None => Ok(None),
    }
}

/// Profiles with their roles, as listings show them.
pub(crate) async fn views(
    ctx: &Ctx,
    profiles: &[records::InstanceProfile],
) -> Result<Vec<views::InstanceProfile>, Error> {
    let mut views = Vec::with_capacity(profiles.len());
    for profile in profiles {
        let role = role(ctx, profile).await?;
        views.push(views::InstanceProfile::listed(ctx.account(), profile, role.as_ref()));
    }
    Ok(views)
}
