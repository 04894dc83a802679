//! What only distributed Map states have.

use std::sync::Arc;

use serde_json::Value;

use super::Checker;
use super::node::Node;
use crate::json::Kind;
use crate::program::{
    Distributed, InputType, ItemBatcher, ItemReader, PercentageField, QueryLanguage, ReaderConfig,
    ResultWriter, Template, Transformation,
};

/// Longest label, in characters.
// AWS: Map state (distributed) page.
const MAX_LABEL: usize = 40;
/// Most bytes of a batch.
// AWS: ItemBatcher page: 256 KiB.
const MAX_BATCH_BYTES: u64 = 256 * 1024;
/// Most items read.
// AWS: ItemReader page: 100,000,000.
const MAX_ITEMS: u64 = 100_000_000;

const GET_OBJECT: &str = "arn:aws:states:::s3:getObject";
const LIST_OBJECTS: &str = "arn:aws:states:::s3:listObjectsV2";
const PUT_OBJECT: &str = "arn:aws:states:::s3:putObject";

/// The fields of `ReaderConfig`.
const READER_CONFIG: [&str; 9] = [
    "InputType",
    "Transformation",
    "ManifestType",
    "CSVHeaderLocation",
    "CSVHeaders",
    "CSVDelimiter",
    "ItemsPointer",
    "MaxItems",
    "MaxItemsPath",
];

/// `CSVDelimiter` by name.
const DELIMITERS: [(&str, u8); 5] =
    [("COMMA", b','), ("PIPE", b'|'), ("SEMICOLON", b';'), ("SPACE", b' '), ("TAB", b'\t')];

impl Checker<'_> {
    /// The fields of a distributed Map; `processor` is its `ItemProcessor`.
    pub(super) fn distributed(
        &mut self,
        node: &Node<'_>,
        processor: &Node<'_>,
        language: QueryLanguage,
        express: bool,
    ) -> Option<Distributed> {
        if self.options.express {
            // UNVERIFIED: AWS's words.
            self.schema(
                node,
                "Express state machine does not support Map states in 'DISTRIBUTED' mode",
            );
            return None;
        }
        let label = self.label(node);
        let reader = node.get("ItemReader").map(|field| self.reader(&field, language));
        let batcher = node.get("ItemBatcher").map(|field| self.batcher(&field, language));
        let writer = node.get("ResultWriter").map(|field| self.writer(&field, language));
        let tolerated_count = self.number(node, "ToleratedFailureCount", language, 0);
        let tolerated_percentage = self.percentage(node, language);
        Some(Distributed {
            express,
            label,
            definition: self.child_definition(processor),
            reader: reader.map_or(Some(None), |reader| reader.map(Some))?,
            batcher: batcher.map_or(Some(None), |batcher| batcher.map(Some))?,
            writer: writer.map_or(Some(None), |writer| writer.map(Some))?,
            tolerated_count,
            tolerated_percentage,
        })
    }

    /// What each child runs: the processor as a definition of its own.
    fn child_definition(&self, processor: &Node<'_>) -> Arc<str> {
        let Value::Object(mut fields) = processor.value.to_value() else { return "{}".into() };
        fields.remove("ProcessorConfig");
        if self.language == QueryLanguage::Jsonata {
            fields.insert("QueryLanguage".into(), "JSONata".into());
        }
        Value::Object(fields).to_string().into()
    }

    fn label(&mut self, node: &Node<'_>) -> Option<Arc<str>> {
        let text = self.string(node, "Label")?;
        let allowed = |letter: char| {
            !letter.is_whitespace()
                && !letter.is_control()
                && !"?*<>{}[]:;,\\|^~$#%&`\"/".contains(letter)
        };
        // UNVERIFIED: AWS's words for all three.
        let message = if text.is_empty() {
            Some("Label cannot be empty".to_owned())
        } else if text.chars().count() > MAX_LABEL {
            Some(format!("Label cannot exceed {MAX_LABEL} characters"))
        } else {
            let wrong = text.chars().find(|letter| !allowed(*letter));
            wrong.map(|letter| format!("Label contains invalid character: {letter:?}"))
        };
        if let Some(message) = message {
            self.schema(&node.get("Label")?, message);
        }
        Some(text.into())
    }

    /// An object field, or a diagnostic.
    fn is_object(&mut self, field: &Node<'_>) -> bool {
        if field.object().is_none() {
            self.schema(field, "Expected value of type Object");
        }
        field.object().is_some()
    }

    /// One of some words; none when the field is not there or is another.
    fn word<T: Copy>(&mut self, node: &Node<'_>, key: &str, words: &[(&str, T)]) -> Option<T> {
        let text = self.string(node, key)?;
        let found = words.iter().find(|(word, _)| *word == text).map(|(_, value)| *value);
        if found.is_none() {
            let names: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
            let message = format!(
                "The field '{key}' should have one of these values: [{}]",
                names.join(", ")
            );
            self.schema(node, message);
        }
        found
    }

    fn arguments(&mut self, field: &Node<'_>, language: QueryLanguage) -> Option<Template> {
        let key = match language {
            QueryLanguage::JsonPath => "Parameters",
            QueryLanguage::Jsonata => "Arguments",
        };
        self.template(field, key, language)
    }

    /// Reports fields that are not of the language.
    fn arguments_known(&mut self, field: &Node<'_>, language: QueryLanguage, config: &str) {
        let key = match language {
            QueryLanguage::JsonPath => "Parameters",
            QueryLanguage::Jsonata => "Arguments",
        };
        self.only(field, &["Resource", key, config]);
    }

    fn reader(&mut self, field: &Node<'_>, language: QueryLanguage) -> Option<ItemReader> {
        if !self.is_object(field) {
            return None;
        }
        self.arguments_known(field, language, "ReaderConfig");
        self.required(field, &["Resource"]);
        let resource = self.string(field, "Resource")?;
        if ![GET_OBJECT, LIST_OBJECTS].contains(&resource) {
            // UNVERIFIED: AWS's words.
            self.schema(
                &field.get("Resource")?,
                format!("The field 'Resource' should have one of these values: [{GET_OBJECT}, {LIST_OBJECTS}]"),
            );
            return None;
        }
        let lists = resource == LIST_OBJECTS;
        let arguments = self.arguments(field, language);
        let mut config = ReaderConfig::default();
        let mut max_items = None;
        if let Some(given) = field.get("ReaderConfig")
            && self.is_object(&given)
        {
            self.only(&given, &READER_CONFIG);
            config = self.reader_config(&given);
            max_items = self.number(&given, "MaxItems", language, 0);
            if let Some(crate::program::NumberField::Literal(number)) = max_items
                && number > MAX_ITEMS
                && let Some(field) = given.get("MaxItems")
            {
                // UNVERIFIED: AWS's words.
                self.schema(&field, format!("Expected an integer between 1 and {MAX_ITEMS}"));
            }
        }
        if config.input_type.is_none() && (!lists || config.flatten) {
            // UNVERIFIED: AWS's words.
            self.schema(field, "These fields are required: [InputType]");
        }
        Some(ItemReader { resource: resource.into(), lists, arguments, config, max_items })
    }

    fn reader_config(&mut self, given: &Node<'_>) -> ReaderConfig {
        let types = [
            InputType::Csv,
            InputType::Json,
            InputType::Jsonl,
            InputType::Manifest,
            InputType::Parquet,
        ]
        .map(|kind| (kind.word(), kind));
        let location =
            self.word(given, "CSVHeaderLocation", &[("FIRST_ROW", false), ("GIVEN", true)]);
        let headers = self.csv_headers(given);
        if location == Some(true) && headers.is_none() {
            self.required(given, &["CSVHeaders"]);
        }
        ReaderConfig {
            input_type: self.word(given, "InputType", &types),
            flatten: self
                .word(given, "Transformation", &[("NONE", false), ("LOAD_AND_FLATTEN", true)])
                .unwrap_or(false),
            csv_headers: headers.filter(|_| location == Some(true)),
            csv_delimiter: self.word(given, "CSVDelimiter", &DELIMITERS),
            items_pointer: self.items_pointer(given),
            athena: self
                .word(given, "ManifestType", &[("S3_INVENTORY", false), ("ATHENA_DATA", true)])
                .unwrap_or(false),
        }
    }

    fn items_pointer(&mut self, given: &Node<'_>) -> Option<String> {
        let text = self.string(given, "ItemsPointer")?;
        if !text.is_empty() && !text.starts_with('/') {
            // UNVERIFIED: AWS's words.
            self.schema(&given.get("ItemsPointer")?, "Value is not a valid JSON Pointer");
        }
        Some(text.to_owned())
    }

    fn csv_headers(&mut self, given: &Node<'_>) -> Option<Vec<String>> {
        let field = given.get("CSVHeaders")?;
        let Some(items) = field.items() else {
            self.schema(&field, "Expected value of type Array");
            return None;
        };
        let mut headers = Vec::with_capacity(items.len());
        for item in &items {
            match item.text() {
                Some(text) => headers.push(text.to_owned()),
                None => self.schema(item, "Expected value of type String"),
            }
        }
        Some(headers)
    }

    fn batcher(&mut self, field: &Node<'_>, language: QueryLanguage) -> Option<ItemBatcher> {
        if !self.is_object(field) {
            return None;
        }
        let known: &[&str] = match language {
            QueryLanguage::JsonPath => &[
                "MaxItemsPerBatch",
                "MaxItemsPerBatchPath",
                "MaxInputBytesPerBatch",
                "MaxInputBytesPerBatchPath",
                "BatchInput",
            ],
            QueryLanguage::Jsonata => &["MaxItemsPerBatch", "MaxInputBytesPerBatch", "BatchInput"],
        };
        self.only(field, known);
        let max_items = self.number(field, "MaxItemsPerBatch", language, 1);
        let max_bytes = self.number(field, "MaxInputBytesPerBatch", language, 1);
        if let Some(crate::program::NumberField::Literal(bytes)) = max_bytes
            && bytes > MAX_BATCH_BYTES
            && let Some(field) = field.get("MaxInputBytesPerBatch")
        {
            // UNVERIFIED: AWS's words.
            self.schema(&field, format!("Expected an integer between 1 and {MAX_BATCH_BYTES}"));
        }
        if max_items.is_none() && max_bytes.is_none() {
            // UNVERIFIED: AWS's words.
            let message =
                "One of these fields is required: [MaxItemsPerBatch, MaxInputBytesPerBatch]";
            self.schema(field, message);
        }
        let batch_input = self.template(field, "BatchInput", language);
        Some(ItemBatcher { max_items, max_bytes, batch_input })
    }

    fn writer(&mut self, field: &Node<'_>, language: QueryLanguage) -> Option<ResultWriter> {
        if !self.is_object(field) {
            return None;
        }
        self.arguments_known(field, language, "WriterConfig");
        let resource = self.string(field, "Resource");
        if let Some(text) = resource
            && text != PUT_OBJECT
        {
            // UNVERIFIED: AWS's words.
            let message =
                format!("The field 'Resource' should have one of these values: [{PUT_OBJECT}]");
            self.schema(&field.get("Resource")?, message);
        }
        let arguments = self.arguments(field, language);
        if arguments.is_some() && resource.is_none() {
            self.required(field, &["Resource"]);
        }
        let config = field.get("WriterConfig");
        if resource.is_none() && config.is_none() {
            // UNVERIFIED: AWS's words.
            self.schema(field, "One of these fields is required: [Resource, WriterConfig]");
        }
        let mut writer = ResultWriter {
            resource: resource.map(Into::into),
            arguments,
            transformation: None,
            lines: false,
        };
        if let Some(config) = config
            && self.is_object(&config)
        {
            self.only(&config, &["Transformation", "OutputType"]);
            writer.transformation = self.word(
                &config,
                "Transformation",
                &[
                    ("NONE", Transformation::None),
                    ("COMPACT", Transformation::Compact),
                    ("FLATTEN", Transformation::Flatten),
                ],
            );
            let lines = self.word(&config, "OutputType", &[("JSON", false), ("JSONL", true)]);
            writer.lines = lines.unwrap_or(false);
        }
        Some(writer)
    }

    fn percentage(&mut self, node: &Node<'_>, language: QueryLanguage) -> Option<PercentageField> {
        let key = "ToleratedFailurePercentage";
        let by_path = "ToleratedFailurePercentagePath";
        if language == QueryLanguage::JsonPath {
            self.one_of(node, &[key, by_path]);
            if let Some(field) = node.get(by_path) {
                return self.path(&field).map(PercentageField::Path);
            }
        }
        let field = node.get(key)?;
        if language == QueryLanguage::Jsonata && Self::is_expression(&field) {
            return self.expression(&field).map(PercentageField::Expression);
        }
        let number = match &field.value.kind {
            Kind::Number(number) => number.as_f64(),
            _ => None,
        };
        let found = number.filter(|number| (0.0..=100.0).contains(number));
        if found.is_none() {
            // UNVERIFIED: AWS's words.
            self.schema(&field, "Expected a number between 0 and 100");
        }
        found.map(PercentageField::Literal)
    }

    /// Fields of distributed Maps on one that is not: still within bounds, as AWS accepts them.
    pub(super) fn tolerated_inline(&mut self, node: &Node<'_>, language: QueryLanguage) {
        self.percentage(node, language);
        self.number(node, "ToleratedFailureCount", language, 0);
    }
}
