//! `ListAttachedRolePolicies`: the managed policies attached to a role.

use crate::Iam;
use crate::carrier::{self, AttachedPolicies};
use crate::error::Error;
use crate::page::Paging;
use crate::records::Role;
use service::{Ctx, Reply};

#[derive(serde::Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    role_name: String,
    path_prefix: Option<String>,
    #[serde(flatten)]
    paging: Paging,
}

pub(crate) async fn run(
    _: &Iam,
    ctx: &Ctx,
    input: Input,
) -> Result<Reply<AttachedPolicies>, Error> {
    let Input { role_name, path_prefix, paging } = input;
    carrier::list_attached::<Role>(ctx, &role_name, path_prefix.as_deref(), &paging).await
}
