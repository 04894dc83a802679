//! A page of subscriptions.

use crate::error::Error;
use crate::records::{SUBSCRIPTION, Subscription, view};
use serde_json::{Value, json};
use service::{Ctx, PageToken, Reply};
use store::Scan;

/// Subscriptions whose ARN starts with `prefix`, 100 at a time.
pub(crate) async fn page(
    ctx: &Ctx,
    prefix: &str,
    token: Option<&str>,
) -> Result<Reply<Value>, Error> {
    let tokens = PageToken { question: prefix };
    let after = tokens.read(token, "InvalidParameterException")?;
    let mut scan = Scan::of(SUBSCRIPTION, prefix, 100);
    scan.after = after.as_deref();
    let (found, next) = ctx.records::<Subscription>(SUBSCRIPTION).scan(scan).await?;
    let subscriptions: Vec<Value> = found.iter().map(|found| view(&found.value)).collect();
    let next = next.map(|cursor| tokens.make(&cursor));
    Ok(Reply::new(json!({"Subscriptions": subscriptions, "NextToken": next})))
}
