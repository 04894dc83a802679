//! A trained model: predictions from rows.

use super::{Objective, Table, Tree};
use crate::parallel;

/// A trained model.
#[derive(Debug, Clone, PartialEq)]
pub struct Model {
    pub(super) objective: Objective,
    /// Where prediction starts, in units of the label.
    pub(super) base_score: f32,
    /// How many features it was trained on.
    pub(super) features: usize,
    pub(super) trees: Vec<Tree>,
    /// Named remarks, among them `best_iteration` and `best_score`.
    pub(super) attributes: Vec<(String, String)>,
}

impl Model {
    /// What it learned.
    pub fn objective(&self) -> Objective {
        self.objective
    }

    /// How many features it was trained on. Rows may be shorter: what they lack is missing.
    pub fn features(&self) -> usize {
        self.features
    }

    /// Its trees, in order.
    pub fn trees(&self) -> &[Tree] {
        &self.trees
    }

    /// The prediction for one row: a number, or the probability of label 1. A value that is not a
    /// number counts as missing.
    pub fn predict_row(&self, row: &[f32]) -> f32 {
        let start = self.objective.margin(self.base_score);
        // XGBoost: summed in single precision, in order.
        let margin = self.trees.iter().fold(start, |margin, tree| margin + tree.answer(row));
        self.objective.transform(margin)
    }

    /// The predictions for all rows of a table.
    pub fn predict(&self, table: &Table) -> Vec<f32> {
        let threads = if table.rows() < 1000 { 1 } else { parallel::threads(0) };
        let of_range = |rows: std::ops::Range<usize>| {
            rows.map(|row| self.predict_row(table.row(row))).collect::<Vec<_>>()
        };
        parallel::map_ranges(table.rows(), threads, of_range).into_iter().flatten().collect()
    }
}
