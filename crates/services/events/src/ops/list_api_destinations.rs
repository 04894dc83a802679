//! `ListApiDestinations`.

use crate::Events;
use crate::destination::{DESTINATION, Destination};
use crate::error::Error;
use crate::listing::page_of;
use serde::Deserialize;
use serde_json::{Value, json};
use service::{Ctx, PageToken, Reply, page_size};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    name_prefix: Option<String>,
    connection_arn: Option<String>,
    next_token: Option<String>,
    limit: Option<i64>,
}

pub(crate) async fn run(_: &Events, ctx: &Ctx, input: Input) -> Result<Reply<Value>, Error> {
    let prefix = format!("{}/{}", ctx.region, input.name_prefix.unwrap_or_default());
    let question = format!("{prefix} {:?}", input.connection_arn);
    let token = PageToken { question: &question };
    let after = token.read(input.next_token.as_deref(), "ValidationException")?;
    let all = ctx.records::<Destination>(DESTINATION).all(&prefix).await?;
    let wanted =
        |one: &Destination| input.connection_arn.as_ref().is_none_or(|a| *a == one.connection_arn);
    let all = all.into_iter().map(|found| found.value).filter(wanted).collect();
    let size = page_size(input.limit, 100, 100);
    let (page, next) = page_of(all, |one: &Destination| &one.name, after.as_deref(), size);
    let mut listed = Vec::with_capacity(page.len());
    for one in &page {
        listed.push(Value::Object(one.listed(ctx).await?));
    }
    Ok(Reply::new(json!({
        "ApiDestinations": listed, "NextToken": next.map(|cursor| token.make(&cursor)),
    })))
}
