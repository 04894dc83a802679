//! S3 as a map run uses it: calls with the session of the execution's role.

use super::Fault;
use crate::role;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use driver::MapRunRequest;
use serde_json::{Value, json};
use service::{AwsError, Call, Kit, Principal};
use std::sync::{Arc, Weak};

/// The way to S3.
pub(super) struct S3 {
    kit: Weak<Kit>,
    principal: Principal,
    region: String,
}

impl S3 {
    pub(super) async fn new(kit: &Arc<Kit>, request: &MapRunRequest) -> Result<Self, Fault> {
        let execution = &request.execution;
        let principal =
            role::assume(kit, &execution.role_arn, &execution.name, &execution.state_machine_arn)
                .await?;
        Ok(Self { kit: Arc::downgrade(kit), principal, region: execution.region().to_owned() })
    }

    pub(super) async fn call(&self, operation: &str, input: Value) -> Result<Value, AwsError> {
        let Some(kit) = self.kit.upgrade() else {
            // The server is going down; after the restart the run goes on.
            return std::future::pending().await;
        };
        let call = Call {
            service: "s3".to_owned(),
            operation: operation.to_owned(),
            input,
            principal: self.principal.clone(),
            region: self.region.clone(),
            effect_key: None,
        };
        kit.caller().call(call).await
    }
}

/// The bytes of a `Body`.
pub(super) fn body(answer: &Value) -> Result<Vec<u8>, Fault> {
    let text = answer.get("Body").and_then(Value::as_str).unwrap_or_default();
    STANDARD.decode(text).map_err(|_| Fault::content("The object's content cannot be read"))
}

/// A `Body` of bytes.
pub(super) fn body_of(bytes: &[u8]) -> Value {
    json!(service::base64_text(bytes))
}
