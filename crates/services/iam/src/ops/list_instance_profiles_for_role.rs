//! `ListInstanceProfilesForRole`: the instance profiles that hold a role.

use crate::Iam;
use crate::entity::{all_by, find};
use crate::error::Error;
use crate::page::{Paging, Truncation};
use crate::records::{self, BY_ROLE, Entity};
use crate::{instance_profiles, views};
use service::{Ctx, Reply};

#[derive(serde::Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    role_name: String,
    #[serde(flatten)]
    paging: Paging,
}

#[derive(serde::Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output {
    instance_profiles: Vec<views::InstanceProfile>,
    #[serde(flatten)]
    truncation: Truncation,
}

pub(crate) async fn run(_: &Iam, ctx: &Ctx, input: Input) -> Result<Reply<Output>, Error> {
    let role = find::<records::Role>(ctx, &input.role_name).await?;
    let kind = records::InstanceProfile::KIND;
    let profiles = all_by::<records::InstanceProfile>(ctx, kind, BY_ROLE, &role.key).await?;
    let profiles = profiles.into_iter().map(|found| found.value).collect();
    let question = format!("instance profiles of role {}", input.role_name);
    let (page, truncation) =
        input.paging.page(&question, profiles, |profile| records::key(&profile.name))?;
    let instance_profiles = instance_profiles::views(ctx, &page).await?;
    Ok(Reply::new(Output { instance_profiles, truncation }))
}
