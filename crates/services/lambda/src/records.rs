//! What is stored: functions with their configuration, code and permissions.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// Record kind of [`Function`]; the key is `region/name`.
pub(crate) const FUNCTION: &str = "lambda/function";

/// A function. It has one version, `$LATEST`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Function {
    pub(crate) name: String,
    pub(crate) region: String,
    pub(crate) arn: String,
    /// The configuration's members as given, under AWS's names, defaults filled in.
    pub(crate) configuration: Map<String, Value>,
    /// Base64 of the code archive's SHA-256.
    pub(crate) code_sha256: String,
    /// The code's folder below the functions' folder.
    pub(crate) code_folder: String,
    pub(crate) code_size_bytes: u64,
    /// Changes with every change of code or configuration.
    pub(crate) revision_id: String,
    pub(crate) modified_ms: i64,
    pub(crate) tags: BTreeMap<String, String>,
    /// Statements of the resource policy, by id in order of addition.
    pub(crate) permissions: Vec<(String, Value)>,
    /// `ReservedConcurrentExecutions`.
    pub(crate) reserved_concurrency: Option<u32>,
}

impl Function {
    /// The record key.
    pub(crate) fn key(&self) -> String {
        format!("{}/{}", self.region, self.name)
    }

    /// A text member of the configuration.
    pub(crate) fn text(&self, member: &str) -> Option<&str> {
        self.configuration.get(member).and_then(Value::as_str)
    }

    /// A number of the configuration, `default` when absent.
    pub(crate) fn number(&self, member: &str, default: u64) -> u64 {
        self.configuration.get(member).and_then(Value::as_u64).unwrap_or(default)
    }

    /// The log group its output goes to.
    pub(crate) fn log_group(&self) -> String {
        self.configuration
            .get("LoggingConfig")
            .and_then(|config| config["LogGroup"].as_str())
            .map_or_else(|| format!("/aws/lambda/{}", self.name), str::to_owned)
    }

    /// The resource policy, when there are permissions.
    pub(crate) fn policy(&self) -> Option<String> {
        if self.permissions.is_empty() {
            return None;
        }
        let statements: Vec<&Value> = self.permissions.iter().map(|(_, value)| value).collect();
        Some(json!({"Version": "2012-10-17", "Id": "default", "Statement": statements}).to_string())
    }

    /// The function as `GetFunctionConfiguration` shows it.
    pub(crate) fn view(&self) -> Value {
        let mut view = self.configuration.clone();
        let modified = jiff::Timestamp::from_millisecond(self.modified_ms).unwrap_or_default();
        // AWS: LastModified is a text with a numeric offset.
        let modified = modified.strftime("%Y-%m-%dT%H:%M:%S%.3f+0000").to_string();
        let more = json!({
            "FunctionName": self.name, "FunctionArn": self.arn, "Version": "$LATEST",
            "CodeSha256": self.code_sha256, "CodeSize": self.code_size_bytes,
            "RevisionId": self.revision_id, "LastModified": modified,
            "State": "Active", "LastUpdateStatus": "Successful",
        });
        if let Value::Object(more) = more {
            view.extend(more);
        }
        Value::Object(view)
    }
}
