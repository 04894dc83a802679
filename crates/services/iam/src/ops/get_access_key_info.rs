//! `GetAccessKeyInfo`: the account that an access key belongs to, as its id tells.

use crate::Sts;
use crate::access_keys::account_of;
use crate::error::Error;
use service::{Ctx, Reply};

#[derive(serde::Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    access_key_id: String,
}

#[derive(serde::Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output {
    account: String,
}

pub(crate) async fn run(_: &Sts, _: &Ctx, input: Input) -> Result<Reply<Output>, Error> {
    match account_of(&input.access_key_id) {
        Some(account) => Ok(Reply::new(Output { account })),
        // UNVERIFIED: AWS's words for a text that is no key id.
        None => {
            Err(Error::Validation(format!("{} is not a valid access key id", input.access_key_id)))
        }
    }
}
