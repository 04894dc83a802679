//! What is stored: repositories.

use crate::error::Error;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use service::{Ctx, Found};
use std::collections::BTreeMap;

/// Record kind of [`Repository`]; the key is `region/name`.
pub(crate) const REPOSITORY: &str = "ecr/repository";

/// A repository.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Repository {
    pub(crate) name: String,
    pub(crate) region: String,
    pub(crate) arn: String,
    pub(crate) account: String,
    pub(crate) created_ms: i64,
    pub(crate) tag_mutability: String,
    /// As the request gave them.
    pub(crate) exclusion_filters: Option<Value>,
    pub(crate) scan_on_push: bool,
    pub(crate) encryption: Value,
    pub(crate) policy: Option<String>,
    pub(crate) lifecycle_policy: Option<String>,
    pub(crate) tags: BTreeMap<String, String>,
}

/// One tag.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Tag {
    pub(crate) key: String,
    pub(crate) value: String,
}

/// The tags as they are stored.
pub(crate) fn to_map(tags: Vec<Tag>) -> BTreeMap<String, String> {
    tags.into_iter().map(|tag| (tag.key, tag.value)).collect()
}

impl Repository {
    /// The repository's record key.
    pub(crate) fn key(&self) -> String {
        key(&self.region, &self.name)
    }

    /// As `DescribeRepositories` shows it.
    pub(crate) fn view(&self) -> Value {
        let (account, region, name) = (&self.account, &self.region, &self.name);
        json!({
            "repositoryArn": self.arn,
            "registryId": account,
            "repositoryName": name,
            "repositoryUri": format!("{account}.dkr.ecr.{region}.amazonaws.com/{name}"),
            "createdAt": self.created_ms as f64 / 1000.0,
            "imageTagMutability": self.tag_mutability,
            "imageTagMutabilityExclusionFilters": self.exclusion_filters,
            "imageScanningConfiguration": {"scanOnPush": self.scan_on_push},
            "encryptionConfiguration": self.encryption,
        })
    }
}

/// The record key of a repository.
pub(crate) fn key(region: &str, name: &str) -> String {
    format!("{region}/{name}")
}

/// A repository's ARN.
pub(crate) fn arn(ctx: &Ctx, name: &str) -> String {
    ctx.arn("ecr", &format!("repository/{name}"))
}

/// The repository, or AWS's refusal. Another account's registry has none.
pub(crate) async fn find(
    ctx: &Ctx,
    registry: Option<&str>,
    name: &str,
) -> Result<Found<Repository>, Error> {
    let account = registry.unwrap_or(ctx.account());
    let absent = || Error::NoRepository(name.to_owned(), account.to_owned());
    if account != ctx.account() {
        return Err(absent());
    }
    let found = ctx.records::<Repository>(REPOSITORY).get(&key(&ctx.region, name)).await?;
    found.ok_or_else(absent)
}

/// The repository of an ARN.
pub(crate) async fn find_by_arn(ctx: &Ctx, arn: &str) -> Result<Found<Repository>, Error> {
    let name = arn
        .rsplit_once(":repository/")
        .map(|(_, name)| name)
        .filter(|name| arn == crate::records::arn(ctx, name));
    let Some(name) = name else {
        return Err(Error::Invalid("resourceArn", format!("{arn} is not the ARN of a repository")));
    };
    find(ctx, None, name).await
}
