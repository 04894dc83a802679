//! `aws:sagemaker:getPrebuiltEcrImage`: where AWS keeps its own images, account by account and region by region.
// AWS: the registries that AWS publishes for SageMaker's algorithms and framework containers, as its Python SDK has them.

use super::invoke::{InvokeError, argument};
use crate::nearest::did_you_mean;
use crate::value::{Object, Value};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// Accounts by region, and which of these each repository has.
#[derive(Deserialize)]
struct Registries {
    registries: Vec<BTreeMap<String, String>>,
    repositories: BTreeMap<String, usize>,
}

static REGISTRIES: LazyLock<Registries> = LazyLock::new(|| {
    serde_json::from_str(include_str!("prebuilt_images.json"))
        .expect("the registries in the repository can be read")
});

/// The image of a repository, with a tag, in a region.
pub(super) fn find(arguments: &Object, region: &str) -> Result<Value, InvokeError> {
    if arguments.values().any(Value::has_unknown) {
        return Ok(Value::Unknown);
    }
    let given =
        |name: &str| arguments.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    let repository = argument(arguments, "repositoryName")?;
    let region = given("region").unwrap_or(region);
    let tag = given("imageTag").unwrap_or("1");
    let suffix = match region {
        region if region.starts_with("cn-") => "amazonaws.com.cn",
        _ => "amazonaws.com",
    };
    let suffix = given("dnsSuffix").unwrap_or(suffix);
    let Registries { registries, repositories } = &*REGISTRIES;
    let accounts = repositories.get(repository).and_then(|index| registries.get(*index));
    let accounts = accounts.ok_or_else(|| InvokeError {
        message: format!("refit knows no repository `{repository}` of AWS's own images"),
        hint: did_you_mean(repository, repositories.keys().map(String::as_str))
            .or_else(|| Some("write the image's address".to_owned())),
    })?;
    let account = accounts.get(region).ok_or_else(|| InvokeError {
        message: format!("AWS has no `{repository}` in the region {region}, as far as refit knows"),
        hint: Some("write the image's address".to_owned()),
    })?;
    let path = format!("{account}.dkr.ecr.{region}.{suffix}/{repository}:{tag}");
    let fields = [
        ("dnsSuffix", suffix),
        ("id", account),
        ("imageTag", tag),
        ("region", region),
        ("registryId", account),
        ("registryPath", &path),
        ("repositoryName", repository),
    ];
    let fields = fields.map(|(name, text)| (name.to_owned(), Value::string(text)));
    Ok(Value::Object(fields.into_iter().collect()))
}

#[cfg(test)]
mod tests {
    use super::{REGISTRIES, find};
    use crate::value::{Object, Value};

    #[test]
    fn images() {
        let cases = [
            (
                [("repositoryName", "sagemaker-xgboost"), ("imageTag", "1.7-1")],
                Some("683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1"),
            ),
            (
                [("repositoryName", "kmeans"), ("region", "eu-west-1")],
                Some("438346466558.dkr.ecr.eu-west-1.amazonaws.com/kmeans:1"),
            ),
            (
                [("repositoryName", "sagemaker-xgboost"), ("region", "cn-north-1")],
                Some("450853457545.dkr.ecr.cn-north-1.amazonaws.com.cn/sagemaker-xgboost:1"),
            ),
            ([("repositoryName", "sagemaker-xgbost"), ("imageTag", "1")], None),
            ([("repositoryName", "kmeans"), ("region", "moon-1")], None),
            ([("imageTag", "1"), ("region", "us-east-1")], None),
        ];
        for (given, expected) in cases {
            let given: Object = given
                .iter()
                .map(|(name, text)| ((*name).to_owned(), Value::string(*text)))
                .collect();
            let found = find(&given, "us-east-1").ok();
            let path = found.as_ref().and_then(|found| found.as_object()?.get("registryPath"));
            assert_eq!(path.and_then(Value::as_str), expected, "{given:?}");
        }
    }

    #[test]
    fn every_repository_has_registries() {
        let registries = &REGISTRIES.registries;
        for (name, index) in &REGISTRIES.repositories {
            assert!(registries.get(*index).is_some_and(|accounts| !accounts.is_empty()), "{name}");
        }
        let accounts = registries.iter().flat_map(std::collections::BTreeMap::values);
        assert!({ accounts }.all(|account| account.len() == 12));
    }
}
