//! Random choices: which rows and columns a tree, a level or a node may use.

use crate::random::Random;

/// The columns of one tree, chosen by tree, then by level, then by node.
#[derive(Debug)]
pub(super) struct ColumnSampler {
    tree: Vec<usize>,
    levels: Vec<Vec<usize>>,
    level_share: f64,
    node_share: f64,
}

impl ColumnSampler {
    pub(super) fn new(columns: usize, shares: [f64; 3], random: &mut Random) -> Self {
        let all: Vec<usize> = (0..columns).collect();
        let tree = random.choose(&all, shares[0]);
        Self { tree, levels: Vec::new(), level_share: shares[1], node_share: shares[2] }
    }

    /// The columns that the tree may use at all.
    pub(super) fn of_tree(&self) -> &[usize] {
        &self.tree
    }

    /// The columns that one node of a depth may use.
    pub(super) fn of_node(&mut self, depth: usize, random: &mut Random) -> Vec<usize> {
        while self.levels.len() <= depth {
            self.levels.push(random.choose(&self.tree, self.level_share));
        }
        random.choose(&self.levels[depth], self.node_share)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_kept() {
        let mut random = Random::new(7);
        let happened = (0..10_000).filter(|_| random.happens(0.3)).count();
        assert!((2_800..3_200).contains(&happened), "{happened}");
        assert_eq!(random.choose(&[1, 2, 3, 4], 0.5).len(), 2);
        assert_eq!(random.choose(&[1, 2, 3], 0.01).len(), 1);
        assert_eq!(random.choose(&[], 0.5), Vec::<usize>::new());
        assert_eq!(random.choose(&[5, 6], 1.0), [5, 6]);
    }

    #[test]
    fn the_columns_of_a_node_are_of_its_level_and_tree() {
        let mut random = Random::new(1);
        let mut sampler = ColumnSampler::new(100, [0.5, 0.5, 0.5], &mut random);
        let node = sampler.of_node(3, &mut random);
        assert_eq!((sampler.of_tree().len(), sampler.levels[3].len(), node.len()), (50, 25, 12));
        assert!(node.iter().all(|column| sampler.levels[3].contains(column)));
    }
}
