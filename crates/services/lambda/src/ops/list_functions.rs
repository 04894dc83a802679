//! `ListFunctions`.

use crate::Lambda;
use crate::error::Error;
use crate::records::{FUNCTION, Function};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use service::{Ctx, PageToken, Reply, page_size};
use store::Scan;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    marker: Option<String>,
    max_items: Option<i64>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output {
    functions: Vec<Value>,
    next_marker: Option<String>,
}

pub(crate) async fn run(_: &Lambda, ctx: &Ctx, input: Input) -> Result<Reply<Output>, Error> {
    let prefix = format!("{}/", ctx.region);
    let token = PageToken { question: &prefix };
    let after = token.read(input.marker.as_deref(), "InvalidParameterValueException")?;
    let mut scan = Scan::of(FUNCTION, &prefix, page_size(input.max_items, 50, 50));
    scan.after = after.as_deref();
    let (found, next) = ctx.records::<Function>(FUNCTION).scan(scan).await?;
    let functions = found.iter().map(|found| found.value.view()).collect();
    Ok(Reply::new(Output { functions, next_marker: next.map(|cursor| token.make(&cursor)) }))
}
