//! `ListModelPackageGroups`.

use crate::Sagemaker;
use crate::error::Error;
use crate::listing::{Question, page};
use crate::records::{GROUP, PackageGroup, seconds};
use serde_json::{Map, Value, json};
use service::{Ctx, Reply};

pub(crate) async fn run(
    _: &Sagemaker,
    ctx: &Ctx,
    input: Map<String, Value>,
) -> Result<Reply<Value>, Error> {
    let question = Question::of(ctx, GROUP, false, &input);
    let page = page::<PackageGroup>(ctx, &question, |group| {
        question.admits(&group.name, group.created_ms).then(|| {
            json!({
                "ModelPackageGroupName": group.name,
                "ModelPackageGroupArn": group.arn,
                "ModelPackageGroupDescription": group.description,
                "CreationTime": seconds(group.created_ms),
                "ModelPackageGroupStatus": "Completed",
            })
        })
    })
    .await?;
    Ok(Reply::new(page.answer("ModelPackageGroupSummaryList")))
}
