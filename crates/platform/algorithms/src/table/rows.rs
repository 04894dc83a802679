//! Rows that name the columns they know, gathered until the table's width is known.

use super::Table;
use crate::{Error, Result};

/// A table may have this many values even if hardly any of them is known: 1 GiB.
const VALUES_LIMIT: usize = 1 << 28;

#[derive(Default)]
pub(super) struct Rows {
    /// One past the greatest index.
    pub(super) columns: usize,
    /// Index and value of all rows.
    entries: Vec<(u32, f32)>,
    /// Where each row ends in `entries`.
    ends: Vec<usize>,
    /// One for each row, or none at all.
    pub(super) labels: Vec<f32>,
    /// One for each row, or none at all.
    pub(super) weights: Vec<f32>,
}

impl Rows {
    /// A value of the row that is not ended yet.
    pub(super) fn add(&mut self, index: u32, value: f32) {
        self.columns = self.columns.max(index as usize + 1);
        self.entries.push((index, value));
    }

    pub(super) fn end_row(&mut self) {
        self.ends.push(self.entries.len());
    }

    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    /// The table, with a value for what the rows leave out.
    pub(super) fn into_table(self, absent: f32) -> Result<Table> {
        let limit = VALUES_LIMIT.max(self.entries.len().saturating_mul(16));
        let count = self.columns.checked_mul(self.len()).filter(|it| *it <= limit);
        let count = count.ok_or_else(|| {
            let size = format!("{} rows with {} columns", self.len(), self.columns);
            Error::client(format!("{size} are too sparse for the built-in algorithm"))
        })?;
        let mut values = vec![absent; count];
        let mut begin = 0;
        for (row, end) in self.ends.iter().enumerate() {
            for (index, value) in &self.entries[begin..*end] {
                values[row * self.columns + *index as usize] = *value;
            }
            begin = *end;
        }
        let is_weighted = self.weights.iter().any(|weight| *weight != 1.0);
        let weights = is_weighted.then_some(self.weights);
        let table = Table::new(self.columns, values, self.labels, weights)?;
        Ok(Table { is_sparse: true, ..table })
    }
}
