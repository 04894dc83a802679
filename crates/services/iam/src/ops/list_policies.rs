//! `ListPolicies`: managed policies: the customer's and those of AWS that refit carries.

use crate::Iam;
use crate::entity::all;
use crate::error::Error;
use crate::managed::{self, aws_policies};
use crate::page::{Paging, Truncation};
use crate::records::{self, Entity};
use crate::views::{self, Usage};
use service::{Ctx, Reply};

#[derive(serde::Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    scope: Option<String>,
    only_attached: Option<bool>,
    path_prefix: Option<String>,
    policy_usage_filter: Option<String>,
    #[serde(flatten)]
    paging: Paging,
}

#[derive(serde::Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output {
    policies: Vec<views::Policy>,
    #[serde(flatten)]
    truncation: Truncation,
}

pub(crate) async fn run(_: &Iam, ctx: &Ctx, input: Input) -> Result<Reply<Output>, Error> {
    let scope = input.scope.as_deref().unwrap_or("All");
    let prefix = input.path_prefix.as_deref().unwrap_or("/");
    let only_attached = input.only_attached.unwrap_or(false);
    let filter = input.policy_usage_filter.as_deref();
    let wanted = |usage: Usage| match filter {
        Some("PermissionsPolicy") => usage.attachments > 0,
        Some("PermissionsBoundary") => usage.boundaries > 0,
        _ => true,
    } && (!only_attached || usage.attachments > 0);
    let mut policies = Vec::new();
    if scope != "AWS" {
        for policy in all::<records::Policy>(ctx, Some(prefix)).await? {
            let usage = managed::usage(ctx, &policy.arn(ctx.account())).await?;
            if wanted(usage) {
                policies.push(views::Policy::listed(ctx.account(), &policy, usage));
            }
        }
    }
    if scope != "Local" {
        for policy in aws_policies().filter(|policy| policy.path.starts_with(prefix)) {
            let usage = managed::usage(ctx, &policy.arn).await?;
            if wanted(usage) {
                policies.push(views::Policy::aws(policy, usage));
            }
        }
    }
    let question = format!("policies {scope} {prefix} {only_attached} {filter:?}");
    let (policies, truncation) = input.paging.page(&question, policies, views::Policy::cursor)?;
    Ok(Reply::new(Output { policies, truncation }))
}
