//! `CreateLogGroup`.

use crate::Logs;
use crate::error::Error;
use crate::records::{GROUP, Group, group_key};
use serde::Deserialize;
use serde_json::{Value, json};
use service::{Ctx, Reply};
use std::collections::BTreeMap;
use store::{Batch, Expect};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Input {
    log_group_name: String,
    kms_key_id: Option<String>,
    #[serde(default)]
    tags: BTreeMap<String, String>,
    log_group_class: Option<String>,
    deletion_protection_enabled: Option<bool>,
}

pub(crate) async fn run(_: &Logs, ctx: &Ctx, input: Input) -> Result<Reply<Value>, Error> {
    let refuse = |text: &str| Err(Error::Invalid(text.to_owned()));
    if input.kms_key_id.is_some() {
        return refuse("refit does not encrypt log groups: leave kmsKeyId out.");
    }
    if input.deletion_protection_enabled == Some(true) {
        return refuse(
            "refit does not protect log groups from deletion: leave deletionProtectionEnabled out.",
        );
    }
    let class = input.log_group_class.unwrap_or_else(|| "STANDARD".to_owned());
    if class == "DELIVERY" {
        return refuse(
            "refit has no log groups of class DELIVERY: use STANDARD or INFREQUENT_ACCESS.",
        );
    }
    // AWS: CreateLogGroup: names cannot start with `aws/`. UNVERIFIED: the text.
    if input.log_group_name.starts_with("aws/") {
        return refuse("Log groups starting with AWS/ are reserved for AWS.");
    }
    let key = group_key(&ctx.region, &input.log_group_name);
    if ctx.records::<Group>(GROUP).get(&key).await?.is_some() {
        return Err(Error::GroupExists);
    }
    let group = Group {
        name: input.log_group_name,
        class,
        created_ms: ctx.now_ms,
        retention_days: None,
        tags: input.tags,
    };
    let mut batch = Batch::new();
    batch.put(GROUP, key, &group, Expect::Absent);
    Ok(Reply::with(json!({}), batch))
}
