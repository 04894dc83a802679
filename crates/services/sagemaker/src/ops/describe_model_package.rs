//! `DescribeModelPackage`.

use crate::Sagemaker;
use crate::error::Error;
use crate::packages::{find, summary};
use crate::records::seconds;
use serde_json::{Map, Value, json};
use service::{Ctx, Reply};

pub(crate) async fn run(
    _: &Sagemaker,
    ctx: &Ctx,
    input: Map<String, Value>,
) -> Result<Reply<Value>, Error> {
    let package = find(ctx, input.get("ModelPackageName")).await?.value;
    let mut view = package.request.clone();
    view.remove("ClientToken");
    if let Value::Object(members) = summary(&package) {
        view.extend(members.into_iter().filter(|(_, value)| !value.is_null()));
    }
    view.insert(
        "ModelPackageName".to_owned(),
        Value::from(format!("{}/{}", package.group, package.version)),
    );
    view.insert("ModelPackageStatusDetails".to_owned(), json!({"ValidationStatuses": []}));
    view.insert("CreatedBy".to_owned(), json!({"IamIdentity": {"Arn": package.created_by}}));
    view.insert("CertifyForMarketplace".to_owned(), Value::Bool(false));
    if let Some(text) = package.approval_description {
        view.insert("ApprovalDescription".to_owned(), Value::from(text));
    }
    if let Some(modified_ms) = package.modified_ms {
        view.insert("LastModifiedTime".to_owned(), seconds(modified_ms));
    }
    Ok(Reply::new(Value::Object(view)))
}
