//! `CreateAccessKey`: makes an access key of a user; the only answer that shows its secret.

use crate::Iam;
use crate::access_keys::{self, ACCESS_KEYS_MOST};
use crate::caller::user_name_or_own;
use crate::entity::{all_by, exceeded, find, save};
use crate::error::Error;
use crate::records::{self, BY_USER, User};
use crate::views;
use service::{Ctx, Reply};
use store::Batch;

#[derive(serde::Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    user_name: Option<String>,
}

#[derive(serde::Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output {
    access_key: AccessKey,
}

pub(crate) async fn run(_: &Iam, ctx: &Ctx, input: Input) -> Result<Reply<Output>, Error> {
    let name = user_name_or_own(ctx, input.user_name)?;
    let user = find::<User>(ctx, &name).await?;
    let kind = records::AccessKey::KIND;
    let keys = all_by::<records::AccessKey>(ctx, kind, BY_USER, &user.key).await?;
    if keys.len() >= ACCESS_KEYS_MOST {
        return Err(exceeded("AccessKeysPerUser", ACCESS_KEYS_MOST));
    }
    let key = access_keys::new(ctx, &user.value.name);
    let mut batch = Batch::new();
    access_keys::create(&mut batch, &key);
    save(&mut batch, &user);
    let access_key = AccessKey {
        user_name: key.user,
        access_key_id: key.id,
        status: "Active",
        secret_access_key: key.secret,
        create_date: views::seconds(key.created_ms),
    };
    Ok(Reply::with(Output { access_key }, batch))
}

#[derive(serde::Serialize)]
#[serde(rename_all = "PascalCase")]
#[allow(clippy::struct_field_names, reason = "the fields carry the names of AWS's members")]
struct AccessKey {
    user_name: String,
    access_key_id: String,
    status: &'static str,
    secret_access_key: String,
    create_date: i64,
}
