//! `ListRolePolicies`: the names of the inline policies of a role.

use crate::Iam;
use crate::carrier::{self, InlineNames};
use crate::error::Error;
use crate::page::Paging;
use crate::records::Role;
use service::{Ctx, Reply};

#[derive(serde::Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    role_name: String,
    #[serde(flatten)]
    paging: Paging,
}

pub(crate) async fn run(_: &Iam, ctx: &Ctx, input: Input) -> Result<Reply<InlineNames>, Error> {
    carrier::list_inline::<Role>(ctx, &input.role_name, &input.paging).await
}
