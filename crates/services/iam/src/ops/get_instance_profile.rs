//! `GetInstanceProfile`: an instance profile with its role.

use crate::Iam;
use crate::entity::find;
use crate::error::Error;
use crate::{instance_profiles, records, views};
use service::{Ctx, Reply};

#[derive(serde::Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    instance_profile_name: String,
}

#[derive(serde::Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output {
    instance_profile: views::InstanceProfile,
}

pub(crate) async fn run(_: &Iam, ctx: &Ctx, input: Input) -> Result<Reply<Output>, Error> {
    let found = find::<records::InstanceProfile>(ctx, &input.instance_profile_name).await?;
    let role = instance_profiles::role(ctx, &found.value).await?;
    let instance_profile = views::InstanceProfile::full(ctx.account(), &found.value, role.as_ref());
    Ok(Reply::new(Output { instance_profile }))
}
