//! The port to AWS: one call of one operation. The real one is [`client::Client`]; tests script a fake.

use async_trait::async_trait;
use client::{CredentialsError, Identity};
use serde_json::Value;
use std::sync::Arc;

/// Somewhere AWS APIs can be called.
#[async_trait]
pub trait Aws: Send + Sync {
    /// Calls `operation` of `service` (this crate's names: `iam`, `sts`, `states`, `events`, `logs`, `lambda`, `s3`, `sns`,
    /// `sqs`, `sagemaker`, `scheduler`). Blobs are base64 texts.
    ///
    /// # Errors
    /// What the service refused, or why it could not be reached.
    async fn call(
        &self,
        service: &str,
        operation: &str,
        input: Value,
    ) -> Result<Value, client::Error>;

    /// The region calls are for.
    fn region(&self) -> String;

    /// The same AWS in another region; none when there is no way to it.
    fn in_region(&self, _region: &str) -> Option<Arc<dyn Aws>> {
        None
    }

    /// The same AWS, called by somebody else; none where there is nobody else, as on refit's own server.
    ///
    /// # Errors
    /// When there is no way to those credentials.
    fn as_identity(&self, _identity: &Identity) -> Result<Option<Arc<dyn Aws>>, CredentialsError> {
        Ok(None)
    }

    /// Whether what was just created may not be seen by other services for a while, as on AWS itself. Then errors that such a
    /// delay causes are tried again for up to two minutes.
    fn is_eventually_consistent(&self) -> bool {
        false
    }
}

#[async_trait]
impl Aws for client::Client {
    async fn call(
        &self,
        service: &str,
        operation: &str,
        input: Value,
    ) -> Result<Value, client::Error> {
        let Some(model) = crate::models::model(service) else {
            return Err(client::Error::Wire {
                operation: operation.to_owned(),
                source: wire::Error::Model(format!("no service {service}")),
            });
        };
        Self::call(self, model, operation, input).await
    }

    fn region(&self) -> String {
        Self::region(self).to_owned()
    }

    fn in_region(&self, region: &str) -> Option<Arc<dyn Aws>> {
        Some(Arc::new(Self::in_region(self, region)))
    }

    fn as_identity(&self, identity: &Identity) -> Result<Option<Arc<dyn Aws>>, CredentialsError> {
        Ok(Self::as_identity(self, identity)?.map(|client| Arc::new(client) as _))
    }

    fn is_eventually_consistent(&self) -> bool {
        // An endpoint's address may be a way to AWS, too. Refit's own server is consistent at once.
        self.follows_chain()
    }
}
