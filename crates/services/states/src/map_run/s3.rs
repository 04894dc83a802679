//! S3 as a map run uses it: calls with the session of the execution's role.

use super::Fault;
use super::bytes::Place;
use crate::role;
use driver::MapRunRequest;
use serde_json::Value;
use service::{AwsError, Call, Kit, Objects, Principal};
use std::path::PathBuf;
use std::sync::{Arc, Weak};

/// The way to S3.
pub(super) struct S3 {
    kit: Weak<Kit>,
    principal: Principal,
    region: String,
    objects: Arc<dyn Objects>,
}

impl S3 {
    pub(super) async fn new(
        kit: &Arc<Kit>,
        objects: &Arc<dyn Objects>,
        request: &MapRunRequest,
    ) -> Result<Self, Fault> {
        let execution = &request.execution;
        let principal =
            role::assume(kit, &execution.role_arn, &execution.name, &execution.state_machine_arn)
                .await?;
        Ok(Self {
            kit: Arc::downgrade(kit),
            principal,
            region: execution.region().to_owned(),
            objects: objects.clone(),
        })
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

    /// The file that holds an object.
    pub(super) async fn file(&self, place: &Place) -> Result<PathBuf, AwsError> {
        let Place { bucket, key, version_id } = place;
        match version_id {
            None => self.objects.file(&self.principal, bucket, key).await,
            Some(version) => {
                self.objects.file_of_version(&self.principal, bucket, key, version).await
            }
        }
    }
}
