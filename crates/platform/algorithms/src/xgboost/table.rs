//! Data in memory: one row per example, numbers or nothing in the columns.

mod csv_text;
mod libsvm_text;

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};

use crate::{Error, Result};

/// Examples with their labels.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Table {
    columns: usize,
    /// Row after row; not a number where nothing is known.
    values: Vec<f32>,
    labels: Vec<f32>,
    weights: Option<Vec<f32>>,
}

/// How data is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Numbers between delimiters, no header line.
    Csv,
    /// `label index:value …`
    LibSvm,
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
        Ok(Self { columns, values, labels, weights })
    }

    /// Reads files of one format as one table.
    pub fn read(files: &[PathBuf], format: Format, layout: Layout) -> Result<Self> {
        match format {
            Format::Csv => csv_text::read(files, layout),
            Format::LibSvm => libsvm_text::read(files),
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
    pub(super) fn row(&self, row: usize) -> &[f32] {
        &self.values[row * self.columns..(row + 1) * self.columns]
    }

    /// The labels; empty when the data has none.
    pub fn labels(&self) -> &[f32] {
        &self.labels
    }

    /// The weights, if the data has any.
    pub fn weights(&self) -> Option<&[f32]> {
        self.weights.as_deref()
    }

    /// The same rows with more columns, in which nothing is known.
    #[must_use]
    pub(super) fn widened_to(self, columns: usize) -> Self {
        if columns <= self.columns {
            return self;
        }
        let mut values = Vec::with_capacity(self.rows() * columns);
        for row in 0..self.rows() {
            values.extend_from_slice(self.row(row));
            values.resize((row + 1) * columns, f32::NAN);
        }
        Self { columns, values, ..self }
    }
}

/// Guesses the format of a file by its first line that is not empty.
pub(super) fn guess_format(file: &Path) -> Result<Format> {
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
