//! `ListInstanceProfiles`: the instance profiles of the account.

use crate::Iam;
use crate::entity::all;
use crate::error::Error;
use crate::page::{Paging, Truncation};
use crate::{instance_profiles, records, views};
use service::{Ctx, Reply};

#[derive(serde::Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    path_prefix: Option<String>,
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
    let profiles = all::<records::InstanceProfile>(ctx, input.path_prefix.as_deref()).await?;
    let question = format!("instance profiles under {}", input.path_prefix.unwrap_or_default());
    let (page, truncation) =
        input.paging.page(&question, profiles, |profile| records::key(&profile.name))?;
    let instance_profiles = instance_profiles::views(ctx, &page).await?;
    Ok(Reply::new(Output { instance_profiles, truncation }))
}
