//! `DescribeLogGroups`.

use crate::Logs;
use crate::error::Error;
use crate::names::{group_arn, identified};
use crate::records::{GROUP, Group, STREAM, Stream, group_key};
use serde::{Deserialize, Serialize};
use service::{Ctx, Found, PageToken, Reply, page_size};
use std::collections::BTreeSet;
use store::Scan;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Input {
    account_identifiers: Option<Vec<String>>,
    log_group_name_prefix: Option<String>,
    log_group_name_pattern: Option<String>,
    log_group_class: Option<String>,
    log_group_identifiers: Option<Vec<String>>,
    next_token: Option<String>,
    limit: Option<i64>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Output {
    log_groups: Vec<View>,
    next_token: Option<String>,
}

/// A group as it is described.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct View {
    log_group_name: String,
    creation_time: i64,
    arn: String,
    #[serde(flatten)]
    details: Option<Details>,
}

// AWS: DescribeLogGroups: with logGroupNamePattern these are left out.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Details {
    log_group_arn: String,
    log_group_class: String,
    metric_filter_count: u32,
    stored_bytes: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    retention_in_days: Option<i64>,
}

pub(crate) async fn run(_: &Logs, ctx: &Ctx, input: Input) -> Result<Reply<Output>, Error> {
    let refuse = |text: &str| Err(Error::Invalid(text.to_owned()));
    let has_name = input.log_group_name_prefix.is_some() || input.log_group_name_pattern.is_some();
    if input.log_group_name_prefix.is_some() && input.log_group_name_pattern.is_some() {
        // UNVERIFIED: the text.
        return refuse(
            "LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.",
        );
    }
    // No account is linked with this one, so `includeLinkedAccounts` adds nothing.
    let accounts = input.account_identifiers.as_deref().unwrap_or_default();
    if !accounts.is_empty() && !accounts.iter().any(|account| account == ctx.account()) {
        return Ok(Reply::new(Output { log_groups: Vec::new(), next_token: None }));
    }
    let (groups, next_token) = match &input.log_group_identifiers {
        Some(_) if has_name => {
            // UNVERIFIED: the text.
            return refuse(
                "logGroupIdentifiers cannot be used with logGroupNamePrefix or logGroupNamePattern.",
            );
        }
        Some(identifiers) => (named(ctx, identifiers).await?, None),
        None => listed(ctx, &input).await?,
    };
    let has_details = input.log_group_name_pattern.is_none();
    let mut log_groups = Vec::new();
    for group in groups {
        log_groups.push(view(ctx, group, has_details).await?);
    }
    Ok(Reply::new(Output { log_groups, next_token }))
}

/// The groups of these names and ARNs, without those that are not there.
async fn named(ctx: &Ctx, identifiers: &[String]) -> Result<Vec<Found<Group>>, Error> {
    let mut keys = BTreeSet::new();
    for identifier in identifiers {
        match identified(ctx, identifier) {
            Ok(name) => keys.insert(group_key(&ctx.region, &name)),
            Err(Error::NoGroup) => continue,
            Err(error) => return Err(error),
        };
    }
    let mut groups = Vec::new();
    for key in keys {
        groups.extend(ctx.records::<Group>(GROUP).get(&key).await?);
    }
    Ok(groups)
}

/// A page of the groups asked for, and the next page's token.
async fn listed(ctx: &Ctx, input: &Input) -> Result<(Vec<Found<Group>>, Option<String>), Error> {
    let prefix = group_key(&ctx.region, input.log_group_name_prefix.as_deref().unwrap_or_default());
    let (pattern, class) = (&input.log_group_name_pattern, &input.log_group_class);
    let question = format!("{GROUP} {prefix} {pattern:?} {class:?}");
    let token = PageToken { question: &question };
    let read = token.read(input.next_token.as_deref(), "InvalidParameterException");
    let mut after = read.map_err(|_| Error::Token)?;
    let size = page_size(input.limit, 50, 50);
    let mut groups = Vec::new();
    loop {
        // A record more than fits would be skipped by the next page's cursor.
        let scan =
            Scan { after: after.as_deref(), ..Scan::of(GROUP, &prefix, size - groups.len()) };
        let (found, next) = ctx.records::<Group>(GROUP).scan(scan).await?;
        groups.extend(found.into_iter().filter(|found| {
            let group = &found.value;
            pattern.as_ref().is_none_or(|part| group.name.contains(part.as_str()))
                && class.as_ref().is_none_or(|class| *class == group.class)
        }));
        match next {
            None => return Ok((groups, None)),
            Some(cursor) if groups.len() >= size => {
                return Ok((groups, Some(token.make(&cursor))));
            }
            Some(cursor) => after = Some(cursor),
        }
    }
}

async fn view(ctx: &Ctx, found: Found<Group>, has_details: bool) -> Result<View, Error> {
    let group = found.value;
    let arn = group_arn(ctx, &group.name);
    let mut view = View {
        creation_time: group.created_ms,
        arn: format!("{arn}:*"),
        log_group_name: group.name,
        details: None,
    };
    if has_details {
        let streams = ctx.records::<Stream>(STREAM).all(&format!("{}:", found.key)).await?;
        view.details = Some(Details {
            log_group_arn: arn,
            log_group_class: group.class,
            metric_filter_count: 0,
            stored_bytes: streams.iter().map(|stream| stream.value.stored_bytes).sum(),
            retention_in_days: group.retention_days,
        });
    }
    Ok(view)
}
