//! `GetRepositoryPolicy`.

use crate::Ecr;
use crate::error::Error;
use crate::records::find;
use serde::Deserialize;
use serde_json::{Value, json};
use service::{Ctx, Reply};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Input {
    registry_id: Option<String>,
    repository_name: String,
}

pub(crate) async fn run(_: &Ecr, ctx: &Ctx, input: Input) -> Result<Reply<Value>, Error> {
    let found = find(ctx, input.registry_id.as_deref(), &input.repository_name).await?;
    let repository = found.value;
    let Some(text) = repository.policy else {
        return Err(Error::NoPolicy(repository.name, repository.account));
    };
    Ok(Reply::new(json!({
        "registryId": repository.account, "repositoryName": repository.name, "policyText": text,
    })))
}
