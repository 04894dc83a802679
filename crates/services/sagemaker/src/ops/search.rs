//! `Search`.

use crate::Sagemaker;
use crate::error::Error;
use crate::search::{admits, all, expression, sort};
use serde_json::{Map, Value, json};
use service::{Ctx, PageToken, Reply, page_size};

pub(crate) async fn run(
    _: &Sagemaker,
    ctx: &Ctx,
    input: Map<String, Value>,
) -> Result<Reply<Value>, Error> {
    let text = |member: &str| input.get(member).and_then(Value::as_str);
    let (member, found) = all(ctx, text("Resource").unwrap_or_default()).await?;
    let expression = expression(&input);
    let mut wanted = Vec::new();
    for resource in found {
        if admits(&expression, &resource)? {
            wanted.push(resource);
        }
    }
    // AWS: the default is LastModifiedTime, descending.
    let property = text("SortBy").unwrap_or("LastModifiedTime");
    sort(&mut wanted, property, text("SortOrder") != Some("Ascending"));
    let size = page_size(input.get("MaxResults").and_then(Value::as_i64), 10, 100);
    let mut asked = input.clone();
    asked.remove("NextToken");
    asked.remove("MaxResults");
    let question = Value::Object(asked).to_string();
    let token = PageToken { question: &question };
    let from = token.read(text("NextToken"), "ValidationException")?;
    let from: usize = from.and_then(|from| from.parse().ok()).unwrap_or(0);
    let next = from.saturating_add(size);
    let total = wanted.len();
    let page = wanted.into_iter().skip(from).take(size);
    let page: Vec<Value> = page.map(|resource| json!({member: resource})).collect();
    let next = (next < total).then(|| token.make(&next.to_string()));
    Ok(Reply::new(json!({
        "Results": page,
        "NextToken": next,
        "TotalHits": {"Value": total, "Relation": "EqualTo"},
    })))
}
