//! `UpdateAccessKey`: switches an access key on or off.

use crate::Iam;
use crate::access_keys;
use crate::caller::user_name_or_own;
use crate::error::Error;
use crate::records::AccessKey;
use crate::views::Empty;
use service::{Ctx, Reply};
use store::Batch;

#[derive(serde::Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    user_name: Option<String>,
    access_key_id: String,
    status: String,
}

pub(crate) async fn run(_: &Iam, ctx: &Ctx, input: Input) -> Result<Reply<Empty>, Error> {
    let user = user_name_or_own(ctx, input.user_name)?;
    let mut found = access_keys::find(ctx, &user, &input.access_key_id).await?;
    found.value.active = match input.status.as_str() {
        "Active" => true,
        "Inactive" => false,
        other => return Err(Error::InvalidInput(format!("Status {other} cannot be set."))),
    };
    let index = found.value.index();
    let mut batch = Batch::new();
    batch.put_indexed(AccessKey::KIND, found.key, &found.value, index, found.expect);
    Ok(Reply::with(Empty {}, batch))
}
