//! Calls from one service to another: the same path as a request from a socket.

use crate::{AwsError, Kit, Principal};
use serde_json::Value;
use std::sync::Arc;

/// One call of one operation.
#[derive(Debug, Clone)]
pub struct Call {
    /// The service's name, for instance `sagemaker`.
    pub service: String,
    /// The operation's name, for instance `CreateTrainingJob`.
    pub operation: String,
    /// The request's parameters under AWS's names.
    pub input: Value,
    /// Who calls.
    pub principal: Principal,
    /// The region.
    pub region: String,
    /// When given, the call takes place once: a repetition gets the first one's response.
    pub effect_key: Option<String>,
}

/// Makes calls.
#[derive(Clone)]
pub struct Caller(Arc<Kit>);

impl Caller {
    /// A caller over the kit.
    pub fn new(kit: Arc<Kit>) -> Self {
        Self(kit)
    }

    /// Carries out a call.
    ///
    /// # Errors
    /// The operation's error as AWS would send it.
    pub async fn call(&self, call: Call) -> Result<Value, AwsError> {
        self.0.dispatcher().call(call).await
    }

    /// The session that `service` gets for `role_arn`.
    ///
    /// # Errors
    /// `AccessDenied` when the role is not there or does not trust the service.
    pub async fn assume(
        &self,
        role_arn: &str,
        service: &str,
        session: &str,
    ) -> Result<Principal, AwsError> {
        self.0.authoriser().assume(role_arn, service, session, None).await
    }

    /// The same, on behalf of the resource `source_arn`.
    ///
    /// # Errors
    /// `AccessDenied` when the role is not there or does not trust the service for that resource.
    pub async fn assume_for(
        &self,
        role_arn: &str,
        service: &str,
        session: &str,
        source_arn: &str,
    ) -> Result<Principal, AwsError> {
        self.0.authoriser().assume(role_arn, service, session, Some(source_arn)).await
    }
}
