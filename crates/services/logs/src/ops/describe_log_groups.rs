//! `DescribeLogGroups`

use serde::{Deserialize, Serialize};
use service::{Ctx, Found, Reply, page_size};
use store::Scan;

use super::page;
use crate::error::invalid;
use crate::names::{group_arn, group_in_arn};
use crate::records::{GROUPS, GroupRecord, group_key};
use crate::{Error, Logs};

/// Groups read at a time when most of them may not match.
const SCAN: usize = 500;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Input {
    log_group_name_prefix: Option<String>,
    log_group_name_pattern: Option<String>,
    log_group_class: Option<String>,
    #[serde(default)]
    log_group_identifiers: Vec<String>,
    next_token: Option<String>,
    limit: Option<i64>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Output {
    log_groups: Vec<Group>,
    next_token: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Group {
    log_group_name: String,
    /// Unix milliseconds.
    creation_time: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    retention_in_days: Option<i64>,
    metric_filter_count: u32,
    arn: String,
    log_group_arn: String,
    log_group_class: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    kms_key_id: Option<String>,
}

impl Group {
    fn of(ctx: &Ctx, name: &str, record: GroupRecord) -> Self {
        let arn = group_arn(ctx, name);
        Self {
            log_group_name: name.to_owned(),
            creation_time: record.created_ms,
            retention_in_days: record.retention_days,
            metric_filter_count: 0,
            arn: format!("{arn}:*"),
            log_group_arn: arn,
            log_group_class: record.class.unwrap_or_else(|| "STANDARD".to_owned()),
            kms_key_id: record.kms_key_id,
        }
    }
}

impl Input {
    /// Whether the group is asked for.
    fn wants(&self, name: &str, record: &GroupRecord) -> bool {
        let class = record.class.as_deref().unwrap_or("STANDARD");
        let pattern = self.log_group_name_pattern.as_deref();
        pattern.is_none_or(|part| name.to_lowercase().contains(&part.to_lowercase()))
            && self.log_group_class.as_deref().is_none_or(|wanted| wanted == class)
    }
}

pub(crate) async fn run(_: &Logs, ctx: &Ctx, input: Input) -> Result<Reply<Output>, Error> {
    if input.log_group_name_prefix.is_some() && input.log_group_name_pattern.is_some() {
        return Err(invalid(
            "LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.",
        ));
    }
    if !input.log_group_identifiers.is_empty() {
        return by_identifiers(ctx, &input.log_group_identifiers).await;
    }
    let prefix = group_key(&ctx.region, input.log_group_name_prefix.as_deref().unwrap_or_default());
    let question =
        format!("{prefix}\0{:?}{:?}", input.log_group_name_pattern, input.log_group_class);
    let pages = page(&question);
    let mut after = pages.read(input.next_token.as_deref(), "InvalidParameterException")?;
    let most = page_size(input.limit, 50, 50);
    let own = ctx.region.len() + 1;
    let mut groups: Vec<(String, Group)> = Vec::new();
    loop {
        let mut scan = Scan::of(GROUPS, &prefix, SCAN);
        scan.after = after.as_deref();
        let (found, next) = ctx.records::<GroupRecord>(GROUPS).scan(scan).await?;
        for Found { key, value, .. } in found {
            let name = key.get(own..).unwrap_or_default();
            if !input.wants(name, &value) {
                continue;
            }
            if groups.len() == most {
                let cursor = groups.last().map(|(key, _)| pages.make(key));
                return Ok(Reply::new(answer(groups, cursor)));
            }
            let group = Group::of(ctx, name, value);
            groups.push((key, group));
        }
        match next {
            Some(cursor) => after = Some(cursor),
            None => return Ok(Reply::new(answer(groups, None))),
        }
    }
}

fn answer(groups: Vec<(String, Group)>, next_token: Option<String>) -> Output {
    Output { log_groups: groups.into_iter().map(|(_, group)| group).collect(), next_token }
}

async fn by_identifiers(ctx: &Ctx, identifiers: &[String]) -> Result<Reply<Output>, Error> {
    let mut log_groups = Vec::new();
    for identifier in identifiers {
        let name = group_in_arn(identifier).unwrap_or_else(|| identifier.clone());
        let key = group_key(&ctx.region, &name);
        if let Some(found) = ctx.records::<GroupRecord>(GROUPS).get(&key).await? {
            log_groups.push(Group::of(ctx, &name, found.value));
        }
    }
    Ok(Reply::new(Output { log_groups, next_token: None }))
}
