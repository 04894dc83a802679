//! What only Map states have whose items run as executions of their own.

use std::sync::Arc;

use super::{NumberField, Template};
use crate::jsonata::Expression;
use crate::path::Path;

/// A Map's items as executions of their own.
#[derive(Clone, Debug)]
pub struct Distributed {
    /// `ExecutionType` is `EXPRESS`.
    pub express: bool,
    /// `Label`.
    pub label: Option<Arc<str>>,
    /// The definition that each child runs, as text.
    pub definition: Arc<str>,
    /// `ItemReader`.
    pub reader: Option<ItemReader>,
    /// `ItemBatcher`.
    pub batcher: Option<ItemBatcher>,
    /// `ResultWriter`.
    pub writer: Option<ResultWriter>,
    /// `ToleratedFailureCount`, `ToleratedFailureCountPath`.
    pub tolerated_count: Option<NumberField>,
    /// `ToleratedFailurePercentage`, `ToleratedFailurePercentagePath`.
    pub tolerated_percentage: Option<PercentageField>,
}

/// A percentage that may be computed.
#[derive(Clone, Debug)]
pub enum PercentageField {
    /// As written.
    Literal(f64),
    /// The `…Path` form.
    Path(Path),
    /// `{% … %}`.
    Expression(Expression),
}

/// `ItemReader`: where the items are.
#[derive(Clone, Debug)]
pub struct ItemReader {
    /// `Resource`: `arn:aws:states:::s3:getObject` or `…:listObjectsV2`.
    pub resource: Arc<str>,
    /// The resource lists objects; else it reads one.
    pub lists: bool,
    /// `Parameters` or `Arguments`.
    pub arguments: Option<Template>,
    /// `ReaderConfig`.
    pub config: ReaderConfig,
    /// `MaxItems`, `MaxItemsPath`.
    pub max_items: Option<NumberField>,
}

/// `ReaderConfig`, but for what is computed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReaderConfig {
    /// `InputType`.
    pub input_type: Option<InputType>,
    /// `Transformation` is `LOAD_AND_FLATTEN`: the listed objects are read, too.
    pub flatten: bool,
    /// `CSVHeaderLocation` is `GIVEN`, with these `CSVHeaders`.
    pub csv_headers: Option<Vec<String>>,
    /// `CSVDelimiter`, as the byte it stands for.
    pub csv_delimiter: Option<u8>,
    /// `ItemsPointer`.
    pub items_pointer: Option<String>,
    /// `ManifestType` is `ATHENA_DATA`; else it is `S3_INVENTORY`.
    pub athena: bool,
}

/// `InputType`: what is in an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum InputType {
    Csv,
    Json,
    Jsonl,
    Manifest,
    Parquet,
}

impl InputType {
    /// AWS's word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Csv => "CSV",
            Self::Json => "JSON",
            Self::Jsonl => "JSONL",
            Self::Manifest => "MANIFEST",
            Self::Parquet => "PARQUET",
        }
    }

    /// The type of that name.
    pub fn of(word: &str) -> Option<Self> {
        [Self::Csv, Self::Json, Self::Jsonl, Self::Manifest, Self::Parquet]
            .into_iter()
            .find(|kind| kind.word() == word)
    }
}

/// `ItemBatcher`: several items for one child.
#[derive(Clone, Debug)]
pub struct ItemBatcher {
    /// `MaxItemsPerBatch`, `MaxItemsPerBatchPath`.
    pub max_items: Option<NumberField>,
    /// `MaxInputBytesPerBatch`, `MaxInputBytesPerBatchPath`.
    pub max_bytes: Option<NumberField>,
    /// `BatchInput`.
    pub batch_input: Option<Template>,
}

/// `ResultWriter`: where and how results go.
#[derive(Clone, Debug)]
pub struct ResultWriter {
    /// `Resource`: `arn:aws:states:::s3:putObject`; none when nothing is exported.
    pub resource: Option<Arc<str>>,
    /// `Parameters` or `Arguments`.
    pub arguments: Option<Template>,
    /// `WriterConfig.Transformation`.
    pub transformation: Option<Transformation>,
    /// `WriterConfig.OutputType` is `JSONL`; else it is `JSON`.
    pub lines: bool,
}

/// What of a child's result is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transformation {
    /// `NONE`: the output with facts about the execution.
    None,
    /// `COMPACT`: the output.
    Compact,
    /// `FLATTEN`: the output; of one that is an array, its members.
    Flatten,
}
