//! `DescribeTransformJob`: the request, and what happened since.

use crate::Sagemaker;
use crate::error::Error;
use crate::jobs;
use crate::records::{Job, JobKind};
use serde_json::{Map, Value};
use service::{Ctx, Reply};

pub(crate) async fn run(
    _: &Sagemaker,
    ctx: &Ctx,
    input: Map<String, Value>,
) -> Result<Reply<Value>, Error> {
    let job = jobs::find(ctx, JobKind::Transform, &input).await?.value;
    Ok(Reply::new(view(&job)))
}

/// A transform job as AWS describes it.
pub(crate) fn view(job: &Job) -> Value {
    let mut view = jobs::view_base(job);
    // AWS: members with defaults are in the response.
    let defaults = [
        ("TransformInput", "CompressionType", "None"),
        ("TransformInput", "SplitType", "None"),
        ("TransformOutput", "Accept", ""),
        ("TransformOutput", "AssembleWith", "None"),
        ("TransformOutput", "KmsKeyId", ""),
    ];
    for (member, name, default) in defaults {
        if let Some(Value::Object(part)) = view.get_mut(member) {
            part.entry(name).or_insert_with(|| Value::from(default));
        }
    }
    Value::Object(view)
}
