//! What is minimised: the mean loss of the examples, and its gradient.

use super::Predictor;
use crate::parallel;

/// Examples of one piece; sums are added piece by piece, so that they do not depend on the number of threads.
const PIECE_ROWS: usize = 2048;

/// The examples, in the units that are solved in.
pub(super) struct Problem {
    pub(super) predictor: Predictor,
    pub(super) columns: usize,
    /// Row after row.
    pub(super) values: Vec<f32>,
    pub(super) targets: Vec<f32>,
    pub(super) weights: Vec<f32>,
    pub(super) has_bias: bool,
    pub(super) threads: usize,
}

/// How many scores a predictor has.
pub(super) fn outputs(predictor: Predictor) -> usize {
    match predictor {
        Predictor::Multiclass(classes) => classes,
        Predictor::Binary | Predictor::Regressor => 1,
    }
}

/// The scores of a row before they are made probabilities; `parameters` holds for each output its weights, then its bias.
pub(super) fn scores(parameters: &[f64], columns: usize, row: &[f32], into: &mut [f64]) {
    for (score, own) in into.iter_mut().zip(parameters.chunks_exact(columns + 1)) {
        let dot: f64 = own.iter().zip(row).map(|(weight, value)| weight * f64::from(*value)).sum();
        *score = dot + own[columns];
    }
}

/// Turns scores into probabilities that add up to 1; answers the logarithm of the sum they were divided by.
pub(super) fn softmax(scores: &mut [f64]) -> f64 {
    let most = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let mut sum = 0.0;
    for score in scores.iter_mut() {
        *score = (*score - most).exp();
        sum += *score;
    }
    for score in scores.iter_mut() {
        *score /= sum;
    }
    most + sum.ln()
}

/// The probability of a score.
pub(super) fn sigmoid(score: f64) -> f64 {
    1.0 / (1.0 + (-score).exp())
}

impl Problem {
    pub(super) fn rows(&self) -> usize {
        self.targets.len()
    }

    /// How many numbers are looked for.
    pub(super) fn size(&self) -> usize {
        outputs(self.predictor) * (self.columns + 1)
    }

    /// The mean loss, and its gradient when `gradient` has room for it.
    pub(super) fn loss(&self, parameters: &[f64], gradient: Option<&mut [f64]>) -> f64 {
        let pieces = self.rows().div_ceil(PIECE_ROWS);
        let wants_gradient = gradient.is_some();
        let of_range = |range: std::ops::Range<usize>| {
            range.map(|piece| self.piece(piece, parameters, wants_gradient)).collect::<Vec<_>>()
        };
        let found = parallel::map_ranges(pieces, self.threads, of_range);
        let (mut loss, mut weight) = (0.0, 0.0);
        let mut sum = vec![0.0; if wants_gradient { self.size() } else { 0 }];
        for (own_loss, own_weight, own_gradient) in found.into_iter().flatten() {
            loss += own_loss;
            weight += own_weight;
            sum.iter_mut().zip(own_gradient).for_each(|(sum, own)| *sum += own);
        }
        let scale = if weight > 0.0 { 1.0 / weight } else { 0.0 };
        if let Some(gradient) = gradient {
            gradient.iter_mut().zip(&sum).for_each(|(into, sum)| *into = sum * scale);
        }
        loss * scale
    }

    /// Loss, weight and gradient of some rows, as sums.
    fn piece(
        &self,
        piece: usize,
        parameters: &[f64],
        wants_gradient: bool,
    ) -> (f64, f64, Vec<f64>) {
        let rows = piece * PIECE_ROWS..((piece + 1) * PIECE_ROWS).min(self.rows());
        let mut slopes = vec![0.0; outputs(self.predictor)];
        let mut gradient = vec![0.0; if wants_gradient { self.size() } else { 0 }];
        let (mut loss, mut total) = (0.0, 0.0);
        for row in rows {
            let values = &self.values[row * self.columns..(row + 1) * self.columns];
            let (target, weight) = (f64::from(self.targets[row]), f64::from(self.weights[row]));
            scores(parameters, self.columns, values, &mut slopes);
            loss += weight * self.slopes(target, &mut slopes);
            total += weight;
            if !wants_gradient {
                continue;
            }
            for (slope, own) in slopes.iter().zip(gradient.chunks_exact_mut(self.columns + 1)) {
                let slope = slope * weight;
                for (into, value) in own.iter_mut().zip(values) {
                    *into += slope * f64::from(*value);
                }
                if self.has_bias {
                    own[self.columns] += slope;
                }
            }
        }
        (loss, total, gradient)
    }

    /// The loss of one row; puts its derivatives in the place of the scores.
    fn slopes(&self, target: f64, scores: &mut [f64]) -> f64 {
        match self.predictor {
            Predictor::Regressor => {
                let error = scores[0] - target;
                scores[0] = 2.0 * error;
                error * error
            }
            Predictor::Binary => {
                let score = scores[0];
                scores[0] = sigmoid(score) - target;
                // ln(1 + e^score) without overflow.
                score.max(0.0) + (-score.abs()).exp().ln_1p() - target * score
            }
            Predictor::Multiclass(_) => {
                let class = target as usize;
                let own = scores[class];
                let log_sum = softmax(scores);
                scores[class] -= 1.0;
                log_sum - own
            }
        }
    }
}
