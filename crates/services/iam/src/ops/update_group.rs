//! `UpdateGroup`: gives a group another name or path; its users go along.

use crate::Iam;
use crate::entity::{all_by, delete, find, name_is_free, save};
use crate::error::Error;
use crate::records::{BY_GROUP, Entity, Group, User, key};
use crate::views::Empty;
use service::{Ctx, Reply};
use store::{Batch, Expect};

#[derive(serde::Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    group_name: String,
    new_path: Option<String>,
    new_group_name: Option<String>,
}

pub(crate) async fn run(_: &Iam, ctx: &Ctx, input: Input) -> Result<Reply<Empty>, Error> {
    let mut found = find::<Group>(ctx, &input.group_name).await?;
    let mut batch = Batch::new();
    let old_key = found.key.clone();
    if let Some(path) = input.new_path {
        found.value.path = path;
    }
    if let Some(name) = input.new_group_name.filter(|name| *name != found.value.name) {
        if key(&name) != old_key {
            name_is_free::<Group>(ctx, &name).await?;
            delete(&mut batch, &found);
            found.expect = Expect::Absent;
        }
        for mut user in all_by::<User>(ctx, User::KIND, BY_GROUP, &old_key).await? {
            user.value.groups.remove(&found.value.name);
            user.value.groups.insert(name.clone());
            save(&mut batch, &user);
        }
        found.value.name = name;
    }
    let group = &found.value;
    batch.put_indexed(Group::KIND, key(&group.name), group, group.index(), found.expect);
    Ok(Reply::with(Empty {}, batch))
}
