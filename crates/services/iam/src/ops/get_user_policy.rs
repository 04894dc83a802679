//! `GetUserPolicy`: an inline policy of a user.

use crate::error::Error;
use crate::records::User;
use crate::{Iam, carrier};
use service::{Ctx, Reply};

#[derive(serde::Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    user_name: String,
    policy_name: String,
}

#[derive(serde::Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output {
    user_name: String,
    policy_name: String,
    policy_document: String,
}

pub(crate) async fn run(_: &Iam, ctx: &Ctx, input: Input) -> Result<Reply<Output>, Error> {
    let Input { user_name, policy_name } = input;
    let policy_document = carrier::get_inline::<User>(ctx, &user_name, &policy_name).await?;
    Ok(Reply::new(Output { user_name, policy_name, policy_document }))
}
