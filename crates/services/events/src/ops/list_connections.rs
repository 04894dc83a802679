//! `ListConnections`.

use crate::Events;
use crate::connection::{CONNECTION, Connection};
use crate::error::Error;
use crate::listing::page_of;
use serde::Deserialize;
use serde_json::{Value, json};
use service::{Ctx, PageToken, Reply, page_size};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    name_prefix: Option<String>,
    connection_state: Option<String>,
    next_token: Option<String>,
    limit: Option<i64>,
}

pub(crate) async fn run(_: &Events, ctx: &Ctx, input: Input) -> Result<Reply<Value>, Error> {
    let prefix = format!("{}/{}", ctx.region, input.name_prefix.unwrap_or_default());
    let question = format!("{prefix} {:?}", input.connection_state);
    let token = PageToken { question: &question };
    let after = token.read(input.next_token.as_deref(), "ValidationException")?;
    let all = ctx.records::<Connection>(CONNECTION).all(&prefix).await?;
    let wanted = |one: &Connection| input.connection_state.as_ref().is_none_or(|s| *s == one.state);
    let all = all.into_iter().map(|found| found.value).filter(wanted).collect();
    let size = page_size(input.limit, 100, 100);
    let (page, next) = page_of(all, |one: &Connection| &one.name, after.as_deref(), size);
    let listed: Vec<Value> = page.iter().map(|one| Value::Object(one.listed())).collect();
    Ok(Reply::new(json!({
        "Connections": listed, "NextToken": next.map(|cursor| token.make(&cursor)),
    })))
}
