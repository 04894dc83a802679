//! One tree.

/// A tree: nodes that ask for a feature, and leaves that answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Tree {
    /// The first is the root.
    pub(super) nodes: Vec<Node>,
}

/// No parent, no child.
pub(super) const NONE: u32 = u32::MAX;

/// One node.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Node {
    pub(super) parent: u32,
    /// Where to go on; [`NONE`] for a leaf.
    pub(super) left: u32,
    pub(super) right: u32,
    /// The feature that decides.
    pub(super) feature: u32,
    /// Values less than this go left; the answer, for a leaf.
    pub(super) threshold: f32,
    /// Where rows go that have no value.
    pub(super) default_left: bool,
    /// What the split gained.
    pub(super) gain: f32,
    /// The sum of the hessians of its rows.
    pub(super) hessian: f32,
    /// What it would answer if it were a leaf (with the learning rate, if it is one).
    pub(super) weight: f32,
}

impl Node {
    /// A leaf that answers 0.
    pub(super) fn leaf(parent: u32) -> Self {
        Self {
            parent,
            left: NONE,
            right: NONE,
            feature: 0,
            threshold: 0.0,
            default_left: false,
            gain: 0.0,
            hessian: 0.0,
            weight: 0.0,
        }
    }

    pub(super) fn is_leaf(&self) -> bool {
        self.left == NONE
    }
}

impl Tree {
    /// The answer for a row; values it does not have count as missing.
    pub fn answer(&self, row: &[f32]) -> f32 {
        let mut at = 0_usize;
        // A tree that was read from a file may have a circle: no way is longer than its nodes.
        for _ in 0..=self.nodes.len() {
            let Some(node) = self.nodes.get(at) else { break };
            if node.is_leaf() {
                return node.threshold;
            }
            let value = row.get(node.feature as usize).copied().unwrap_or(f32::NAN);
            let goes_left = if value.is_nan() { node.default_left } else { value < node.threshold };
            at = if goes_left { node.left } else { node.right } as usize;
        }
        0.0
    }

    /// How many nodes.
    pub fn size(&self) -> usize {
        self.nodes.len()
    }
}
