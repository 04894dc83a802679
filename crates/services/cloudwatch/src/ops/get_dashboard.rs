//! `GetDashboard`.

use crate::Cloudwatch;
use crate::error::Error;
use crate::ops::dashboard::{DASHBOARD, Dashboard, arn};
use serde::Deserialize;
use serde_json::{Value, json};
use service::{Ctx, Reply};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    dashboard_name: String,
}

pub(crate) async fn run(_: &Cloudwatch, ctx: &Ctx, input: Input) -> Result<Reply<Value>, Error> {
    let name = input.dashboard_name;
    let found = ctx.records::<Dashboard>(DASHBOARD).get(&name).await?;
    let dashboard = found.ok_or_else(|| Error::NoDashboard(name.clone()))?.value;
    Ok(Reply::new(json!({
        "DashboardArn": arn(ctx, &name), "DashboardBody": dashboard.body, "DashboardName": name,
    })))
}
