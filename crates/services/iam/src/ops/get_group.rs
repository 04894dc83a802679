//! `GetGroup`: a group with its users.

use crate::Iam;
use crate::entity::{all_by, find};
use crate::error::Error;
use crate::page::{Paging, Truncation};
use crate::records::{self, BY_GROUP, Entity};
use crate::views;
use service::{Ctx, Reply};

#[derive(serde::Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    group_name: String,
    #[serde(flatten)]
    paging: Paging,
}

#[derive(serde::Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output {
    group: views::Group,
    users: Vec<views::User>,
    #[serde(flatten)]
    truncation: Truncation,
}

pub(crate) async fn run(_: &Iam, ctx: &Ctx, input: Input) -> Result<Reply<Output>, Error> {
    let found = find::<records::Group>(ctx, &input.group_name).await?;
    let kind = records::User::KIND;
    let members = all_by::<records::User>(ctx, kind, BY_GROUP, &found.key).await?;
    let question = format!("users of group {}", input.group_name);
    let (page, truncation) = input.paging.page(&question, members, |user| user.key.clone())?;
    let users = page.iter().map(|user| views::User::listed(ctx.account(), &user.value)).collect();
    let group = views::Group::new(ctx.account(), &found.value);
    Ok(Reply::new(Output { group, users, truncation }))
}
