//! `ListModelPackages`.

use crate::Sagemaker;
use crate::error::Error;
use crate::listing::{Question, page};
use crate::packages::{find_group, summary};
use crate::records::{PACKAGE, Package};
use serde_json::{Map, Value, json};
use service::{Ctx, Reply};

pub(crate) async fn run(
    _: &Sagemaker,
    ctx: &Ctx,
    input: Map<String, Value>,
) -> Result<Reply<Value>, Error> {
    let kind = input.get("ModelPackageType").and_then(Value::as_str);
    if input.get("ModelPackageGroupName").is_none() && !matches!(kind, Some("Versioned" | "Both")) {
        // AWS: without a group the list is of unversioned packages by default, and refit has none.
        return Ok(Reply::new(json!({"ModelPackageSummaryList": []})));
    }
    let group = match input.get("ModelPackageGroupName") {
        Some(given) => Some(find_group(ctx, Some(given)).await?.value.name),
        None => None,
    };
    let approval = input.get("ModelApprovalStatus").and_then(Value::as_str);
    let question = Question::of(ctx, PACKAGE, false, &input);
    let page = page::<Package>(ctx, &question, |package| {
        let is_wanted = group.as_ref().is_none_or(|group| *group == package.group)
            && approval.is_none_or(|approval| approval == package.approval)
            && question.admits(&package.group, package.created_ms);
        is_wanted.then(|| summary(package))
    })
    .await?;
    Ok(Reply::new(page.answer("ModelPackageSummaryList")))
}
