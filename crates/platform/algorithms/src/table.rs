//! Data in memory: one row per example, numbers or nothing in the columns.

mod csv_text;
mod libsvm_text;
mod recordio_table;
mod rows;

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};

use crate::{Error, Result, recordio};

/// Examples with their labels.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Table {
    columns: usize,
    /// Row after row; not a number where nothing is known.
    values: Vec<f32>,
    labels: Vec<f32>,
    weights: Option<Vec<f32>>,
    /// Whether rows left columns out, so that the data may have more than these rows tell of.
    is_sparse: bool,
}

/// How data is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Numbers between delimiters, no header line.
    Csv,
    /// `label index:value …`
    LibSvm,
    /// SageMaker's protobuf messages in `RecordIO` frames.
    RecordIo,
}

impl Format {
    /// Its media type.
    pub(crate) fn content_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv",
            Self::LibSvm => "text/libsvm",
            Self::RecordIo => "application/x-recordio-protobuf",
        }
    }
}

/// What the columns of CSV data are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// The label first, then the features.
    Labelled,
    /// The label, the weight, then the features.
    Weighted,
    /// Features only.
    Unlabelled,
}

impl Layout {
    fn leading_columns(self) -> usize {
        match self {
            Self::Labelled => 1,
            Self::Weighted => 2,
            Self::Unlabelled => 0,
        }
    }
}

impl Table {
    /// A table from its parts: `values` holds the rows one after the other, not a number where a
    /// value is missing; `labels` is empty or has one label per row.
    pub fn new(
        columns: usize,
        values: Vec<f32>,
        labels: Vec<f32>,
        weights: Option<Vec<f32>>,
    ) -> Result<Self> {
        let rows = values.len().checked_div(columns).unwrap_or(labels.len());
        let is_whole = rows.checked_mul(columns) == Some(values.len());
        let has_labels = labels.is_empty() || labels.len() == rows;
        if !is_whole || !has_labels || weights.as_ref().is_some_and(|it| it.len() != rows) {
            return Err(Error::client("the parts of the table do not fit together"));
        }
        if u32::try_from(rows).is_err() {
            return Err(Error::client("there are more than 4294967295 rows"));
        }
        Ok(Self { columns, values, labels, weights, is_sparse: false })
    }

    /// Reads files of one format as one table; what sparse rows leave out is missing.
    pub fn read(files: &[PathBuf], format: Format, layout: Layout) -> Result<Self> {
        Self::read_filled(files, format, layout, f32::NAN)
    }

    /// The same with a value for what sparse rows leave out.
    pub(crate) fn read_filled(
        files: &[PathBuf],
        format: Format,
        layout: Layout,
        absent: f32,
    ) -> Result<Self> {
        match format {
            Format::Csv => csv_text::read(files, layout),
            Format::LibSvm => libsvm_text::read(files, absent),
            Format::RecordIo => recordio_table::read(files, absent),
        }
    }

    /// How many examples.
    pub fn rows(&self) -> usize {
        self.values.len().checked_div(self.columns).unwrap_or(self.labels.len())
    }

    /// How many features.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// The features of a row that is there.
    pub(crate) fn row(&self, row: usize) -> &[f32] {
        &self.values[row * self.columns..(row + 1) * self.columns]
    }

    /// The labels; empty when the data has none.
    pub fn labels(&self) -> &[f32] {
        &self.labels
    }

    /// All features, row after row.
    pub(crate) fn values(&self) -> &[f32] {
        &self.values
    }

    /// The weights, if the data has any.
    pub fn weights(&self) -> Option<&[f32]> {
        self.weights.as_deref()
    }

    /// Whether rows left columns out.
    pub(crate) fn is_sparse(&self) -> bool {
        self.is_sparse
    }

    /// Refuses data with another number of features, or with a value that is missing.
    pub(crate) fn check_width(&self, channel: &str, wanted: Option<usize>) -> Result<()> {
        if let Some(wanted) = wanted.filter(|wanted| *wanted != self.columns) {
            return Err(Error::client(format!(
                "channel {channel}: {} features instead of {wanted}",
                self.columns
            )));
        }
        match self.values.iter().position(|value| value.is_nan()) {
            Some(place) => {
                let (row, column) = (place / self.columns + 1, place % self.columns + 1);
                Err(Error::client(format!(
                    "channel {channel}, row {row}, feature {column}: the value is missing"
                )))
            }
            None => Ok(()),
        }
    }

    /// The same rows with more columns, which hold this value.
    #[must_use]
    pub(crate) fn widened_to(self, columns: usize, value: f32) -> Self {
        if columns <= self.columns {
            return self;
        }
        let mut values = Vec::with_capacity(self.rows() * columns);
        for row in 0..self.rows() {
            values.extend_from_slice(self.row(row));
            values.resize((row + 1) * columns, value);
        }
        Self { columns, values, ..self }
    }
}

/// Guesses the format of a file by its first line that is not empty.
pub(crate) fn guess_format(file: &Path) -> Result<Format> {
    if recordio::is_recordio(file)? {
        return Ok(Format::RecordIo);
    }
    let line = first_line(file)?;
    let is_pair = |word: &str| {
        let pair = word.split_once(':');
        pair.is_some_and(|(index, value)| {
            index.parse::<u32>().is_ok() && value.parse::<f32>().is_ok()
        })
    };
    let mut words = line.split_ascii_whitespace().skip(1).filter(|word| !word.starts_with("qid:"));
    Ok(if words.next().is_some_and(is_pair) { Format::LibSvm } else { Format::Csv })
}

/// The first line that is not empty, as far as it is of a reasonable length.
fn first_line(file: &Path) -> Result<String> {
    let opened = File::open(file).map_err(Error::io("read", file))?;
    let mut reader = BufReader::with_capacity(1024 * 1024, opened);
    let start = reader.fill_buf().map_err(Error::io("read", file))?;
    let mut lines = start.split(|byte| matches!(byte, b'\n' | b'\r'));
    let line = lines.find(|line| !line.trim_ascii().is_empty()).unwrap_or_default();
    Ok(String::from_utf8_lossy(line).into_owned())
}

/// Reads a number; nothing, for an empty text.
fn number(text: &[u8]) -> std::result::Result<f32, &'static str> {
    let text = text.trim_ascii();
    if text.is_empty() {
        return Ok(f32::NAN);
    }
    let parsed = std::str::from_utf8(text).ok().and_then(|text| text.parse::<f32>().ok());
    match parsed {
        None => Err("is not a number"),
        Some(value) if value.is_infinite() => Err("is too large for a number"),
        // One zero is enough.
        Some(value) => Ok(value + 0.0),
    }
}

/// A short form of a value for an error text.
fn shown(value: &[u8]) -> String {
    let text = String::from_utf8_lossy(value);
    let short: String = text.chars().take(60).collect();
    if short.len() < text.len() { format!("{short:?}…") } else { format!("{short:?}") }
}
