//! What a task's resource names.

use super::job::Job;
use super::naming::{self, first_upper};
use super::table::{self, Api};
use service::Kit;

/// The operation that a task calls.
#[derive(Debug)]
pub(super) struct Target {
    /// refit's service.
    pub(super) service: &'static str,
    /// AWS's name of the operation.
    pub(super) operation: String,
    pub(super) api: &'static Api,
    /// What `.sync` waits for.
    pub(super) job: Option<&'static Job>,
    /// See [`table::Action::json_texts`].
    pub(super) json_texts: &'static [&'static str],
    /// `.sync:2`: texts of the result that hold JSON become JSON.
    pub(super) parses_texts: bool,
}

/// Members of AWS SDK integrations that take any JSON and hand it on as JSON text.
// UNVERIFIED: which members those are besides S3's Body.
const SDK_JSON_TEXTS: &[&str] = &["Body", "Input", "Output", "Payload"];

impl Target {
    /// The target of a resource as the history shows it: `sagemaker` and `createTrainingJob.sync`.
    pub(super) fn find(kit: &Kit, resource_type: &str, resource: &str) -> Option<Self> {
        let (name, pattern) = match resource.split_once('.') {
            Some((name, pattern)) => (name, pattern),
            None => (resource, ""),
        };
        let operation = first_upper(name);
        if let Some(word) = resource_type.strip_prefix("aws-sdk:") {
            let Some(sdk) = table::SDK.iter().find(|sdk| sdk.word == word) else {
                return Self::forwarded(kit, word, operation, true);
            };
            return Some(Self {
                service: sdk.service,
                operation,
                api: &sdk.api,
                job: None,
                json_texts: SDK_JSON_TEXTS,
                parses_texts: false,
            });
        }
        let Some(optimised) = table::OPTIMISED.iter().find(|one| one.word == resource_type) else {
            // Nobody here would see that such a job ends.
            return if pattern.starts_with("sync") {
                None
            } else {
                Self::forwarded(kit, resource_type, operation, false)
            };
        };
        let action = optimised.actions.iter().find(|action| action.name == name)?;
        Some(Self {
            service: optimised.service,
            operation,
            api: &optimised.api,
            job: action.job,
            json_texts: action.json_texts,
            parses_texts: pattern == "sync:2",
        })
    }

    /// An operation of a service that calls are forwarded to.
    fn forwarded(kit: &Kit, word: &str, operation: String, is_sdk: bool) -> Option<Self> {
        let service = kit.service(word)?;
        let model = service.model();
        model.operation(&operation)?;
        Some(Self {
            service: service.name(),
            operation,
            api: table::forwarded(service.name(), &model.metadata.service_id, is_sdk),
            job: None,
            json_texts: if is_sdk { SDK_JSON_TEXTS } else { &[] },
            parses_texts: false,
        })
    }

    /// A member's name as Step Functions writes it.
    pub(super) fn shown(&self, member: &str) -> String {
        if self.api.is_sdk { naming::sdk(member) } else { naming::optimised(member) }
    }

    /// Whether it is the optimised invocation of a function, which has rules of its own.
    pub(super) fn is_function(&self) -> bool {
        self.service == "lambda" && !self.api.is_sdk
    }
}
