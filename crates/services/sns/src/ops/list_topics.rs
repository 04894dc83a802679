//! `ListTopics`.

use crate::Sns;
use crate::error::Error;
use crate::records::{TOPIC, Topic};
use serde::Deserialize;
use serde_json::{Value, json};
use service::{Ctx, PageToken, Reply};
use store::Scan;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    next_token: Option<String>,
}

pub(crate) async fn run(_: &Sns, ctx: &Ctx, input: Input) -> Result<Reply<Value>, Error> {
    let prefix = ctx.arn("sns", "");
    let token = PageToken { question: &prefix };
    let after = token.read(input.next_token.as_deref(), "InvalidParameterException")?;
    let mut scan = Scan::of(TOPIC, &prefix, 100);
    scan.after = after.as_deref();
    let (found, next) = ctx.records::<Topic>(TOPIC).scan(scan).await?;
    let topics: Vec<Value> = found.iter().map(|f| json!({"TopicArn": f.value.arn})).collect();
    let next = next.map(|cursor| token.make(&cursor));
    Ok(Reply::new(json!({"Topics": topics, "NextToken": next})))
}
