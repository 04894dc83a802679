//! `PutDashboard`.

use crate::Cloudwatch;
use crate::error::Error;
use crate::ops::dashboard::{DASHBOARD, Dashboard};
use crate::tags::{Tag, to_map};
use serde::Deserialize;
use serde_json::{Value, json};
use service::{Ctx, Reply};
use store::{Batch, Expect};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    dashboard_name: String,
    dashboard_body: String,
    #[serde(default)]
    tags: Vec<Tag>,
}

pub(crate) async fn run(_: &Cloudwatch, ctx: &Ctx, input: Input) -> Result<Reply<Value>, Error> {
    let name = input.dashboard_name;
    // AWS: PutDashboard: names have A-Z, a-z, 0-9, "-" and "_".
    let is_plain = |c: u8| c.is_ascii_alphanumeric() || c == b'-' || c == b'_';
    if name.is_empty() || name.len() > 255 || !name.bytes().all(is_plain) {
        return Err(Error::InvalidValue(format!(
            "The value {name} for field DashboardName contains invalid characters. It can only contain alphanumerics, dash (-) and underscore (_)."
        )));
    }
    match serde_json::from_str::<Value>(&input.dashboard_body) {
        Ok(Value::Object(_)) => {}
        Ok(_) => return Err(Error::Dashboard("The body is not a JSON object".to_owned())),
        Err(error) => return Err(Error::Dashboard(format!("The body is not JSON: {error}"))),
    }
    let found = ctx.records::<Dashboard>(DASHBOARD).get(&name).await?;
    let expect = found.as_ref().map_or(Expect::Absent, |found| found.expect);
    let tags = found.map_or_else(|| to_map(input.tags), |found| found.value.tags);
    let dashboard =
        Dashboard { name: name.clone(), body: input.dashboard_body, modified_ms: ctx.now_ms, tags };
    let mut batch = Batch::new();
    batch.put(DASHBOARD, name, &dashboard, expect);
    Ok(Reply::with(json!({"DashboardValidationMessages": []}), batch))
}
