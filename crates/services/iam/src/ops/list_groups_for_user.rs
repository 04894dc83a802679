//! `ListGroupsForUser`: the groups that a user is in.

use crate::Iam;
use crate::entity::find;
use crate::error::Error;
use crate::page::{Paging, Truncation};
use crate::{records, views};
use service::{Ctx, Reply};

#[derive(serde::Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    user_name: String,
    #[serde(flatten)]
    paging: Paging,
}

#[derive(serde::Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output {
    groups: Vec<views::Group>,
    #[serde(flatten)]
    truncation: Truncation,
}

pub(crate) async fn run(_: &Iam, ctx: &Ctx, input: Input) -> Result<Reply<Output>, Error> {
    let user = find::<records::User>(ctx, &input.user_name).await?;
    let mut groups = Vec::new();
    for name in &user.value.groups {
        groups.push(find::<records::Group>(ctx, name).await?.value);
    }
    let question = format!("groups of user {}", input.user_name);
    let (page, truncation) =
        input.paging.page(&question, groups, |group| records::key(&group.name))?;
    let groups = page.iter().map(|group| views::Group::new(ctx.account(), group)).collect();
    Ok(Reply::new(Output { groups, truncation }))
}
