//! Logging, tracing and encryption settings of a state machine.

use crate::error::Error;
use serde::{Deserialize, Serialize};

/// `loggingConfiguration`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Logging {
    pub(crate) level: String,
    pub(crate) include_execution_data: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) destinations: Option<Vec<LogDestination>>,
}

impl Default for Logging {
    fn default() -> Self {
        Self { level: "OFF".to_owned(), include_execution_data: false, destinations: None }
    }
}

/// One entry of `destinations`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LogDestination {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) cloud_watch_logs_log_group: Option<LogGroup>,
}

/// `cloudWatchLogsLogGroup`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LogGroup {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) log_group_arn: Option<String>,
}

/// `tracingConfiguration`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Tracing {
    pub(crate) enabled: bool,
}

/// `encryptionConfiguration`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Encryption {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) kms_key_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) kms_data_key_reuse_period_seconds: Option<i64>,
    #[serde(rename = "type")]
    pub(crate) kind: String,
}

impl Default for Encryption {
    fn default() -> Self {
        Self {
            kms_key_id: None,
            kms_data_key_reuse_period_seconds: None,
            kind: "AWS_OWNED_KEY".to_owned(),
        }
    }
}

impl Logging {
    /// Refuses settings that AWS refuses.
    pub(crate) fn check(&self) -> Result<(), Error> {
        let destinations = self.destinations.as_deref().unwrap_or_default();
        if destinations.len() > 1 || (destinations.is_empty() && self.level != "OFF") {
            return Err(Error::InvalidLoggingConfiguration(
                "Must specify exactly one Log Destination.".to_owned(),
            ));
        }
        if !destinations.is_empty() && self.log_group().is_none() {
            // UNVERIFIED: AWS's words.
            return Err(Error::InvalidLoggingConfiguration(
                "Invalid Log Destination: it must be the ARN of a log group that ends in ':*'."
                    .to_owned(),
            ));
        }
        Ok(())
    }

    /// The name of the log group to write to.
    pub(crate) fn log_group(&self) -> Option<&str> {
        let destination = self.destinations.as_deref()?.first()?;
        let arn = destination.cloud_watch_logs_log_group.as_ref()?.log_group_arn.as_deref()?;
        let name = arn.split_once(":log-group:")?.1.strip_suffix(":*")?;
        (arn.starts_with("arn:") && !name.is_empty()).then_some(name)
    }
}

impl Encryption {
    /// Refuses settings that AWS refuses.
    pub(crate) fn check(&self) -> Result<(), Error> {
        let is_customer = self.kind == "CUSTOMER_MANAGED_KMS_KEY";
        if is_customer != self.kms_key_id.is_some() {
            // UNVERIFIED: AWS's words.
            let message = "kmsKeyId must be given for CUSTOMER_MANAGED_KMS_KEY and for it alone.";
            return Err(Error::InvalidEncryptionConfiguration(message.to_owned()));
        }
        if is_customer {
            // Taking the key and not using it would be a lie about what is on disk.
            let message = "refit has no KMS, so it cannot encrypt with customer managed keys; \
                           use the type AWS_OWNED_KEY here.";
            return Err(Error::InvalidEncryptionConfiguration(message.to_owned()));
        }
        Ok(())
    }
}
