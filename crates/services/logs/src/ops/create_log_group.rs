//! `CreateLogGroup`

use std::collections::BTreeMap;

use serde::Deserialize;
use service::{Ctx, Reply};
use store::{Batch, Expect};

use super::{Nothing, check_tags};
use crate::records::{GROUPS, GroupRecord, group_key};
use crate::{Error, Logs};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Input {
    log_group_name: String,
    #[serde(default)]
    tags: BTreeMap<String, String>,
    log_group_class: Option<String>,
    kms_key_id: Option<String>,
}

pub(crate) async fn run(_: &Logs, ctx: &Ctx, input: Input) -> Result<Reply<Nothing>, Error> {
    check_tags(&input.tags)?;
    let key = group_key(&ctx.region, &input.log_group_name);
    if ctx.records::<GroupRecord>(GROUPS).get(&key).await?.is_some() {
        return Err(Error::GroupExists);
    }
    let record = GroupRecord {
        created_ms: ctx.now_ms,
        retention_days: None,
        tags: input.tags,
        class: input.log_group_class,
        kms_key_id: input.kms_key_id,
    };
    let mut batch = Batch::new();
    batch.put(GROUPS, key, &record, Expect::Absent);
    Ok(Reply::with(Nothing {}, batch))
}
