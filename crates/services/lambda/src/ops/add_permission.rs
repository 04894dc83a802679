//! `AddPermission`: one statement more in the function's resource policy.

use crate::Lambda;
use crate::configuration::check_revision;
use crate::error::Error;
use crate::names::find;
use crate::records::FUNCTION;
use serde_json::{Map, Value, json};
use service::{Ctx, Reply};
use store::Batch;

pub(crate) async fn run(
    _: &Lambda,
    ctx: &Ctx,
    input: Map<String, Value>,
) -> Result<Reply<Value>, Error> {
    let text = |member: &str| input.get(member).and_then(Value::as_str);
    let found = find(ctx, text("FunctionName").unwrap_or_default()).await?;
    let mut function = found.value;
    check_revision(&function, &input)?;
    let id = text("StatementId").unwrap_or_default().to_owned();
    if function.permissions.iter().any(|(own, _)| *own == id) {
        return Err(Error::Exists(format!(
            "The statement id ({id}) provided already exists. Please provide a new statement id, or remove the existing statement."
        )));
    }
    let statement = statement(ctx, &input, &function.arn);
    let shown = statement.to_string();
    function.permissions.push((id, statement));
    function.revision_id = ctx.uuid();
    let mut batch = Batch::new();
    batch.put(FUNCTION, &found.key, &function, found.expect);
    Ok(Reply::with(json!({"Statement": shown}), batch))
}

fn statement(ctx: &Ctx, input: &Map<String, Value>, arn: &str) -> Value {
    let text = |member: &str| input.get(member).and_then(Value::as_str);
    let who = text("Principal").unwrap_or_default();
    let principal = if who == "*" {
        json!("*")
    } else if who.len() == 12 && who.bytes().all(|byte| byte.is_ascii_digit()) {
        json!({"AWS": format!("arn:aws:iam::{who}:root")})
    } else if who.starts_with("arn:") {
        json!({"AWS": who})
    } else {
        json!({"Service": who})
    };
    let mut statement = json!({
        "Sid": text("StatementId"), "Effect": "Allow", "Principal": principal,
        "Action": text("Action"), "Resource": arn,
    });
    if let Some(source) = text("SourceArn") {
        statement["Condition"]["ArnLike"] = json!({"AWS:SourceArn": source});
    }
    if let Some(account) = text("SourceAccount") {
        statement["Condition"]["StringEquals"]["AWS:SourceAccount"] = json!(account);
    }
    // A condition that was asked for and is not there would open the function to more callers than was meant.
    if let Some(organisation) = text("PrincipalOrgID") {
        statement["Condition"]["StringEquals"]["aws:PrincipalOrgID"] = json!(organisation);
    }
    if let Some(kind) = text("FunctionUrlAuthType") {
        statement["Condition"]["StringEquals"]["lambda:FunctionUrlAuthType"] = json!(kind);
    }
    if let Some(token) = text("EventSourceToken") {
        statement["Condition"]["StringEquals"]["lambda:EventSourceToken"] = json!(token);
    }
    if let Some(is_by_url) = input.get("InvokedViaFunctionUrl").and_then(Value::as_bool) {
        statement["Condition"]["Bool"]["lambda:InvokedViaFunctionUrl"] = json!(is_by_url);
    }
    tracing::debug!(account = ctx.account(), %statement, "a permission is added");
    statement
}
