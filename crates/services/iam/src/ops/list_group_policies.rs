//! `ListGroupPolicies`: the names of the inline policies of a group.

use crate::Iam;
use crate::carrier::{self, InlineNames};
use crate::error::Error;
use crate::page::Paging;
use crate::records::Group;
use service::{Ctx, Reply};

#[derive(serde::Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    group_name: String,
    #[serde(flatten)]
    paging: Paging,
}

pub(crate) async fn run(_: &Iam, ctx: &Ctx, input: Input) -> Result<Reply<InlineNames>, Error> {
    carrier::list_inline::<Group>(ctx, &input.group_name, &input.paging).await
}
