//! `GetGroupPolicy`: an inline policy of a group.

use crate::error::Error;
use crate::records::Group;
use crate::{Iam, carrier};
use service::{Ctx, Reply};

#[derive(serde::Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    group_name: String,
    policy_name: String,
}

#[derive(serde::Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output {
    group_name: String,
    policy_name: String,
    policy_document: String,
}

pub(crate) async fn run(_: &Iam, ctx: &Ctx, input: Input) -> Result<Reply<Output>, Error> {
    let Input { group_name, policy_name } = input;
    let policy_document = carrier::get_inline::<Group>(ctx, &group_name, &policy_name).await?;
    Ok(Reply::new(Output { group_name, policy_name, policy_document }))
}
