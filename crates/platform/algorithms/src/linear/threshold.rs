//! From which score on label 1 is predicted.

use super::hyperparameters::Selection;

/// The threshold that is best on these scores by the criterion; a score above it means label 1.
pub(super) fn choose(scores: &[f64], labels: &[f32], selection: Selection) -> f64 {
    if selection == Selection::Loss || scores.is_empty() {
        return 0.5;
    }
    let mut order: Vec<(f64, bool)> =
        scores.iter().zip(labels).map(|(score, label)| (*score, *label == 1.0)).collect();
    order.sort_by(|one, other| other.0.total_cmp(&one.0));
    let positives = order.iter().filter(|it| it.1).count() as f64;
    let count = order.len() as f64;
    // With nothing predicted as 1: the threshold above all scores.
    let (mut hits, mut predicted) = (0.0, 0.0);
    let mut best = (merit(selection, 0.0, 0.0, positives, count), above(order[0].0));
    for (place, (score, is_positive)) in order.iter().enumerate() {
        predicted += 1.0;
        hits += f64::from(u8::from(*is_positive));
        let next = order.get(place + 1).map(|it| it.0);
        if next == Some(*score) {
            continue;
        }
        let own = merit(selection, hits, predicted, positives, count);
        // Of equals the one nearest to one half.
        let threshold = next.map_or(score * 0.5, |next| f64::midpoint(*score, next));
        let is_nearer = (threshold - 0.5).abs() < (best.1 - 0.5).abs();
        if own > best.0 || (own == best.0 && is_nearer) {
            best = (own, threshold);
        }
    }
    best.1
}

fn above(score: f64) -> f64 {
    f64::midpoint(score, 1.0)
}

/// The greater the better.
fn merit(selection: Selection, hits: f64, predicted: f64, positives: f64, count: f64) -> f64 {
    let precision = ratio(hits, predicted);
    let recall = ratio(hits, positives);
    match selection {
        Selection::Loss => 0.0,
        Selection::Accuracy => (hits + (count - positives) - (predicted - hits)) / count,
        Selection::FBeta(beta) => f_score(precision, recall, beta),
        // Where the target cannot be reached, as near to it as possible.
        Selection::PrecisionAtRecall(target) if recall < target => recall - 1.0 - target,
        Selection::PrecisionAtRecall(_) => precision,
        Selection::RecallAtPrecision(target) if precision < target => precision - 1.0 - target,
        Selection::RecallAtPrecision(_) => recall,
    }
}

pub(super) fn f_score(precision: f64, recall: f64, beta: f64) -> f64 {
    let square = beta * beta;
    ratio((1.0 + square) * precision * recall, square * precision + recall)
}

pub(super) fn ratio(part: f64, whole: f64) -> f64 {
    if whole > 0.0 { part / whole } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thresholds_are_best_by_their_criterion() {
        let scores = [0.9, 0.8, 0.3, 0.2, 0.1];
        let labels = [1.0, 0.0, 1.0, 0.0, 0.0];
        let cases = [
            (Selection::Loss, 0.5),
            (Selection::Accuracy, 0.25),
            (Selection::FBeta(1.0), 0.25),
            (Selection::PrecisionAtRecall(0.5), 0.85),
            (Selection::PrecisionAtRecall(1.0), 0.25),
            (Selection::RecallAtPrecision(0.6), 0.25),
            (Selection::RecallAtPrecision(1.0), 0.85),
        ];
        for (selection, wanted) in cases {
            let found = choose(&scores, &labels, selection);
            assert!((found - wanted).abs() < 1e-9, "{selection:?}: {found}");
        }
        assert!(choose(&[0.7, 0.6], &[0.0, 0.0], Selection::Accuracy) > 0.7);
        assert!(choose(&[0.7, 0.6], &[1.0, 1.0], Selection::Accuracy) < 0.6);
    }
}
