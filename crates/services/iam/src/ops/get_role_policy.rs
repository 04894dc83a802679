//! `GetRolePolicy`: an inline policy of a role.

use crate::error::Error;
use crate::records::Role;
use crate::{Iam, carrier};
use service::{Ctx, Reply};

#[derive(serde::Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    role_name: String,
    policy_name: String,
}

#[derive(serde::Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output {
    role_name: String,
    policy_name: String,
    policy_document: String,
}

pub(crate) async fn run(_: &Iam, ctx: &Ctx, input: Input) -> Result<Reply<Output>, Error> {
    let Input { role_name, policy_name } = input;
    let policy_document = carrier::get_inline::<Role>(ctx, &role_name, &policy_name).await?;
    Ok(Reply::new(Output { role_name, policy_name, policy_document }))
}
