//! Histograms of gradients, and the best split of a node.

use super::Hyperparameters;
use super::cuts::{Codes, Feature};
use super::objective::Gradient;
use crate::parallel;

/// The least gain worth a split.
// XGBoost: kRtEps.
const LEAST_GAIN: f32 = 1e-6;
/// Below this many additions more threads cost more than they save.
const PARALLEL_ADDITIONS: usize = 1 << 17;

/// Sums of first and second derivatives.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Sums {
    pub(super) gradient: f64,
    pub(super) hessian: f64,
}

impl Sums {
    pub(super) fn add(&mut self, gradient: Gradient) {
        self.gradient += f64::from(gradient.0);
        self.hessian += f64::from(gradient.1);
    }

    fn plus(self, other: Self) -> Self {
        Self { gradient: self.gradient + other.gradient, hessian: self.hessian + other.hessian }
    }

    fn minus(self, other: Self) -> Self {
        Self { gradient: self.gradient - other.gradient, hessian: self.hessian - other.hessian }
    }

    /// The best weight of a leaf with these sums.
    pub(super) fn weight(self, parameters: &Hyperparameters) -> f64 {
        if self.hessian <= 0.0 || self.hessian < parameters.min_child_weight {
            return 0.0;
        }
        let weight = -shrunk(self.gradient, parameters.alpha) / (self.hessian + parameters.lambda);
        match parameters.max_delta_step {
            0.0 => weight,
            greatest => weight.clamp(-greatest, greatest),
        }
    }

    /// How much a leaf of the best weight lowers the loss.
    pub(super) fn gain(self, parameters: &Hyperparameters) -> f64 {
        if self.hessian <= 0.0 {
            return 0.0;
        }
        let curvature = self.hessian + parameters.lambda;
        if parameters.max_delta_step == 0.0 {
            if parameters.alpha == 0.0 {
                return self.gradient * self.gradient / curvature;
            }
            return shrunk(self.gradient, parameters.alpha).powi(2) / curvature;
        }
        let weight = self.weight(parameters);
        -(2.0 * self.gradient * weight + curvature * weight * weight)
    }
}

/// L1 regularisation takes this much from a gradient, as far as there is any.
fn shrunk(gradient: f64, alpha: f64) -> f64 {
    gradient.signum() * (gradient.abs() - alpha).max(0.0)
}

/// A split of a node.
#[derive(Debug, Clone, Copy)]
pub(super) struct Split {
    pub(super) gain: f32,
    pub(super) feature: usize,
    pub(super) threshold: f32,
    /// Rows of bins below this one go left.
    pub(super) left_bins: usize,
    pub(super) default_left: bool,
    pub(super) left: Sums,
    pub(super) right: Sums,
}

/// The places of some features' bins in a histogram: each feature's bins in order, then one place
/// for rows without a value.
#[derive(Debug)]
pub(super) struct Places<'a> {
    features: &'a [Feature],
    /// Which features have places, ascending.
    columns: &'a [usize],
    ends: Vec<usize>,
}

impl<'a> Places<'a> {
    pub(super) fn new(features: &'a [Feature], columns: &'a [usize]) -> Self {
        let sizes = columns.iter().map(|column| features[*column].cuts.len() + 1);
        let ends = sizes.scan(0, |end, size| {
            *end += size;
            Some(*end)
        });
        Self { features, columns, ends: ends.collect() }
    }

    /// How many places there are.
    pub(super) fn count(&self) -> usize {
        self.ends.last().copied().unwrap_or(0)
    }

    /// Sums the gradients of rows; `gradients` holds one for each of `rows`, which are all there are when absent.
    pub(super) fn build(
        &self,
        rows: Option<&[u32]>,
        gradients: &[Gradient],
        threads: usize,
    ) -> Vec<Sums> {
        let mut histogram = vec![Sums::default(); self.count()];
        let additions = gradients.len() * self.columns.len();
        let threads = if additions < PARALLEL_ADDITIONS { 1 } else { threads };
        parallel::for_parts(&mut histogram, &self.ends, threads, |part, sums| {
            match &self.features[self.columns[part]].codes {
                Codes::Narrow(codes) => accumulate(codes, rows, gradients, sums),
                Codes::Wide(codes) => accumulate(codes, rows, gradients, sums),
            }
        });
        histogram
    }

    /// The best split on some of the columns; none where nothing is gained.
    pub(super) fn best_split(
        &self,
        histogram: &[Sums],
        node: Sums,
        columns: &[usize],
        parameters: &Hyperparameters,
        threads: usize,
    ) -> Option<Split> {
        let threads = if self.count() < PARALLEL_ADDITIONS { 1 } else { threads };
        let of_range = |range: std::ops::Range<usize>| {
            let splits = columns[range].iter().filter_map(|column| {
                let place = self.columns.binary_search(column).ok()?;
                let begin = place.checked_sub(1).map_or(0, |before| self.ends[before]);
                let sums = &histogram[begin..self.ends[place]];
                best_of_feature(*column, &self.features[*column], sums, node, parameters)
            });
            first_best(splits)
        };
        first_best(parallel::map_ranges(columns.len(), threads, of_range).into_iter().flatten())
    }
}

/// The greatest gain; of equals the first, so that the order of columns decides and not the threads.
fn first_best(splits: impl Iterator<Item = Split>) -> Option<Split> {
    splits.reduce(|best, split| if split.gain > best.gain { split } else { best })
}

fn accumulate<Code: Copy + Into<usize>>(
    codes: &[Code],
    rows: Option<&[u32]>,
    gradients: &[Gradient],
    sums: &mut [Sums],
) {
    let Some(rows) = rows else {
        for (code, gradient) in codes.iter().zip(gradients) {
            sums[(*code).into()].add(*gradient);
        }
        return;
    };
    for (row, gradient) in rows.iter().zip(gradients) {
        let code: usize = codes[*row as usize].into();
        sums[code].add(*gradient);
    }
}

/// Tries all bounds of a feature's bins, with the rows that have no value on the right, and where
/// there are any also with them on the left.
fn best_of_feature(
    column: usize,
    feature: &Feature,
    sums: &[Sums],
    node: Sums,
    parameters: &Hyperparameters,
) -> Option<Split> {
    let node_gain = node.gain(parameters);
    // An empty child has what rounding left over.
    let least = parameters.min_child_weight.max(node.hessian * 1e-12);
    let mut best: Option<Split> = None;
    let mut consider = |left: Sums, right: Sums, left_bins: usize, default_left: bool| {
        if left.hessian < least || right.hessian < least {
            return;
        }
        let gain = (left.gain(parameters) + right.gain(parameters) - node_gain) as f32;
        if gain > LEAST_GAIN && best.is_none_or(|best| gain > best.gain) {
            let below = left_bins.checked_sub(1).map_or(feature.below_all, |bin| feature.cuts[bin]);
            best = Some(Split {
                gain,
                feature: column,
                threshold: below,
                left_bins,
                default_left,
                left,
                right,
            });
        }
    };
    let bins = &sums[..feature.cuts.len()];
    let last = if feature.has_missing { bins.len() } else { bins.len() - 1 };
    let mut left = Sums::default();
    for (bin, here) in bins[..last].iter().enumerate() {
        left = left.plus(*here);
        consider(left, node.minus(left), bin + 1, false);
    }
    if feature.has_missing {
        let mut right = Sums::default();
        for (bin, here) in bins.iter().enumerate().rev() {
            right = right.plus(*here);
            consider(node.minus(right), right, bin, true);
        }
    }
    best
}

/// What is left of a histogram when another's rows are taken away.
pub(super) fn subtract(mut whole: Vec<Sums>, part: &[Sums]) -> Vec<Sums> {
    for (whole, part) in whole.iter_mut().zip(part) {
        *whole = whole.minus(*part);
    }
    whole
}
