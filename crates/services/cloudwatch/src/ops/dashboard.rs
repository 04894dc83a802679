//! Dashboards as they are stored: nobody draws them.

use serde::{Deserialize, Serialize};
use service::Ctx;
use std::collections::BTreeMap;

/// Record kind of [`Dashboard`]; the key is the name. Dashboards belong to no region.
pub(crate) const DASHBOARD: &str = "cloudwatch/dashboard";

/// A dashboard.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Dashboard {
    pub(crate) name: String,
    pub(crate) body: String,
    pub(crate) modified_ms: i64,
    pub(crate) tags: BTreeMap<String, String>,
}

/// A dashboard's ARN.
pub(crate) fn arn(ctx: &Ctx, name: &str) -> String {
    format!("arn:aws:cloudwatch::{}:dashboard/{name}", ctx.account())
}
