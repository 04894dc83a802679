//! `AddPermission`: a statement in the queue's policy that lets other accounts use the queue.

use super::Nothing;
use crate::error::Error;
use crate::permission::{self, Permission};
use crate::records::put_queue;
use crate::{Sqs, address};
use serde::Deserialize;
use service::{Ctx, Reply};
use store::Batch;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    queue_url: Option<String>,
    label: Option<String>,
    #[serde(rename = "AWSAccountIds")]
    accounts: Option<Vec<String>>,
    actions: Option<Vec<String>>,
}

pub(crate) async fn run(_: &Sqs, ctx: &Ctx, input: Input) -> Result<Reply<Nothing>, Error> {
    let found = address::find(ctx, input.queue_url.as_deref()).await?;
    let label = super::remove_permission::label(input.label)?;
    let given = |list: Option<Vec<String>>, name: &str| {
        list.filter(|list| !list.is_empty()).ok_or_else(|| Error::Missing(name.to_owned()))
    };
    let actions = given(input.actions, "Actions")?;
    let accounts = given(input.accounts, "AWSAccountIds")?;
    let mut queue = found.value;
    let wanted = Permission { label: &label, accounts: &accounts, actions: &actions };
    permission::add(ctx, &mut queue, &wanted)?;
    queue.modified_ms = ctx.now_ms;
    let mut batch = Batch::new();
    put_queue(&mut batch, &queue, found.expect);
    Ok(Reply::with(Nothing {}, batch))
}
