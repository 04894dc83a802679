//! `ListAccessKeys`: the access keys of a user, without secrets.

use crate::Iam;
use crate::caller::user_name_or_own;
use crate::entity::{all_by, find};
use crate::error::Error;
use crate::page::{Paging, Truncation};
use crate::records::{AccessKey, BY_USER, User};
use crate::{access_keys, views};
use service::{Ctx, Reply};

#[derive(serde::Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    user_name: Option<String>,
    #[serde(flatten)]
    paging: Paging,
}

#[derive(serde::Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output {
    access_key_metadata: Vec<Metadata>,
    #[serde(flatten)]
    truncation: Truncation,
}

pub(crate) async fn run(_: &Iam, ctx: &Ctx, input: Input) -> Result<Reply<Output>, Error> {
    let name = user_name_or_own(ctx, input.user_name)?;
    let user = find::<User>(ctx, &name).await?;
    let keys = all_by::<AccessKey>(ctx, AccessKey::KIND, BY_USER, &user.key).await?;
    let keys = keys.into_iter().map(|found| Metadata::new(found.value)).collect();
    let question = format!("access keys of {name}");
    let (access_key_metadata, truncation) =
        input.paging.page(&question, keys, |key: &Metadata| key.access_key_id.clone())?;
    Ok(Reply::new(Output { access_key_metadata, truncation }))
}

#[derive(serde::Serialize)]
#[serde(rename_all = "PascalCase")]
struct Metadata {
    user_name: String,
    access_key_id: String,
    status: &'static str,
    create_date: i64,
}

impl Metadata {
    fn new(key: AccessKey) -> Self {
        Self {
            status: access_keys::status(&key),
            user_name: key.user,
            access_key_id: key.id,
            create_date: views::seconds(key.created_ms),
        }
    }
}
