//! `DeleteInstanceProfile`: deletes an instance profile that holds no role any more.

use crate::Iam;
use crate::entity::{delete, find};
use crate::error::Error;
use crate::records::InstanceProfile;
use crate::views::Empty;
use service::{Ctx, Reply};
use store::Batch;

#[derive(serde::Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    instance_profile_name: String,
}

pub(crate) async fn run(_: &Iam, ctx: &Ctx, input: Input) -> Result<Reply<Empty>, Error> {
    let found = find::<InstanceProfile>(ctx, &input.instance_profile_name).await?;
    if found.value.role.is_some() {
        return Err(Error::DeleteConflict(
            "Cannot delete entity, must remove roles from instance profile first.".to_owned(),
        ));
    }
    let mut batch = Batch::new();
    delete(&mut batch, &found);
    Ok(Reply::with(Empty {}, batch))
}
