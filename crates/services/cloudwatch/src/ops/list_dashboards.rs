//! `ListDashboards`.

use crate::Cloudwatch;
use crate::alarm::seconds;
use crate::error::Error;
use crate::ops::dashboard::{DASHBOARD, Dashboard, arn};
use serde::Deserialize;
use serde_json::{Value, json};
use service::{Ctx, PageToken, Reply};
use store::Scan;

const PAGE: usize = 1000;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    dashboard_name_prefix: Option<String>,
    next_token: Option<String>,
}

pub(crate) async fn run(_: &Cloudwatch, ctx: &Ctx, input: Input) -> Result<Reply<Value>, Error> {
    let prefix = input.dashboard_name_prefix.unwrap_or_default();
    let token = PageToken { question: &prefix };
    let after = token.read(input.next_token.as_deref(), "InvalidParameterValueException")?;
    let mut scan = Scan::of(DASHBOARD, &prefix, PAGE);
    scan.after = after.as_deref();
    let (found, next) = ctx.records::<Dashboard>(DASHBOARD).scan(scan).await?;
    let entries: Vec<Value> = found
        .into_iter()
        .map(|found| {
            let dashboard = found.value;
            json!({
                "DashboardName": dashboard.name, "DashboardArn": arn(ctx, &dashboard.name),
                "LastModified": seconds(dashboard.modified_ms), "Size": dashboard.body.len(),
            })
        })
        .collect();
    let next = next.map(|cursor| token.make(&cursor));
    Ok(Reply::new(json!({"DashboardEntries": entries, "NextToken": next})))
}
