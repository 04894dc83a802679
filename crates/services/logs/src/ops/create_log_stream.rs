//! `CreateLogStream`

use service::{Ctx, Reply};
use store::{Batch, Expect};

use super::{Nothing, OfStream};
use crate::names::find_group;
use crate::records::{STREAMS, StreamRecord, last_event_entry, stream_key};
use crate::{Error, Logs};

pub(crate) async fn run(_: &Logs, ctx: &Ctx, input: OfStream) -> Result<Reply<Nothing>, Error> {
    let group = find_group(ctx, &input.log_group_name).await?;
    let key = stream_key(&ctx.region, &input.log_group_name, &input.log_stream_name);
    if ctx.records::<StreamRecord>(STREAMS).get(&key).await?.is_some() {
        return Err(Error::StreamExists);
    }
    let record = StreamRecord { created_ms: ctx.now_ms, ..StreamRecord::default() };
    let index = last_event_entry(&ctx.region, &input.log_group_name, &record);
    let mut batch = Batch::new();
    // The group must not be deleted meanwhile.
    batch.checks.push((crate::records::GROUPS.to_owned(), group.key, group.expect));
    batch.put_indexed(STREAMS, key, &record, index, Expect::Absent);
    Ok(Reply::with(Nothing {}, batch))
}
