//! `DeleteLogStream`

use service::{Ctx, Reply};
use store::Batch;

use super::{Nothing, OfStream};
use crate::names::find_stream;
use crate::records::{CHUNKS, STREAMS, chunks_prefix};
use crate::{Error, Logs};

pub(crate) async fn run(_: &Logs, ctx: &Ctx, input: OfStream) -> Result<Reply<Nothing>, Error> {
    let (group, stream) = (&input.log_group_name, &input.log_stream_name);
    let found = find_stream(ctx, group, stream).await?;
    let mut batch = Batch::new();
    batch.remove(STREAMS, found.key, found.expect);
    batch.remove_prefixes.push((CHUNKS.to_owned(), chunks_prefix(&ctx.region, group, stream)));
    Ok(Reply::with(Nothing {}, batch))
}
