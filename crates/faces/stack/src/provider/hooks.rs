//! What deleting takes that is no single call: emptying a bucket, emptying a model package group.

use super::Provider;
use super::call::{StepError, extract};
use super::scope::Scope;
use crate::types::{List, ResourceType};
use crate::value::Value;
use serde_json::{Value as Json, json};

impl Provider {
    pub(super) async fn hook(
        &self,
        name: &str,
        kind: &ResourceType,
        scope: &Scope<'_>,
    ) -> Result<(), StepError> {
        let text = |name: &str| {
            scope.lookup(name).and_then(|(value, _)| value.to_text()).unwrap_or_default()
        };
        match name {
            "empty_bucket" => self.delete_versions(kind, &text("id"), None).await,
            "delete_object_versions" => {
                self.delete_versions(kind, &text("bucket"), Some(&text("key"))).await
            }
            "empty_model_package_group" => self.delete_model_packages(kind, scope).await,
            other => Err(StepError::new(format!("there is no hook {other}"))),
        }
    }

    /// Deletes all versions of all objects, or of one. New objects that appear meanwhile are deleted too, until none is left.
    async fn delete_versions(
        &self,
        kind: &ResourceType,
        bucket: &str,
        key: Option<&str>,
    ) -> Result<(), StepError> {
        loop {
            let mut input = json!({ "Bucket": bucket });
            if let Some(key) = key {
                input["Prefix"] = json!(key);
            }
            let answer = self.send(kind, "ListObjectVersions", Some(input)).await?;
            let listed =
                ["Versions", "DeleteMarkers"].into_iter().filter_map(|name| answer.get(name));
            let objects: Vec<Json> = listed
                .filter_map(Json::as_array)
                .flatten()
                .filter(|version| {
                    key.is_none_or(|key| version.get("Key").and_then(Json::as_str) == Some(key))
                })
                .map(|version| {
                    let mut object = json!({ "Key": version.get("Key") });
                    if let Some(version) = version.get("VersionId").filter(|id| !id.is_null()) {
                        object["VersionId"] = version.clone();
                    }
                    object
                })
                .take(1000)
                .collect();
            if objects.is_empty() {
                return Ok(());
            }
            let input =
                json!({ "Bucket": bucket, "Delete": { "Objects": objects, "Quiet": true } });
            let answer = self.send(kind, "DeleteObjects", Some(input)).await?;
            if let Some(message) = extract(&answer, "Errors.0.Message") {
                let key = extract(&answer, "Errors.0.Key").unwrap_or_default();
                return Err(StepError::new(format!("DeleteObjects: {message} ({key})")));
            }
        }
    }

    /// The model packages of a group go with it when the user asked for the whole stack to be deleted, unless the group is
    /// tagged `refit:force-destroy` = `false`; else only when it is tagged `true`. AWS itself refuses to delete a group that
    /// holds packages, and so does this in all other cases.
    async fn delete_model_packages(
        &self,
        kind: &ResourceType,
        scope: &Scope<'_>,
    ) -> Result<(), StepError> {
        let tags = scope.lookup("tags").map(|(tags, _)| tags);
        let tag = tags.as_ref().and_then(|tags| tags.as_object()?.get("refit:force-destroy"));
        let tag = tag.and_then(Value::to_text);
        let is_allowed = match tag.as_deref() {
            Some("true") => true,
            Some(_) => false,
            None => self.is_destroying,
        };
        if !is_allowed {
            return Ok(());
        }
        let list = List {
            call: "ListModelPackages".to_owned(),
            input: json!({ "ModelPackageGroupName": "$id" }),
            items: "ModelPackageSummaryList".to_owned(),
            next: "NextToken".to_owned(),
            token: "NextToken".to_owned(),
            ..List::default()
        };
        for package in self.list(kind, &list, scope).await? {
            let Some(arn) = package.get("ModelPackageArn") else { continue };
            let input = json!({ "ModelPackageName": arn });
            match self.send(kind, "DeleteModelPackage", Some(input)).await {
                Err(error) if error.is_gone(kind) => {}
                result => drop(result?),
            }
        }
        Ok(())
    }
}
