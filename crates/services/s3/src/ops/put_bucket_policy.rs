//! `PutBucketPolicy`

use serde::Deserialize;
use serde_json::Value;
use service::{Ctx, Reply};

use super::{Nothing, change_bucket};
use crate::{Error, S3, names};

/// The longest policy, in bytes.
// AWS: AmazonS3/latest/userguide/add-bucket-policy.html
const MAX_POLICY_BYTES: usize = 20 * 1024;

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    pub(crate) bucket: String,
    pub(crate) policy: String,
}

pub(crate) async fn run(_: &S3, ctx: &Ctx, input: Input) -> Result<Reply<Nothing>, Error> {
    check(&input.bucket, &input.policy)?;
    change_bucket(ctx, &input.bucket, |bucket| bucket.policy = Some(input.policy)).await
}

/// What S3 checks of a policy beyond IAM's own grammar.
fn check(bucket: &str, text: &str) -> Result<(), Error> {
    let malformed = |message: &str| Error::MalformedPolicy(message.to_owned());
    if text.len() > MAX_POLICY_BYTES {
        return Err(malformed(
            "Normalized policy document exceeds the maximum allowed size of 20480 bytes.",
        ));
    }
    let policy: Value = serde_json::from_str(text)
        .map_err(|_| malformed("Policies must be valid JSON and the first byte must be '{'"))?;
    let statements = match policy.get("Statement") {
        Some(Value::Array(statements)) if !statements.is_empty() => statements.as_slice(),
        Some(statement @ Value::Object(_)) => std::slice::from_ref(statement),
        _ => return Err(malformed("Missing required field Statement")),
    };
    for statement in statements {
        let has = |name: &str| statement.get(name).is_some();
        if !statement.is_object() {
            return Err(malformed("Statement must be an object"));
        }
        if !has("Principal") && !has("NotPrincipal") {
            return Err(malformed("Missing required field Principal"));
        }
        if !has("Action") && !has("NotAction") {
            return Err(malformed("Missing required field Action"));
        }
        if !matches!(statement.get("Effect").and_then(Value::as_str), Some("Allow" | "Deny")) {
            return Err(malformed("Invalid effect: must be Allow or Deny"));
        }
        let resources = statement.get("Resource").or_else(|| statement.get("NotResource"));
        let resources = resources.ok_or_else(|| malformed("Missing required field Resource"))?;
        let one = std::slice::from_ref(resources);
        let mut resources = resources.as_array().map_or(one, Vec::as_slice).iter();
        let own = names::arn(bucket, None);
        let is_own = |resource: &Value| {
            let resource = resource.as_str().unwrap_or_default();
            let rest = resource.strip_prefix(&own);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '*']))
        };
        if !resources.all(is_own) {
            return Err(malformed("Policy has invalid resource"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn policies() {
        let statement = |resource: &str| {
            format!(
                r#"{{"Statement":{{"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":{resource}}}}}"#
            )
        };
        for (policy, ok) in [
            (statement(r#""arn:aws:s3:::b""#), true),
            (statement(r#"["arn:aws:s3:::b","arn:aws:s3:::b/*"]"#), true),
            (statement(r#""arn:aws:s3:::bb/*""#), false),
            (statement("7"), false),
            (String::new(), false),
            (r#"{"Statement":[]}"#.to_owned(), false),
            (r#"{"Statement":[1]}"#.to_owned(), false),
        ] {
            assert_eq!(check("b", &policy).is_ok(), ok, "{policy}");
        }
    }
}
