//! What is stored: jobs, models, model package groups and packages, and everybody's tags.
//!
//! A resource keeps the request that made it, as it came: describing it gives the request back, plus what happened since.

use runner::resources::Grant;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// Record kind of [`Model`]; the key is `region/name`.
pub(crate) const MODEL: &str = "sagemaker/model";
/// Record kind of [`PackageGroup`]; the key is `region/name`.
pub(crate) const GROUP: &str = "sagemaker/model-package-group";
/// Record kind of [`Package`]; the key is `region/group/version` with the version in ten digits.
pub(crate) const PACKAGE: &str = "sagemaker/model-package";
/// Record kind of a package's ARN by the token of the request that made it; the key is `region/group/token`.
pub(crate) const PACKAGE_TOKEN: &str = "sagemaker/model-package-token";
/// Record kind of tags; the key is the resource's ARN.
pub(crate) const TAGS: &str = "sagemaker/tags";
/// The index that lists by creation time: `region/` and 15 digits of milliseconds.
pub(crate) const BY_CREATION: &str = "created";
/// The index that lists jobs by status: `region/status/`.
pub(crate) const BY_STATUS: &str = "status";

/// A resource's tags.
pub(crate) type Tags = BTreeMap<String, String>;

/// The kind of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum JobKind {
    Training,
    Transform,
    Processing,
}

impl JobKind {
    /// The record kind; the key is `region/name`.
    pub(crate) fn records(self) -> &'static str {
        match self {
            Self::Training => "sagemaker/training-job",
            Self::Transform => "sagemaker/transform-job",
            Self::Processing => "sagemaker/processing-job",
        }
    }

    /// The word before the name in ARNs, work keys and runner ids.
    pub(crate) fn noun(self) -> &'static str {
        match self {
            Self::Training => "training-job",
            Self::Transform => "transform-job",
            Self::Processing => "processing-job",
        }
    }

    /// The word in member names: `TrainingJobName`, `TrainingJobStatus`.
    pub(crate) fn member(self) -> &'static str {
        match self {
            Self::Training => "TrainingJob",
            Self::Transform => "TransformJob",
            Self::Processing => "ProcessingJob",
        }
    }

    /// As texts write it: with a capital, and within a sentence.
    pub(crate) fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Training => ("Training job", "training job"),
            Self::Transform => ("Transform job", "transform job"),
            Self::Processing => ("Processing job", "processing job"),
        }
    }

    /// What its status messages say.
    pub(crate) fn texts(self) -> Texts {
        match self {
            Self::Training => Texts {
                starting: "Starting the training job",
                running: "Training image download completed. Training in progress.",
                uploading: "Uploading generated training model",
                completed: "Training job completed",
                stopped: "Training job stopped",
            },
            Self::Transform => Texts {
                starting: "Starting the transform job",
                running: "Transform in progress",
                uploading: "Uploading transform output",
                completed: "Transform job completed",
                stopped: "Transform job stopped",
            },
            Self::Processing => Texts {
                starting: "Starting the processing job",
                running: "Processing in progress",
                uploading: "Uploading processing output",
                completed: "Processing job completed",
                stopped: "Processing job stopped",
            },
        }
    }

    /// Where its log goes.
    pub(crate) fn log_group(self) -> &'static str {
        match self {
            Self::Training => "/aws/sagemaker/TrainingJobs",
            Self::Transform => "/aws/sagemaker/TransformJobs",
            Self::Processing => "/aws/sagemaker/ProcessingJobs",
        }
    }

    /// The detail type of its state changes.
    pub(crate) fn event(self) -> &'static str {
        match self {
            Self::Training => "SageMaker Training Job State Change",
            Self::Transform => "SageMaker Transform Job State Change",
            Self::Processing => "SageMaker Processing Job State Change",
        }
    }
}

/// Status messages of a kind of job.
pub(crate) struct Texts {
    pub(crate) starting: &'static str,
    pub(crate) running: &'static str,
    pub(crate) uploading: &'static str,
    pub(crate) completed: &'static str,
    pub(crate) stopped: &'static str,
}

/// A job's status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Status {
    InProgress,
    Completed,
    Failed,
    Stopping,
    Stopped,
}

impl Status {
    /// AWS's word.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::InProgress => "InProgress",
            Self::Completed => "Completed",
            Self::Failed => "Failed",
            Self::Stopping => "Stopping",
            Self::Stopped => "Stopped",
        }
    }

    /// Nothing happens to it any more.
    pub(crate) fn is_terminal(self) -> bool {
        matches!(self, Self::Completed | Self::Failed | Self::Stopped)
    }
}

/// One step of a training job's way.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Transition {
    pub(crate) status: String,
    pub(crate) message: String,
    pub(crate) start_ms: i64,
    pub(crate) end_ms: Option<i64>,
}

/// The last value of a metric.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Metric {
    pub(crate) name: String,
    pub(crate) value: f64,
    pub(crate) timestamp_ms: i64,
}

/// A training, transform or processing job.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Job {
    pub(crate) kind: JobKind,
    pub(crate) name: String,
    pub(crate) region: String,
    pub(crate) arn: String,
    /// Its id with the runner: never used again, also when a job of the same name is made after this one is deleted.
    pub(crate) run_id: String,
    pub(crate) request: Map<String, Value>,
    /// The request of the model that a transform job uses, as it was when the job was made.
    pub(crate) model: Option<Map<String, Value>>,
    pub(crate) status: Status,
    pub(crate) secondary: String,
    pub(crate) transitions: Vec<Transition>,
    pub(crate) failure_reason: Option<String>,
    pub(crate) created_ms: i64,
    pub(crate) modified_ms: i64,
    pub(crate) started_ms: Option<i64>,
    pub(crate) ended_ms: Option<i64>,
    pub(crate) metrics: Vec<Metric>,
    /// Where the artefact lies, once it is uploaded.
    pub(crate) artifacts: Option<String>,
    /// Byte offset up to which the log has been delivered.
    pub(crate) log_offset: u64,
    /// What is being delivered after that offset.
    pub(crate) log_page: Option<LogPage>,
    /// What the job has of the machine while it runs.
    pub(crate) grant: Option<Grant>,
    /// How often it has been begun again after a failure of the machine.
    #[serde(default)]
    pub(crate) attempt: u32,
    /// The boot of the machine during which the program of the present attempt was started.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) boot_id: Option<String>,
    /// What the container of a processing job said of its end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) exit_message: Option<String>,
    /// The logs of the second and further hosts.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) logs: BTreeMap<usize, LogPlace>,
}

/// Up to where the log of a host has been delivered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct LogPlace {
    /// Byte offset up to which it has been delivered.
    pub(crate) offset: u64,
    /// What is being delivered after that offset.
    pub(crate) page: Option<LogPage>,
}

/// A piece of a log whose delivery has begun: the same piece is delivered again after a crash, whatever has been
/// written since.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) struct LogPage {
    pub(crate) lines: usize,
    pub(crate) next_offset: u64,
}

impl Job {
    /// A job that has not begun. `run` makes its runner id unique.
    pub(crate) fn new(kind: JobKind, region: &str, name: &str, run: &str, now_ms: i64) -> Self {
        Self {
            kind,
            name: name.to_owned(),
            region: region.to_owned(),
            arn: String::new(),
            run_id: format!("{}.{region}.{name}.{run}", kind.noun()),
            request: Map::new(),
            model: None,
            status: Status::InProgress,
            secondary: String::new(),
            transitions: Vec::new(),
            failure_reason: None,
            created_ms: now_ms,
            modified_ms: now_ms,
            started_ms: None,
            ended_ms: None,
            metrics: Vec::new(),
            artifacts: None,
            log_offset: 0,
            log_page: None,
            grant: None,
            attempt: 0,
            boot_id: None,
            exit_message: None,
            logs: BTreeMap::new(),
        }
    }

    /// Up to where the log of a host has been delivered.
    pub(crate) fn log_place(&self, host: usize) -> LogPlace {
        if host == 0 {
            return LogPlace { offset: self.log_offset, page: self.log_page };
        }
        self.logs.get(&host).copied().unwrap_or_default()
    }

    /// Keeps up to where the log of a host has been delivered.
    pub(crate) fn set_log_place(&mut self, host: usize, place: LogPlace) {
        if host == 0 {
            (self.log_offset, self.log_page) = (place.offset, place.page);
        } else {
            self.logs.insert(host, place);
        }
    }
}

/// A model: what a transform job or an endpoint runs.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Model {
    pub(crate) name: String,
    pub(crate) arn: String,
    pub(crate) request: Map<String, Value>,
    pub(crate) created_ms: i64,
}

/// A group of model package versions.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct PackageGroup {
    pub(crate) name: String,
    pub(crate) arn: String,
    pub(crate) description: Option<String>,
    pub(crate) created_ms: i64,
    pub(crate) created_by: String,
    /// The highest version ever given; versions are never given twice.
    pub(crate) last_version: u32,
}

/// A model package version.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Package {
    pub(crate) group: String,
    pub(crate) version: u32,
    pub(crate) arn: String,
    pub(crate) request: Map<String, Value>,
    pub(crate) approval: String,
    pub(crate) approval_description: Option<String>,
    pub(crate) created_ms: i64,
    pub(crate) modified_ms: Option<i64>,
    pub(crate) created_by: String,
}

/// `region/name`.
pub(crate) fn key(region: &str, name: &str) -> String {
    format!("{region}/{name}")
}

/// The key of a package.
pub(crate) fn package_key(region: &str, group: &str, version: u32) -> String {
    format!("{region}/{group}/{version:010}")
}

/// The entry of [`BY_CREATION`].
pub(crate) fn created_entry(region: &str, created_ms: i64) -> (&'static str, String) {
    (BY_CREATION, format!("{region}/{:015}", created_ms.max(0)))
}

/// Milliseconds as the wire's timestamps.
pub(crate) fn seconds(ms: i64) -> Value {
    Value::from(ms as f64 / 1000.0)
}
