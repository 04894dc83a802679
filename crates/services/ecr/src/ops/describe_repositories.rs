//! `DescribeRepositories`.

use crate::Ecr;
use crate::error::Error;
use crate::records::{REPOSITORY, Repository, find, key};
use serde::Deserialize;
use serde_json::{Value, json};
use service::{Ctx, PageToken, Reply, page_size};
use store::Scan;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Input {
    registry_id: Option<String>,
    #[serde(default)]
    repository_names: Vec<String>,
    next_token: Option<String>,
    max_results: Option<i64>,
}

pub(crate) async fn run(_: &Ecr, ctx: &Ctx, input: Input) -> Result<Reply<Value>, Error> {
    if !input.repository_names.is_empty() {
        let mut repositories = Vec::new();
        for name in &input.repository_names {
            repositories.push(find(ctx, input.registry_id.as_deref(), name).await?.value.view());
        }
        return Ok(Reply::new(json!({"repositories": repositories})));
    }
    if input.registry_id.is_some_and(|id| id != ctx.account()) {
        return Ok(Reply::new(json!({"repositories": []})));
    }
    let prefix = key(&ctx.region, "");
    let token = PageToken { question: &prefix };
    let after = token.read(input.next_token.as_deref(), "InvalidParameterException")?;
    let mut scan = Scan::of(REPOSITORY, &prefix, page_size(input.max_results, 100, 1000));
    scan.after = after.as_deref();
    let (found, next) = ctx.records::<Repository>(REPOSITORY).scan(scan).await?;
    let repositories: Vec<Value> = found.iter().map(|found| found.value.view()).collect();
    let next = next.map(|cursor| token.make(&cursor));
    Ok(Reply::new(json!({"repositories": repositories, "nextToken": next})))
}
