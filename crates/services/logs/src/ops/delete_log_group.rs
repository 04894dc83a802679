//! `DeleteLogGroup`

use service::{Ctx, Reply};
use store::Batch;

use super::{Nothing, OfGroup};
use crate::names::find_group;
use crate::records::{CHUNKS, GROUPS, STREAMS, group_key, stream_key};
use crate::retention::EXPIRE;
use crate::{Error, Logs};

pub(crate) async fn run(_: &Logs, ctx: &Ctx, input: OfGroup) -> Result<Reply<Nothing>, Error> {
    let found = find_group(ctx, &input.log_group_name).await?;
    let prefix = stream_key(&ctx.region, &input.log_group_name, "");
    let mut batch = Batch::new();
    batch.remove(GROUPS, found.key, found.expect);
    batch.remove_prefixes.push((STREAMS.to_owned(), prefix.clone()));
    batch.remove_prefixes.push((CHUNKS.to_owned(), prefix));
    let work = group_key(&ctx.region, &input.log_group_name);
    Ok(Reply::with(Nothing {}, batch).cancel(EXPIRE, work))
}
