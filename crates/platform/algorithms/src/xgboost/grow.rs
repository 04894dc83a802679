//! Growing one tree.

use super::Hyperparameters;
use super::cuts::{Codes, Feature};
use super::histogram::{Places, Split, Sums, subtract};
use super::objective::Gradient;
use super::sample::ColumnSampler;
use super::tree::{NONE, Node, Tree};
use crate::random::Random;

/// Histograms of nodes that wait may use this much memory, bytes; beyond it they are built anew.
const HISTOGRAM_BYTES: usize = 1 << 30;

/// What all trees of a training share.
pub(super) struct Grower<'a> {
    pub(super) features: &'a [Feature],
    pub(super) parameters: &'a Hyperparameters,
    pub(super) threads: usize,
}

/// A grown tree, and the leaf every row is in.
pub(super) struct Grown {
    pub(super) tree: Tree,
    /// Rows in order of leaf.
    pub(super) rows: Vec<u32>,
    /// Node and range of `rows` of each leaf.
    pub(super) leaves: Vec<(usize, std::ops::Range<usize>)>,
}

/// A node that may be split.
struct Open {
    node: usize,
    depth: usize,
    rows: std::ops::Range<usize>,
    sums: Sums,
    histogram: Option<Vec<Sums>>,
    split: Option<Split>,
}

/// One tree on its way.
struct Growing<'a> {
    grower: &'a Grower<'a>,
    places: Places<'a>,
    gradients: &'a [Gradient],
    nodes: Vec<Node>,
    rows: Vec<u32>,
    scratch_rows: Vec<u32>,
    scratch_gradients: Vec<Gradient>,
    histogram_bytes: usize,
}

impl Grower<'_> {
    /// Grows a tree for the gradients of all rows; rows that were not sampled have zeros.
    pub(super) fn grow(&self, gradients: &[Gradient], random: &mut Random) -> Grown {
        let shares = self.parameters.colsample;
        let mut sampler = ColumnSampler::new(self.features.len(), shares, random);
        let tree_columns = sampler.of_tree().to_vec();
        let mut growing = Growing {
            grower: self,
            places: Places::new(self.features, &tree_columns),
            gradients,
            nodes: vec![Node::leaf(NONE)],
            // A table has less than 2^32 rows.
            rows: (0..gradients.len() as u32).collect(),
            scratch_rows: Vec::new(),
            scratch_gradients: Vec::new(),
            histogram_bytes: 0,
        };
        let leaves = growing.grow(&mut sampler, random);
        Grown { tree: Tree { nodes: growing.nodes }, rows: growing.rows, leaves }
    }
}

impl Growing<'_> {
    fn grow(
        &mut self,
        sampler: &mut ColumnSampler,
        random: &mut Random,
    ) -> Vec<(usize, std::ops::Range<usize>)> {
        let parameters = self.grower.parameters;
        let mut sums = Sums::default();
        self.gradients.iter().for_each(|gradient| sums.add(*gradient));
        let mut root = Open {
            node: 0,
            depth: 0,
            rows: 0..self.rows.len(),
            sums,
            histogram: None,
            split: None,
        };
        self.find_split(&mut root, None, sampler, random);
        self.settle(&root);
        let (mut waiting, mut leaves, mut leaf_count) = (vec![root], Vec::new(), 1);
        while let Some(open) = take_next(&mut waiting, parameters.lossguide) {
            let has_room = parameters.max_leaves == 0 || leaf_count < parameters.max_leaves;
            self.histogram_bytes -= open.histogram.as_ref().map_or(0, |it| size_of_val(&**it));
            match open.split {
                Some(split) if has_room => {
                    leaf_count += 1;
                    waiting.extend(self.split(open, split, sampler, random));
                }
                _ => leaves.push((open.node, open.rows)),
            }
        }
        leaves
    }

    /// Splits a node and finds the splits of its children.
    fn split(
        &mut self,
        open: Open,
        split: Split,
        sampler: &mut ColumnSampler,
        random: &mut Random,
    ) -> [Open; 2] {
        let left_node = self.nodes.len();
        let parent = open.node as u32;
        self.nodes.extend([Node::leaf(parent), Node::leaf(parent)]);
        let node = &mut self.nodes[open.node];
        node.left = left_node as u32;
        node.right = left_node as u32 + 1;
        node.feature = split.feature as u32;
        node.threshold = split.threshold;
        node.default_left = split.default_left;
        node.gain = split.gain;
        node.weight = open.sums.weight(self.grower.parameters) as f32;
        let middle = self.partition(&open.rows, &split);
        let depth = open.depth + 1;
        let child =
            |node, rows, sums| Open { node, depth, rows, sums, histogram: None, split: None };
        let mut left = child(left_node, open.rows.start..middle, split.left);
        let mut right = child(left_node + 1, middle..open.rows.end, split.right);
        // The smaller child's histogram is built, the other's is what is left of the parent's.
        let left_is_smaller = left.rows.len() <= right.rows.len();
        let (small, large) =
            if left_is_smaller { (&mut left, &mut right) } else { (&mut right, &mut left) };
        if self.may_be_split(depth) {
            let small_histogram = self.build(&small.rows);
            let large_histogram = open.histogram.map(|whole| subtract(whole, &small_histogram));
            small.histogram = Some(small_histogram);
            large.histogram = large_histogram;
            // In this order, because choosing columns is random.
            let (left_histogram, right_histogram) = (left.histogram.take(), right.histogram.take());
            self.find_split(&mut left, left_histogram, sampler, random);
            self.find_split(&mut right, right_histogram, sampler, random);
        }
        self.settle(&left);
        self.settle(&right);
        [left, right]
    }

    fn may_be_split(&self, depth: usize) -> bool {
        let max_depth = self.grower.parameters.max_depth;
        max_depth == 0 || depth < max_depth
    }

    /// Finds the best split of a node; keeps its histogram if there is one and there is room.
    fn find_split(
        &mut self,
        open: &mut Open,
        histogram: Option<Vec<Sums>>,
        sampler: &mut ColumnSampler,
        random: &mut Random,
    ) {
        let columns = sampler.of_node(open.depth, random);
        let histogram = histogram.unwrap_or_else(|| self.build(&open.rows));
        let (parameters, threads) = (self.grower.parameters, self.grower.threads);
        open.split = self
            .places
            .best_split(&histogram, open.sums, &columns, parameters, threads)
            .filter(|split| split.gain >= parameters.gamma);
        let bytes = size_of_val(&*histogram);
        if open.split.is_some() && self.histogram_bytes + bytes <= HISTOGRAM_BYTES {
            self.histogram_bytes += bytes;
            open.histogram = Some(histogram);
        }
    }

    fn build(&mut self, rows: &std::ops::Range<usize>) -> Vec<Sums> {
        let threads = self.grower.threads;
        if rows.len() == self.gradients.len() {
            return self.places.build(None, self.gradients, threads);
        }
        let rows = &self.rows[rows.clone()];
        self.scratch_gradients.clear();
        self.scratch_gradients.extend(rows.iter().map(|row| self.gradients[*row as usize]));
        self.places.build(Some(rows), &self.scratch_gradients, threads)
    }

    /// Makes a node the leaf it is for now.
    fn settle(&mut self, open: &Open) {
        let weight = open.sums.weight(self.grower.parameters) as f32 * self.grower.parameters.eta;
        let node = &mut self.nodes[open.node];
        node.hessian = open.sums.hessian as f32;
        node.weight = weight;
        node.threshold = weight;
    }

    /// Puts the rows that go left before those that go right, in order; where the latter begin.
    fn partition(&mut self, rows: &std::ops::Range<usize>, split: &Split) -> usize {
        let feature = &self.grower.features[split.feature];
        let missing = feature.cuts.len();
        let is_left = |code: usize| {
            if code == missing { split.default_left } else { code < split.left_bins }
        };
        let (own, scratch) = (&mut self.rows[rows.clone()], &mut self.scratch_rows);
        rows.start
            + match &feature.codes {
                Codes::Narrow(codes) => part(codes, own, scratch, is_left),
                Codes::Wide(codes) => part(codes, own, scratch, is_left),
            }
    }
}

/// Puts the rows that go left before the others, in order; how many they are.
fn part<Code: Copy + Into<usize>>(
    codes: &[Code],
    rows: &mut [u32],
    scratch: &mut Vec<u32>,
    is_left: impl Fn(usize) -> bool,
) -> usize {
    // Every row is written to both places and counts in one: nothing has to be guessed.
    scratch.resize(scratch.len().max(rows.len()), 0);
    let (mut left, mut right) = (0, 0);
    for at in 0..rows.len() {
        let row = rows[at];
        let goes_left = is_left(codes[row as usize].into());
        rows[left] = row;
        scratch[right] = row;
        left += usize::from(goes_left);
        right += usize::from(!goes_left);
    }
    rows[left..].copy_from_slice(&scratch[..right]);
    left
}

/// The node that is split next: the one with the greatest gain, or the one that waited longest.
fn take_next(waiting: &mut Vec<Open>, lossguide: bool) -> Option<Open> {
    if waiting.is_empty() {
        return None;
    }
    let gain = |open: &Open| open.split.map_or(f32::NEG_INFINITY, |split| split.gain);
    let best = |best: usize, at: usize| {
        if gain(&waiting[at]) > gain(&waiting[best]) { at } else { best }
    };
    let next = if lossguide { (1..waiting.len()).fold(0, best) } else { 0 };
    Some(waiting.remove(next))
}
