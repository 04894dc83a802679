//! The minimum of a smooth function with L1 and L2 terms: L-BFGS, kept in one orthant per step where there is an L1 term.
// Liu and Nocedal (1989), On the limited memory BFGS method; Andrew and Gao (2007), Scalable training of L1-regularized log-linear models.

use std::collections::VecDeque;

use super::problem::Problem;

/// How many steps the curvature is learned from.
const MEMORY: usize = 10;
/// The share of the promised decrease that a step must bring.
const SUFFICIENT: f64 = 1e-4;
/// A step is halved at most this often.
const HALVINGS: usize = 40;
/// The greatest slope at a minimum.
const FLAT: f64 = 1e-8;
/// The least relative decrease worth another step.
const LEAST_DECREASE: f64 = 1e-12;

/// The regularisation of each number that is looked for.
pub(super) struct Penalty {
    pub(super) l2: Vec<f64>,
    pub(super) l1: Vec<f64>,
}

impl Penalty {
    fn value(&self, at: &[f64]) -> f64 {
        let one = |((x, l2), l1): ((&f64, &f64), &f64)| 0.5 * l2 * x * x + l1 * x.abs();
        at.iter().zip(&self.l2).zip(&self.l1).map(one).sum()
    }
}

/// One place and what is known of it.
struct Place {
    at: Vec<f64>,
    /// With the penalty.
    value: f64,
    /// Of the smooth part.
    gradient: Vec<f64>,
}

/// Minimises from nothing; `report` gets each step's number and place, and says whether to go on.
pub(super) fn solve(
    problem: &Problem,
    penalty: &Penalty,
    steps: usize,
    mut report: impl FnMut(usize, &[f64]) -> crate::Result<()>,
) -> crate::Result<Vec<f64>> {
    let evaluate = |at: Vec<f64>| {
        let mut gradient = vec![0.0; at.len()];
        let loss = problem.loss(&at, Some(&mut gradient));
        for ((into, x), l2) in gradient.iter_mut().zip(&at).zip(&penalty.l2) {
            *into += l2 * x;
        }
        Place { value: loss + penalty.value(&at), at, gradient }
    };
    let mut here = evaluate(vec![0.0; problem.size()]);
    let mut memory: VecDeque<(Vec<f64>, Vec<f64>)> = VecDeque::new();
    for step in 0..steps {
        let slope = steepest(&here, &penalty.l1);
        if slope.iter().all(|it| it.abs() <= FLAT) {
            break;
        }
        let Some(next) = search(&here, &slope, &memory, &penalty.l1, &evaluate) else {
            // The learned curvature may be at fault: once more without it.
            if memory.is_empty() {
                break;
            }
            memory.clear();
            continue;
        };
        let moved = difference(&next.at, &here.at);
        let turned = difference(&next.gradient, &here.gradient);
        if dot(&moved, &turned) > 1e-300 {
            memory.push_back((moved, turned));
            if memory.len() > MEMORY {
                memory.pop_front();
            }
        }
        let decrease = here.value - next.value;
        let is_over = decrease <= LEAST_DECREASE * here.value.abs().max(1e-300);
        here = next;
        report(step, &here.at)?;
        if is_over {
            break;
        }
    }
    Ok(here.at)
}

/// The gradient with the L1 term: where a number is 0, the side that falls.
fn steepest(here: &Place, l1: &[f64]) -> Vec<f64> {
    let one = |((x, slope), l1): ((&f64, &f64), &f64)| {
        if *x != 0.0 {
            slope + l1.copysign(*x)
        } else if slope + l1 < 0.0 {
            slope + l1
        } else if slope - l1 > 0.0 {
            slope - l1
        } else {
            0.0
        }
    };
    here.at.iter().zip(&here.gradient).zip(l1).map(one).collect()
}

/// The next place, where one is found that is lower.
fn search(
    here: &Place,
    slope: &[f64],
    memory: &VecDeque<(Vec<f64>, Vec<f64>)>,
    l1: &[f64],
    evaluate: &impl Fn(Vec<f64>) -> Place,
) -> Option<Place> {
    let mut direction = newton(slope, memory);
    for ((along, slope), l1) in direction.iter_mut().zip(slope).zip(l1) {
        if *l1 > 0.0 && *along * slope >= 0.0 {
            *along = 0.0;
        }
    }
    if dot(&direction, slope) >= 0.0 {
        return None;
    }
    let length = dot(slope, slope).sqrt();
    let mut factor = if memory.is_empty() { (1.0 / length).min(1.0) } else { 1.0 };
    for _ in 0..HALVINGS {
        let mut at: Vec<f64> =
            here.at.iter().zip(&direction).map(|(x, along)| x + factor * along).collect();
        for (((x, old), slope), l1) in at.iter_mut().zip(&here.at).zip(slope).zip(l1) {
            // With an L1 term a number may reach 0 in one step and not go beyond.
            let side = if *old == 0.0 { -slope } else { *old };
            if *l1 > 0.0 && *x * side <= 0.0 {
                *x = 0.0;
            }
        }
        let promised = dot(&difference(&at, &here.at), slope);
        let place = evaluate(at);
        if place.value.is_finite() && place.value <= here.value + SUFFICIENT * promised {
            return Some(place);
        }
        factor *= 0.5;
    }
    None
}

/// The way down, with the curvature of the last steps.
fn newton(slope: &[f64], memory: &VecDeque<(Vec<f64>, Vec<f64>)>) -> Vec<f64> {
    let mut along: Vec<f64> = slope.iter().map(|it| -it).collect();
    let mut factors = Vec::with_capacity(memory.len());
    for (moved, turned) in memory.iter().rev() {
        let factor = dot(moved, &along) / dot(moved, turned);
        add(&mut along, turned, -factor);
        factors.push(factor);
    }
    if let Some((moved, turned)) = memory.back() {
        let scale = dot(moved, turned) / dot(turned, turned);
        for it in &mut along {
            *it *= scale;
        }
    }
    for ((moved, turned), factor) in memory.iter().zip(factors.iter().rev()) {
        let other = dot(turned, &along) / dot(moved, turned);
        add(&mut along, moved, factor - other);
    }
    along
}

fn dot(one: &[f64], other: &[f64]) -> f64 {
    one.iter().zip(other).map(|(a, b)| a * b).sum()
}

fn add(into: &mut [f64], what: &[f64], factor: f64) {
    into.iter_mut().zip(what).for_each(|(into, what)| *into += factor * what);
}

fn difference(one: &[f64], other: &[f64]) -> Vec<f64> {
    one.iter().zip(other).map(|(a, b)| a - b).collect()
}
