//! A map run as it is asked for: everything is worked out but what depends on the item.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{Data, Key, Tolerance};

/// One map run to carry out. The key makes it safe to be asked for again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MapRun {
    /// Names the attempt of the state that asks; the outcome comes back under it.
    pub key: Key,
    /// ARN of the run; made with the run, and the same however often it is redriven.
    pub map_run_arn: Arc<str>,
    /// `Label`, or what stands for it.
    pub label: Arc<str>,
    /// Name of the Map state.
    pub state_name: Arc<str>,
    /// Number of the machine within the program that the Map state is in.
    pub machine: u32,
    /// Whether children are Express executions.
    #[serde(default)]
    pub express: bool,
    /// What each child runs.
    pub definition: Arc<str>,
    /// The items, when they come with the state's input: an array or an object.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub items: Option<Data>,
    /// Where the items are otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reader: Option<ReaderSpec>,
    /// How many items a child gets, when it gets several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub batcher: Option<BatcherSpec>,
    /// What becomes of results.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub writer: Option<WriterSpec>,
    /// Most children at the same time; 0 is the service's own limit.
    pub max_concurrency: u64,
    /// Failures that are tolerated.
    pub tolerance: Tolerance,
    /// The state's input after `InputPath`, where an `ItemSelector` needs it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input: Option<Data>,
    /// The context object, where an `ItemSelector` needs it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub context: Option<Data>,
    /// The variables that an `ItemSelector` can read.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub variables: BTreeMap<Arc<str>, Data>,
    /// How many times the run has been redriven.
    #[serde(default)]
    pub redrive_count: u32,
}

/// `ItemReader`, worked out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReaderSpec {
    /// `Resource`.
    pub resource: Arc<str>,
    /// The resource lists objects; else it reads one.
    pub lists: bool,
    /// `Parameters` or `Arguments`.
    pub arguments: Data,
    /// `InputType`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input_type: Option<Arc<str>>,
    /// `Transformation` is `LOAD_AND_FLATTEN`.
    #[serde(default)]
    pub flatten: bool,
    /// `CSVHeaders`, when they are given; else the first row has them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub csv_headers: Option<Vec<String>>,
    /// The byte between values; a comma when there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub csv_delimiter: Option<u8>,
    /// `ItemsPointer`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub items_pointer: Option<Arc<str>>,
    /// A manifest is one of Athena's; else it is an S3 inventory's.
    #[serde(default)]
    pub athena: bool,
    /// Most items to read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_items: Option<u64>,
}

/// `ItemBatcher`, worked out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BatcherSpec {
    /// Most items of a batch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_items: Option<u64>,
    /// Most bytes of a batch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_bytes: Option<u64>,
    /// `BatchInput`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub batch_input: Option<Data>,
}

/// `ResultWriter`, worked out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WriterSpec {
    /// `Parameters` or `Arguments` of an export to S3; none when nothing is exported.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arguments: Option<Data>,
    /// What of each result is kept.
    pub form: ResultForm,
    /// One JSON text per line; else an array.
    #[serde(default)]
    pub lines: bool,
}

/// What of a child's result is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ResultForm {
    /// The output with facts about the execution.
    None,
    /// The output.
    Compact,
    /// The output; of one that is an array, its members.
    Flatten,
}

impl MapRun {
    /// What of each result is kept.
    // AWS: ResultWriter page: COMPACT without a writer, NONE for an export that says nothing else.
    pub fn form(&self) -> ResultForm {
        self.writer.as_ref().map_or(ResultForm::Compact, |writer| writer.form)
    }

    /// The arguments of the export, when results are exported.
    pub fn export(&self) -> Option<&Data> {
        self.writer.as_ref().and_then(|writer| writer.arguments.as_ref())
    }

    /// The UUID at the end of the run's ARN.
    pub fn uuid(&self) -> &str {
        self.map_run_arn.rsplit(':').next().unwrap_or_default()
    }
}
