//! `DescribeModel`.

use crate::Sagemaker;
use crate::error::Error;
use crate::models::find;
use crate::records::seconds;
use serde_json::{Map, Value};
use service::{Ctx, Reply};

pub(crate) async fn run(
    _: &Sagemaker,
    ctx: &Ctx,
    input: Map<String, Value>,
) -> Result<Reply<Value>, Error> {
    let model = find(ctx, &input).await?.value;
    let mut view = model.request;
    view.insert("ModelArn".to_owned(), Value::from(model.arn));
    view.insert("CreationTime".to_owned(), seconds(model.created_ms));
    view.entry("EnableNetworkIsolation").or_insert(Value::Bool(false));
    Ok(Reply::new(Value::Object(view)))
}
