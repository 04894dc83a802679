//! Which point is tried next. Pure: the same history and seed give the same point.
//!
//! `Random` draws; `Grid` goes through all combinations; `Bayesian` is a tree-structured Parzen estimator (Bergstra et
//! al., 2011): it draws candidates near the best points so far and takes the one that is most likely among the good ones
//! compared with the others. AWS's own method is a Gaussian process and not public.

use super::space::Parameter;

/// How points are chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Strategy {
    Random,
    Grid,
    Bayesian,
}

/// A point that was tried.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Tried {
    pub(crate) point: Vec<f64>,
    /// Small is good. None while it is not known: such points are kept away from.
    pub(crate) loss: Option<f64>,
}

/// So many results are drawn by chance before any is made use of.
const FIRST: usize = 6;
/// Candidates of which the best is taken.
const CANDIDATES: usize = 32;
/// At most so many points are good ones.
const MOST_GOOD: usize = 25;
/// How often a draw that has been tried is drawn again.
const REDRAWS: u64 = 32;

/// The point of number `index`.
pub(crate) fn next(
    strategy: Strategy,
    space: &[Parameter],
    tried: &[Tried],
    seed: u64,
    index: u64,
) -> Vec<f64> {
    if strategy == Strategy::Grid {
        return grid(space, index);
    }
    let known = tried.iter().filter(|it| it.loss.is_some_and(f64::is_finite)).count();
    let mut point = Vec::new();
    for redraw in 0..REDRAWS {
        let mut random = Random::new(seed, index, redraw);
        point = if strategy == Strategy::Bayesian && known >= FIRST {
            parzen(space, tried, &mut random)
        } else {
            space.iter().map(|_| random.unit()).collect()
        };
        let of = |point: &[f64]| -> Vec<String> {
            space.iter().zip(point).map(|(it, unit)| it.value(*unit)).collect()
        };
        let values = of(&point);
        if tried.iter().all(|it| of(&it.point) != values) {
            break;
        }
    }
    point
}

/// How many points a grid has.
pub(crate) fn grid_size(space: &[Parameter]) -> Option<u64> {
    space.iter().try_fold(1_u64, |size, it| size.checked_mul(it.choices()? as u64))
}

fn grid(space: &[Parameter], index: u64) -> Vec<f64> {
    let mut rest = index;
    let place = |parameter: &Parameter| {
        let choices = parameter.choices().unwrap_or(1).max(1) as u64;
        let at = rest % choices;
        rest /= choices;
        (at as f64 + 0.5) / choices as f64
    };
    space.iter().map(place).collect()
}

fn parzen(space: &[Parameter], tried: &[Tried], random: &mut Random) -> Vec<f64> {
    let mut known: Vec<(f64, &[f64])> = tried
        .iter()
        .filter_map(|it| Some((it.loss.filter(|loss| loss.is_finite())?, it.point.as_slice())))
        .collect();
    known.sort_by(|a, b| a.0.total_cmp(&b.0));
    let good = ((known.len() as f64).sqrt().ceil() as usize).clamp(2, MOST_GOOD);
    let (good, bad) = known.split_at(good.min(known.len()));
    let good: Vec<&[f64]> = good.iter().map(|(_, point)| *point).collect();
    let mut bad: Vec<&[f64]> = bad.iter().map(|(_, point)| *point).collect();
    // What runs now or failed is no place to go to.
    bad.extend(tried.iter().filter(|it| it.loss.is_none()).map(|it| it.point.as_slice()));
    let mut best: Option<(f64, Vec<f64>)> = None;
    for _ in 0..CANDIDATES {
        let mut candidate = Vec::with_capacity(space.len());
        let mut score = 0.0;
        for (dimension, parameter) in space.iter().enumerate() {
            let places = |points: &[&[f64]]| -> Vec<f64> {
                points.iter().filter_map(|point| point.get(dimension).copied()).collect()
            };
            let (good, bad) = (places(&good), places(&bad));
            let choices = parameter.choices();
            let unit = draw(&good, choices, random);
            score += density(unit, &good, choices).ln() - density(unit, &bad, choices).ln();
            candidate.push(unit);
        }
        if best.as_ref().is_none_or(|(most, _)| score > *most) {
            best = Some((score, candidate));
        }
    }
    best.map(|(_, point)| point).unwrap_or_default()
}

/// How wide the kernel around a point is: narrower as there are more points.
fn width(points: usize) -> f64 {
    (0.5 / (points as f64).sqrt().max(1.0)).clamp(0.03, 0.5)
}

/// Draws near one of the points, or anywhere: the prior counts as one more point.
fn draw(points: &[f64], choices: Option<usize>, random: &mut Random) -> f64 {
    let at = (random.unit() * (points.len() + 1) as f64) as usize;
    let Some(centre) = points.get(at) else { return random.unit() };
    if choices.is_some() {
        return *centre;
    }
    // Reflected at the borders, where many optima lie.
    let drawn = (centre + random.normal() * width(points.len())).rem_euclid(2.0);
    if drawn > 1.0 { 2.0 - drawn } else { drawn }
}

/// The density of a mixture of kernels around the points and of the prior.
fn density(unit: f64, points: &[f64], choices: Option<usize>) -> f64 {
    let count = points.len() as f64 + 1.0;
    if let Some(choices) = choices {
        let bin = |unit: f64| ((unit * choices as f64) as usize).min(choices.saturating_sub(1));
        let same = points.iter().filter(|point| bin(**point) == bin(unit)).count() as f64;
        return (same + 1.0 / choices.max(1) as f64) / count;
    }
    let width = width(points.len());
    let kernel = |centre: f64| {
        let distance = (unit - centre) / width;
        (-0.5 * distance * distance).exp() / (width * (2.0 * std::f64::consts::PI).sqrt())
    };
    // With the mirror images beyond the borders, as points are drawn.
    let near = |centre: &f64| kernel(*centre) + kernel(-*centre) + kernel(2.0 - *centre);
    (points.iter().map(near).sum::<f64>() + 1.0) / count
}

/// Random numbers of a place in the search.
struct Random(u64);

impl Random {
    fn new(seed: u64, index: u64, redraw: u64) -> Self {
        let mut random = Self(seed);
        for part in [index, redraw] {
            random.0 = random.next() ^ part;
        }
        random
    }

    /// SplitMix64 (Steele et al., 2014).
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn normal(&mut self) -> f64 {
        let (first, second) = (1.0 - self.unit(), self.unit());
        (-2.0 * first.ln()).sqrt() * (2.0 * std::f64::consts::PI * second).cos()
    }
}

#[cfg(test)]
mod tests {
    use super::{Strategy, Tried, grid_size, next};
    use crate::tuning::space::parse;
    use serde_json::json;

    fn space() -> Vec<crate::tuning::space::Parameter> {
        let range = |name: &str| json!({"Name": name, "MinValue": "0", "MaxValue": "1"});
        let ranges = json!({
            "ContinuousParameterRanges": [range("x"), range("y")],
            "CategoricalParameterRanges": [{"Name": "z", "Values": ["a", "b", "c", "d"]}],
        });
        parse(&ranges).unwrap()
    }

    fn best_of(strategy: Strategy, seed: u64, count: u64) -> f64 {
        let space = space();
        let mut tried = Vec::new();
        for index in 0..count {
            let point = next(strategy, &space, &tried, seed, index);
            let wrong_kind = if space[2].value(point[2]) == "c" { 0.0 } else { 1.0 };
            let loss = (point[0] - 0.3).powi(2) + (point[1] - 0.9).powi(2) + wrong_kind;
            tried.push(Tried { point, loss: Some(loss) });
        }
        tried.iter().filter_map(|it| it.loss).fold(f64::INFINITY, f64::min)
    }

    #[test]
    fn what_is_known_is_made_use_of() {
        let median = |strategy| {
            let mut found: Vec<f64> = (0..21).map(|seed| best_of(strategy, seed, 40)).collect();
            found.sort_by(f64::total_cmp);
            found[10]
        };
        let (random, bayesian) = (median(Strategy::Random), median(Strategy::Bayesian));
        assert!(bayesian < random / 3.0, "{bayesian} {random}");
    }

    #[test]
    fn a_search_can_be_repeated() {
        let tried = vec![Tried { point: vec![0.1, 0.2, 0.3], loss: None }; 12];
        for strategy in [Strategy::Random, Strategy::Bayesian] {
            let again = || next(strategy, &space(), &tried, 7, 3);
            assert_eq!(again(), again());
            assert_ne!(again(), next(strategy, &space(), &tried, 8, 3));
        }
    }

    #[test]
    fn a_grid_has_each_combination_once() {
        let ranges = json!({"CategoricalParameterRanges": [
            {"Name": "a", "Values": ["1", "2"]}, {"Name": "b", "Values": ["x", "y", "z"]},
        ]});
        let space = parse(&ranges).unwrap();
        assert_eq!(grid_size(&space), Some(6));
        let mut seen: Vec<String> = (0..6)
            .map(|index| {
                let point = next(Strategy::Grid, &space, &[], 0, index);
                space.iter().zip(&point).map(|(it, unit)| it.value(*unit)).collect()
            })
            .collect();
        seen.sort();
        assert_eq!(seen, ["1x", "1y", "1z", "2x", "2y", "2z"]);
    }

    #[test]
    fn odd_histories_do_no_harm() {
        let space = space();
        let odd = [f64::NAN, f64::INFINITY, 1.0, 1.0, 1.0, 1.0, 1.0, -1e308];
        let tried: Vec<Tried> =
            odd.iter().map(|loss| Tried { point: vec![0.5; 3], loss: Some(*loss) }).collect();
        let point = next(Strategy::Bayesian, &space, &tried, 0, 8);
        assert!(point.iter().all(|unit| (0.0..=1.0).contains(unit)), "{point:?}");
        assert_eq!(next(Strategy::Bayesian, &[], &tried, 0, 8), Vec::<f64>::new());
    }
}
