//! What is done with one resource: check its inputs, compare them with the old ones, predict its outputs, and create, read,
//! update and delete it by the calls of its type's table. Knows nothing of other resources or of the state.

mod apply;
mod call;
pub(crate) mod check;
mod content_type;
pub(crate) mod diff;
pub(crate) mod document;
mod dry;
mod hooks;
pub(crate) mod invoke;
mod policy_document;
mod prebuilt_image;
mod read;
pub(crate) mod reconcile;
mod scope;
#[cfg(test)]
mod tests;

pub(crate) use apply::{Made, Request};
pub(crate) use call::StepError;
pub use dry::PlannedCall;
pub(crate) use dry::Recorder;
pub(crate) use scope::interpolate_id;

use crate::aws::Aws;
use crate::cancel::Cancel;
use crate::types::ResourceType;
use crate::value::{Object, Value};
use async_trait::async_trait;
use scope::Scope;
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

type SerialLocks = Arc<Mutex<HashMap<String, Arc<tokio::sync::Mutex<()>>>>>;

/// What every resource is made with.
#[derive(Clone)]
pub(crate) struct Provider {
    pub(crate) aws: Arc<dyn Aws>,
    pub(crate) account: String,
    pub(crate) region: String,
    pub(crate) partition: String,
    pub(crate) caller_arn: String,
    pub(crate) caller_id: String,
    /// The program's directory, where assets are.
    pub(crate) directory: PathBuf,
    pub(crate) cancel: Cancel,
    /// The user asked for the whole stack to be deleted.
    pub(crate) is_destroying: bool,
    /// How long a step waits for AWS when the program says so (`customTimeouts`).
    pub(crate) patience: Option<Duration>,
    /// Where calls are recorded that are not made.
    dry: Option<Arc<Recorder>>,
    /// One lock for each value of a type's `serial` template.
    serial: SerialLocks,
}

impl Provider {
    /// A provider for the account that `aws` calls as.
    ///
    /// # Errors
    /// When AWS cannot say who is calling.
    pub(crate) async fn connect(
        aws: Arc<dyn Aws>,
        directory: PathBuf,
        cancel: Cancel,
    ) -> Result<Self, client::Error> {
        let caller = aws.call("sts", "GetCallerIdentity", serde_json::json!({})).await?;
        let text =
            |name: &str| caller.get(name).and_then(|v| v.as_str()).unwrap_or_default().to_owned();
        let region = aws.region();
        let partition = partition(&region);
        Ok(Self {
            account: text("Account"),
            caller_arn: text("Arn"),
            caller_id: text("UserId"),
            partition: partition.to_owned(),
            region,
            aws,
            directory,
            cancel,
            is_destroying: false,
            patience: None,
            dry: None,
            serial: SerialLocks::default(),
        })
    }

    /// The same provider, called by somebody else, in whichever account that is.
    ///
    /// # Errors
    /// When AWS does not know who that is.
    pub(crate) async fn called_by(&self, aws: Arc<dyn Aws>) -> Result<Self, client::Error> {
        let other = Self::connect(aws, self.directory.clone(), self.cancel.clone()).await?;
        let Self { aws, account, caller_arn, caller_id, .. } = other;
        // Names are only taken once in an account: other accounts have locks of their own.
        let serial = SerialLocks::default();
        Ok(Self { aws, account, caller_arn, caller_id, serial, ..self.clone() })
    }

    /// The same provider, that calls nothing.
    pub(crate) fn refusing(&self, why: &str) -> Self {
        let (why, region) = (why.to_owned(), self.region.clone());
        Self { aws: Arc::new(Nobody { why, region }), ..self.clone() }
    }

    /// The same provider in another region, if there is a way to it.
    pub(crate) fn in_region(&self, region: &str) -> Option<Self> {
        if region == self.region {
            return Some(self.clone());
        }
        let aws = self.aws.in_region(region)?;
        Some(Self {
            aws,
            region: region.to_owned(),
            partition: partition(region).to_owned(),
            ..self.clone()
        })
    }

    /// The same provider, waiting for AWS at most so many seconds.
    pub(crate) fn patient(self, seconds: Option<f64>) -> Self {
        let seconds = seconds.filter(|seconds| seconds.is_finite() && *seconds > 0.0);
        let patience = seconds.map(|seconds| Duration::from_secs_f64(seconds.min(86_400.0)));
        Self { patience, ..self }
    }

    /// Outputs as far as they follow from inputs; the others are unknown. Also the id, if it does.
    pub(crate) fn predict(
        &self,
        kind: &ResourceType,
        inputs: &Object,
        old: Option<&Object>,
    ) -> (Object, Option<String>) {
        let mut outputs = self.outputs(kind, inputs);
        for (name, property) in &kind.properties {
            let is_told = property.computed || property.filled || property.sticky;
            if !is_told || outputs.contains_key(name) {
                continue;
            }
            // What AWS filled in gives way to another word for it that the program gives.
            let kept = old.filter(|_| !reconcile::has_rival(kind, name, inputs));
            let kept = kept.and_then(|old| old.get(name)).cloned();
            outputs.insert(name.clone(), kept.unwrap_or(Value::Unknown));
        }
        let scope = Scope::new(self, kind, &outputs);
        let id = scope.interpolate(&kind.id);
        let value = id.clone().map_or(Value::Unknown, Value::String);
        outputs.insert("id".to_owned(), value);
        (outputs, id)
    }

    /// Inputs, and the outputs that follow from them. What does not is left out.
    fn outputs(&self, kind: &ResourceType, inputs: &Object) -> Object {
        let mut outputs = inputs.clone();
        outputs.shift_remove(check::DEFAULTS);
        for (name, template) in &kind.outputs {
            if inputs.get(name).is_some_and(|given| !given.is_empty()) {
                continue;
            }
            if let Some(text) = Scope::new(self, kind, &outputs).interpolate(template) {
                outputs.insert(name.clone(), Value::String(text));
            }
        }
        outputs
    }

    /// The lock for steps that must not run side by side with others of the same kind.
    fn serial_lock(&self, key: String) -> Arc<tokio::sync::Mutex<()>> {
        let mut locks = self.serial.lock().unwrap_or_else(PoisonError::into_inner);
        locks.entry(key).or_default().clone()
    }
}

/// An AWS that cannot be called.
struct Nobody {
    why: String,
    region: String,
}

#[async_trait]
impl Aws for Nobody {
    async fn call(
        &self,
        _service: &str,
        operation: &str,
        _input: serde_json::Value,
    ) -> Result<serde_json::Value, client::Error> {
        let source = client::CredentialsError::Source {
            from: "the provider".to_owned(),
            why: self.why.clone(),
        };
        Err(client::Error::Credentials { operation: operation.to_owned(), source })
    }

    fn region(&self) -> String {
        self.region.clone()
    }

    fn in_region(&self, region: &str) -> Option<Arc<dyn Aws>> {
        Some(Arc::new(Self { why: self.why.clone(), region: region.to_owned() }))
    }
}

fn partition(region: &str) -> &'static str {
    match region {
        region if region.starts_with("cn-") => "aws-cn",
        region if region.starts_with("us-gov-") => "aws-us-gov",
        _ => "aws",
    }
}
