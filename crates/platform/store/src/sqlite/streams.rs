//! Which rows of the log belong to which stream: kept in memory, so that the log needs no index.

use std::collections::{BTreeSet, HashMap};

/// Rows of live streams, and rows to remove.
#[derive(Debug, Default)]
pub(super) struct Streams {
    live: HashMap<u64, Rows>,
    /// Rows of dropped streams and the marks that dropped them, still in the file.
    garbage: BTreeSet<i64>,
    /// How many bytes those rows have, about.
    garbage_bytes: usize,
}

#[derive(Debug, Default)]
struct Rows {
    ids: Vec<i64>,
    bytes: usize,
}

impl Streams {
    pub(super) fn append(&mut self, stream: u64, row: i64, bytes: usize) {
        let rows = self.live.entry(stream).or_default();
        rows.ids.push(row);
        rows.bytes += bytes;
    }

    /// The stream ended with the mark in row `mark`.
    pub(super) fn drop_stream(&mut self, stream: u64, mark: i64) {
        let rows = self.live.remove(&stream).unwrap_or_default();
        self.garbage.extend(rows.ids);
        self.garbage_bytes += rows.bytes;
        self.garbage.insert(mark);
    }

    pub(super) fn rows(&self, stream: u64) -> &[i64] {
        self.live.get(&stream).map_or(&[], |rows| &rows.ids)
    }

    /// Rows to remove, and their bytes.
    pub(super) fn garbage(&self) -> (usize, usize) {
        (self.garbage.len(), self.garbage_bytes)
    }

    /// Runs of at most `most` rows to remove, the oldest first: a mark is younger than the rows it dropped, so it never
    /// goes before them.
    pub(super) fn garbage_runs(&self, most: usize) -> Vec<(i64, i64)> {
        let mut runs: Vec<(i64, i64)> = Vec::new();
        for row in self.garbage.iter().take(most) {
            match runs.last_mut() {
                Some((_, last)) if *last + 1 == *row => *last = *row,
                _ => runs.push((*row, *row)),
            }
        }
        runs
    }

    /// The runs have been removed.
    pub(super) fn removed(&mut self, runs: &[(i64, i64)]) {
        let Some((_, last)) = runs.last() else { return };
        let before = self.garbage.len();
        self.garbage = self.garbage.split_off(&(last + 1));
        // Those that are left have their share.
        self.garbage_bytes = self.garbage_bytes / before.max(1) * self.garbage.len();
    }
}
