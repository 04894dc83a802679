//! One tree of random cuts, and a row's score in it.
// Guha, Mishra, Roy and Schrijvers (2016), Robust random cut forest based anomaly detection on streams.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::random::Random;

/// A place in a tree: an inner node's number, or a leaf's number less one, negated.
type Place = i32;

/// A cut: the feature, the greatest value on the first side, and what lies on the two sides.
type Cut = (usize, f64, Place, Place);

/// Rows that are still to be cut, and the node and the side that they hang from.
type Waiting = (Range<usize>, Option<(usize, bool)>);

/// A tree. Inner nodes come before what is below them; the first is the root, unless there is one leaf only.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Tree {
    /// The rows in the leaves, all different.
    points: Vec<Vec<f32>>,
    /// How many rows of the sample are equal to each of them.
    masses: Vec<u32>,
    cuts: Vec<Cut>,
    /// The least and the greatest value of each feature, of what is below each inner node.
    #[serde(skip)]
    boxes: Vec<Box<[(f32, f32)]>>,
}

impl Tree {
    /// A tree of these rows, of which there is at least one.
    pub(super) fn grow(mut rows: Vec<&[f32]>, random: &mut Random) -> Self {
        let mut tree =
            Self { points: Vec::new(), masses: Vec::new(), cuts: Vec::new(), boxes: Vec::new() };
        let mut waiting: Vec<Waiting> = vec![(0..rows.len(), None)];
        while let Some((range, above)) = waiting.pop() {
            let place = tree.cut(&mut rows, range, random, &mut waiting);
            match above {
                Some((node, false)) => tree.cuts[node].2 = place,
                Some((node, true)) => tree.cuts[node].3 = place,
                None => {}
            }
        }
        tree
    }

    /// Cuts a range of the rows in two, which then wait, or makes it a leaf; answers its place.
    fn cut<'a>(
        &mut self,
        rows: &mut [&'a [f32]],
        range: Range<usize>,
        random: &mut Random,
        waiting: &mut Vec<Waiting>,
    ) -> Place {
        let part: &mut [&'a [f32]] = &mut rows[range.clone()];
        let around = surrounding(part.iter().copied());
        let Some((feature, at)) = random_cut(&around, random) else {
            self.points.push(part[0].to_vec());
            self.masses.push(part.len() as u32);
            return -place(self.points.len());
        };
        part.sort_unstable_by_key(|row| f64::from(row[feature]) > at);
        let first = part.partition_point(|row| f64::from(row[feature]) <= at);
        let node = self.cuts.len();
        self.cuts.push((feature, at, 0, 0));
        self.boxes.push(around);
        let middle = range.start + first;
        waiting.push((middle..range.end, Some((node, true))));
        waiting.push((range.start..middle, Some((node, false))));
        place(node)
    }

    /// Whether the parts belong together.
    pub(super) fn fits(&self, features: usize) -> bool {
        let leads = |node: usize, place: Place| match usize::try_from(place) {
            Ok(below) => below > node && below < self.cuts.len(),
            Err(_) => leaf(place) < self.points.len(),
        };
        let of_cut = |(node, cut): (usize, &Cut)| {
            cut.0 < features && cut.1.is_finite() && leads(node, cut.2) && leads(node, cut.3)
        };
        let is_whole = |point: &Vec<f32>| {
            point.len() == features && point.iter().all(|value| value.is_finite())
        };
        self.masses.len() == self.points.len()
            && self.points.len() == self.cuts.len() + 1
            && self.points.iter().all(is_whole)
            && self.masses.iter().all(|mass| *mass > 0)
            && self.cuts.iter().enumerate().all(of_cut)
    }

    /// Finds the boxes of a tree that was read.
    pub(super) fn surround(&mut self) {
        let mut boxes: Vec<Box<[(f32, f32)]>> = vec![Box::default(); self.cuts.len()];
        // What is below a node comes after it.
        for (node, (_, _, one, other)) in self.cuts.iter().enumerate().rev() {
            let of = |place: Place| match usize::try_from(place) {
                Ok(below) => boxes[below].clone(),
                Err(_) => surrounding([self.points[leaf(place)].as_slice()].into_iter()),
            };
            let join = |(a, b): (&(f32, f32), &(f32, f32))| (a.0.min(b.0), a.1.max(b.1));
            boxes[node] = of(*one).iter().zip(&of(*other)).map(join).collect();
        }
        self.boxes = boxes;
    }

    /// How soon the row would be cut off, were it one of the sample: about 1 among others, more where it is alone.
    // As AWS's own random-cut-forest library scores: 1 / (depth + 1) where the row leaves the tree, weighed by how likely it
    // leaves there; less for a row that was seen; all times the logarithm of the sample's size.
    pub(super) fn score(&self, row: &[f32]) -> f64 {
        let mass: f64 = self.masses.iter().copied().map(f64::from).sum();
        let (mut place, mut depth) = (if self.cuts.is_empty() { -1 } else { 0 }, 0.0);
        let (mut score, mut stays) = (0.0, 1.0);
        while let Ok(node) = usize::try_from(place) {
            let leaves = leaving(&self.boxes[node], row);
            score += stays * leaves / (depth + 1.0);
            stays *= 1.0 - leaves;
            if stays <= 0.0 {
                break;
            }
            let (feature, at, one, other) = self.cuts[node];
            place = if f64::from(row[feature]) <= at { one } else { other };
            depth += 1.0;
        }
        if place < 0 {
            let own = f64::from(self.masses[leaf(place)]);
            let was_seen = self.points[leaf(place)] == row;
            score += stays
                * if was_seen {
                    (1.0 - own / (2.0 * mass)) / (depth + (own + 1.0).log2())
                } else {
                    1.0 / (depth + 1.0)
                };
        }
        score * (mass + 1.0).log2()
    }
}

fn place(number: usize) -> Place {
    Place::try_from(number).unwrap_or(Place::MAX)
}

fn leaf(place: Place) -> usize {
    place.unsigned_abs() as usize - 1
}

/// The least and the greatest value of each feature.
fn surrounding<'a>(mut rows: impl Iterator<Item = &'a [f32]>) -> Box<[(f32, f32)]> {
    let first = rows.next().unwrap_or_default();
    let mut around: Box<[(f32, f32)]> = first.iter().map(|value| (*value, *value)).collect();
    for row in rows {
        for (own, value) in around.iter_mut().zip(row) {
            *own = (own.0.min(*value), own.1.max(*value));
        }
    }
    around
}

/// A feature, the likelier the wider it is spread, and a place within its spread; none when all rows are equal.
fn random_cut(around: &[(f32, f32)], random: &mut Random) -> Option<(usize, f64)> {
    let widths = || around.iter().map(|(least, most)| f64::from(*most) - f64::from(*least));
    let total: f64 = widths().sum();
    if total <= 0.0 {
        return None;
    }
    let mut rest = random.share() * total;
    let mut widest = None;
    for (feature, width) in widths().enumerate() {
        if width > 0.0 {
            let (least, most) = (f64::from(around[feature].0), f64::from(around[feature].1));
            if rest < width {
                let at = least + rest;
                // Rounding must not leave the second side empty.
                return Some((feature, if at < most { at } else { least }));
            }
            widest = Some((feature, least));
        }
        rest -= width;
    }
    widest
}

/// How likely a random cut of the box and the row together has the row on one side and the box on the other.
fn leaving(around: &[(f32, f32)], row: &[f32]) -> f64 {
    let (mut outside, mut total) = (0.0, 0.0);
    for ((least, most), value) in around.iter().zip(row) {
        let (least, most, value) = (f64::from(*least), f64::from(*most), f64::from(*value));
        let beyond = (least - value).max(value - most).max(0.0);
        outside += beyond;
        total += most - least + beyond;
    }
    match outside / total {
        share if share.is_finite() => share,
        // Nothing is as far away as what has no end; where all is one place, nothing leaves.
        _ => f64::from(u8::from(outside > 0.0)),
    }
}
