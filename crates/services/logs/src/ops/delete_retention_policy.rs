//! `DeleteRetentionPolicy`

use service::{Ctx, Reply};

use super::{Nothing, OfGroup, write_group};
use crate::names::find_group;
use crate::records::group_key;
use crate::retention::EXPIRE;
use crate::{Error, Logs};

pub(crate) async fn run(_: &Logs, ctx: &Ctx, input: OfGroup) -> Result<Reply<Nothing>, Error> {
    let mut found = find_group(ctx, &input.log_group_name).await?;
    found.value.retention_days = None;
    let work = group_key(&ctx.region, &input.log_group_name);
    Ok(write_group(found).cancel(EXPIRE, work))
}
