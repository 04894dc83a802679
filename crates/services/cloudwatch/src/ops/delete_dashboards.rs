//! `DeleteDashboards`: all or none.

use crate::Cloudwatch;
use crate::error::Error;
use crate::ops::dashboard::{DASHBOARD, Dashboard};
use serde::Deserialize;
use serde_json::{Value, json};
use service::{Ctx, Reply};
use std::collections::BTreeSet;
use store::Batch;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    dashboard_names: BTreeSet<String>,
}

pub(crate) async fn run(_: &Cloudwatch, ctx: &Ctx, input: Input) -> Result<Reply<Value>, Error> {
    let mut batch = Batch::new();
    for name in input.dashboard_names {
        let found = ctx.records::<Dashboard>(DASHBOARD).get(&name).await?;
        let found = found.ok_or(Error::NoDashboard(name))?;
        batch.remove(DASHBOARD, found.key, found.expect);
    }
    Ok(Reply::with(json!({}), batch))
}
