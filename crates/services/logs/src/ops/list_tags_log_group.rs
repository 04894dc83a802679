//! `ListTagsLogGroup`

use service::{Ctx, Reply};

use super::{OfGroup, Tags};
use crate::names::find_group;
use crate::{Error, Logs};

pub(crate) async fn run(_: &Logs, ctx: &Ctx, input: OfGroup) -> Result<Reply<Tags>, Error> {
    let tags = find_group(ctx, &input.log_group_name).await?.value.tags;
    Ok(Reply::new(Tags { tags }))
}
