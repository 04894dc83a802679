//! What the model registry's operations share.

use crate::error::Error;
use crate::records::{GROUP, PACKAGE, Package, PackageGroup, key, package_key};
use serde_json::{Value, json};
use service::{Arn, Ctx, Found};

/// The words of `ModelApprovalStatus`.
pub(crate) const PENDING: &str = "PendingManualApproval";

/// The group of a name or an ARN.
pub(crate) async fn find_group(
    ctx: &Ctx,
    given: Option<&Value>,
) -> Result<Found<PackageGroup>, Error> {
    let given = given.and_then(Value::as_str).unwrap_or_default();
    let name = given.rsplit('/').next().unwrap_or(given);
    let found = ctx.records::<PackageGroup>(GROUP).get(&key(&ctx.region, name)).await?;
    found.ok_or_else(|| Error::Validation(format!("ModelPackageGroup {name} does not exist.")))
}

/// The package of an ARN.
pub(crate) async fn find(ctx: &Ctx, given: Option<&Value>) -> Result<Found<Package>, Error> {
    let given = given.and_then(Value::as_str).unwrap_or_default();
    let missing = || Error::Validation(format!("ModelPackage {given} does not exist."));
    let arn = Arn::parse(given).map_err(|_| missing())?;
    let mut parts = arn.resource.split('/');
    let (Some("model-package"), Some(group), Some(version), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(missing());
    };
    if arn.account != ctx.account() || arn.region != ctx.region {
        return Err(missing());
    }
    let version = version.parse().map_err(|_| missing())?;
    let record_key = package_key(&arn.region, group, version);
    ctx.records::<Package>(PACKAGE).get(&record_key).await?.ok_or_else(missing)
}

/// What both the list and the description of a package show.
pub(crate) fn summary(package: &Package) -> Value {
    json!({
        "ModelPackageGroupName": package.group,
        "ModelPackageVersion": package.version,
        "ModelPackageArn": package.arn,
        "ModelPackageDescription": package.request.get("ModelPackageDescription"),
        "CreationTime": crate::records::seconds(package.created_ms),
        "ModelPackageStatus": "Completed",
        "ModelApprovalStatus": package.approval,
    })
}

/// A package as AWS describes it.
pub(crate) fn view(package: &Package) -> Value {
    let mut view = package.request.clone();
    view.remove("ClientToken");
    if let Value::Object(members) = summary(package) {
        view.extend(members.into_iter().filter(|(_, value)| !value.is_null()));
    }
    view.insert(
        "ModelPackageName".to_owned(),
        Value::from(format!("{}/{}", package.group, package.version)),
    );
    view.insert("ModelPackageStatusDetails".to_owned(), json!({"ValidationStatuses": []}));
    view.insert("CreatedBy".to_owned(), json!({"IamIdentity": {"Arn": package.created_by}}));
    view.insert("CertifyForMarketplace".to_owned(), Value::Bool(false));
    if let Some(text) = &package.approval_description {
        view.insert("ApprovalDescription".to_owned(), Value::from(text.as_str()));
    }
    if let Some(modified_ms) = package.modified_ms {
        view.insert("LastModifiedTime".to_owned(), crate::records::seconds(modified_ms));
    }
    Value::Object(view)
}

/// A group as AWS describes it.
pub(crate) fn group_view(group: &PackageGroup) -> Value {
    let mut view = json!({
        "ModelPackageGroupName": group.name,
        "ModelPackageGroupArn": group.arn,
        "CreationTime": crate::records::seconds(group.created_ms),
        "CreatedBy": {"IamIdentity": {"Arn": group.created_by}},
        "ModelPackageGroupStatus": "Completed",
    });
    if let Some(description) = &group.description {
        view["ModelPackageGroupDescription"] = json!(description);
    }
    view
}

/// The event that tells of a package's approval status.
// AWS: automating-sagemaker-with-eventbridge: SageMaker Model Package State Change.
pub(crate) fn event(package: &Package) -> Value {
    let mut detail = summary(package);
    detail["CreationTime"] = json!(package.created_ms);
    detail["ApprovalDescription"] = json!(package.approval_description);
    detail["CustomerMetadataProperties"] = json!(package.request.get("CustomerMetadataProperties"));
    detail
}
