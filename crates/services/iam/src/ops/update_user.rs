//! `UpdateUser`: gives a user another name or path; keys go along.

use crate::Iam;
use crate::entity::{all_by, delete, find, name_is_free};
use crate::error::Error;
use crate::records::{AccessKey, BY_USER, Entity, User, key};
use crate::views::Empty;
use service::{Ctx, Reply};
use store::{Batch, Expect};

#[derive(serde::Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    user_name: String,
    new_path: Option<String>,
    new_user_name: Option<String>,
}

pub(crate) async fn run(_: &Iam, ctx: &Ctx, input: Input) -> Result<Reply<Empty>, Error> {
    let mut found = find::<User>(ctx, &input.user_name).await?;
    let mut batch = Batch::new();
    let old_key = found.key.clone();
    if let Some(path) = input.new_path {
        found.value.path = path;
    }
    if let Some(name) = input.new_user_name.filter(|name| *name != found.value.name) {
        if key(&name) != old_key {
            name_is_free::<User>(ctx, &name).await?;
            delete(&mut batch, &found);
            found.expect = Expect::Absent;
        }
        for mut access in all_by::<AccessKey>(ctx, AccessKey::KIND, BY_USER, &old_key).await? {
            access.value.user.clone_from(&name);
            let index = access.value.index();
            batch.put_indexed(AccessKey::KIND, access.key, &access.value, index, access.expect);
        }
        found.value.name = name;
    }
    let user = &found.value;
    batch.put_indexed(User::KIND, key(&user.name), user, user.index(), found.expect);
    Ok(Reply::with(Empty {}, batch))
}
