//! The model file: XGBoost's JSON.
//!
//! Written so that every XGBoost from 1.7 on reads it: `base_score` is a scalar of at most nine
//! digits (older versions take a vector or a longer number for nothing, and predict wrong), and the
//! version is one that knows no more than what is written.

use serde::Deserialize;
use serde_json::json;

use super::tree::{NONE, Node};
use super::{Model, Objective, Tree};
use crate::{Error, Result};

/// The version of XGBoost that the file says it is of.
const VERSION: [u32; 3] = [2, 1, 4];
/// The parent of a root.
const NO_PARENT: i64 = 2_147_483_647;
/// A file with more nodes than this in one tree is not believed.
const NODES_LIMIT: usize = 1 << 24;

impl Model {
    /// The text of the model file.
    pub fn to_json(&self) -> String {
        let trees: Vec<_> =
            self.trees.iter().enumerate().map(|(id, tree)| write_tree(tree, id, self)).collect();
        let count = self.trees.len();
        let attributes: serde_json::Map<_, _> =
            self.attributes.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
        let file = json!({
            "learner": {
                "attributes": attributes,
                "feature_names": [],
                "feature_types": [],
                "gradient_booster": {
                    "model": {
                        "gbtree_model_param": {
                            "num_parallel_tree": "1",
                            "num_trees": count.to_string(),
                        },
                        "iteration_indptr": (0..=count).collect::<Vec<_>>(),
                        "tree_info": vec![0; count],
                        "trees": trees,
                    },
                    "name": "gbtree",
                },
                "learner_model_param": {
                    "base_score": format!("{:.8E}", self.base_score),
                    "boost_from_average": "1",
                    "num_class": "0",
                    "num_feature": self.features.to_string(),
                    "num_target": "1",
                },
                "objective": {
                    "name": self.objective.name(),
                    "reg_loss_param": { "scale_pos_weight": "1" },
                },
            },
            "version": VERSION,
        });
        file.to_string()
    }

    /// Reads a model file of XGBoost: JSON, trees, one of the two objectives.
    pub fn load(json: &[u8]) -> Result<Self> {
        let file: ModelFile = serde_json::from_slice(json)
            .map_err(|error| refused(&format!("it is not XGBoost's JSON: {error}")))?;
        let ModelFile { learner } = file;
        let booster = learner.gradient_booster;
        if booster.name != "gbtree" {
            return Err(refused(&format!("its booster is {:?}, not gbtree", booster.name)));
        }
        let objective = Objective::parse(&learner.objective.name)?;
        if !matches!(learner.learner_model_param.num_class.as_str(), "" | "0" | "1") {
            return Err(refused("it has several classes"));
        }
        let text = learner.learner_model_param.base_score;
        let base_score =
            text.trim_matches(['[', ']']).parse().ok().filter(|it: &f32| it.is_finite());
        let base_score = base_score.ok_or_else(|| refused("its base_score is not one number"))?;
        let features = learner.learner_model_param.num_feature.parse();
        let features = features.map_err(|_| refused("its num_feature is not a number"))?;
        let trees: Result<Vec<Tree>> = booster.model.trees.into_iter().map(read_tree).collect();
        let attributes = learner.attributes.into_iter().collect();
        Ok(Self { objective, base_score, features, trees: trees?, attributes })
    }
}

fn refused(why: &str) -> Error {
    Error::client(format!("the model cannot be used: {why}"))
}

/// A number as few digits as name it. The general JSON value would hold it in double precision and
/// write digits that older versions do not read.
fn short(value: f32) -> serde_json::Value {
    let finite = value.clamp(f32::MIN, f32::MAX);
    // The shortest text that reads back as this number, in either precision.
    let double: f64 = finite.to_string().parse().unwrap_or_default();
    json!(double)
}

fn write_tree(tree: &Tree, id: usize, model: &Model) -> serde_json::Value {
    let nodes = &tree.nodes;
    let numbers = |get: fn(&Node) -> f32| nodes.iter().map(|it| short(get(it))).collect::<Vec<_>>();
    let child = |node: u32| if node == NONE { -1 } else { i64::from(node) };
    let parent = |node: &Node| if node.parent == NONE { NO_PARENT } else { i64::from(node.parent) };
    json!({
        "base_weights": numbers(|node| node.weight),
        "categories": [],
        "categories_nodes": [],
        "categories_segments": [],
        "categories_sizes": [],
        "default_left": nodes.iter().map(|it| u8::from(it.default_left)).collect::<Vec<_>>(),
        "id": id,
        "left_children": nodes.iter().map(|it| child(it.left)).collect::<Vec<_>>(),
        "loss_changes": numbers(|node| node.gain),
        "parents": nodes.iter().map(parent).collect::<Vec<_>>(),
        "right_children": nodes.iter().map(|it| child(it.right)).collect::<Vec<_>>(),
        "split_conditions": numbers(|node| node.threshold),
        "split_indices": nodes.iter().map(|it| it.feature).collect::<Vec<_>>(),
        "split_type": vec![0; nodes.len()],
        "sum_hessian": numbers(|node| node.hessian),
        "tree_param": {
            "num_deleted": "0",
            "num_feature": model.features.to_string(),
            "num_nodes": nodes.len().to_string(),
            "size_leaf_vector": "1",
        },
    })
}

#[derive(Deserialize)]
struct ModelFile {
    learner: LearnerFile,
}

#[derive(Deserialize)]
struct LearnerFile {
    #[serde(default)]
    attributes: std::collections::BTreeMap<String, String>,
    gradient_booster: BoosterFile,
    learner_model_param: LearnerParameters,
    objective: ObjectiveFile,
}

#[derive(Deserialize)]
struct BoosterFile {
    name: String,
    model: TreesFile,
}

#[derive(Deserialize)]
struct TreesFile {
    trees: Vec<TreeFile>,
}

#[derive(Deserialize)]
struct LearnerParameters {
    base_score: String,
    #[serde(default)]
    num_class: String,
    num_feature: String,
}

#[derive(Deserialize)]
struct ObjectiveFile {
    name: String,
}

#[derive(Deserialize)]
struct TreeFile {
    base_weights: Vec<f32>,
    #[serde(default)]
    categories_nodes: Vec<serde_json::Value>,
    default_left: Vec<Flag>,
    left_children: Vec<i64>,
    loss_changes: Vec<f32>,
    parents: Vec<i64>,
    right_children: Vec<i64>,
    split_conditions: Vec<f32>,
    split_indices: Vec<u32>,
    sum_hessian: Vec<f32>,
}

/// Older versions write true and false.
#[derive(Deserialize, Clone, Copy)]
#[serde(untagged)]
enum Flag {
    Number(u8),
    Truth(bool),
}

fn read_tree(file: TreeFile) -> Result<Tree> {
    let count = file.left_children.len();
    if !file.categories_nodes.is_empty() {
        return Err(refused("it has categorical splits"));
    }
    let lengths = [
        file.base_weights.len(),
        file.default_left.len(),
        file.loss_changes.len(),
        file.parents.len(),
        file.right_children.len(),
        file.split_conditions.len(),
        file.split_indices.len(),
        file.sum_hessian.len(),
    ];
    if count == 0 || count > NODES_LIMIT || lengths.iter().any(|length| *length != count) {
        return Err(refused("a tree's lists are not of one length"));
    }
    let inside = |node: i64| u32::try_from(node).ok().filter(|it| (*it as usize) < count);
    let read_node = |at: usize| {
        let (left, right) = (file.left_children[at], file.right_children[at]);
        let (left, right) = match (left, right) {
            (-1, -1) => (Some(NONE), Some(NONE)),
            (left, right) => (inside(left), inside(right)),
        };
        Some(Node {
            parent: inside(file.parents[at]).unwrap_or(NONE),
            left: left?,
            right: right?,
            feature: file.split_indices[at],
            threshold: file.split_conditions[at],
            default_left: matches!(file.default_left[at], Flag::Number(1..) | Flag::Truth(true)),
            gain: file.loss_changes[at],
            hessian: file.sum_hessian[at],
            weight: file.base_weights[at],
        })
    };
    let nodes: Option<Vec<Node>> = (0..count).map(read_node).collect();
    nodes.map(|nodes| Tree { nodes }).ok_or_else(|| refused("a tree's child is not in the tree"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stump() -> Model {
        let mut root = Node::leaf(NONE);
        (root.left, root.right, root.threshold, root.default_left) = (1, 2, 0.1, true);
        let leaf = |threshold| Node { threshold, ..Node::leaf(0) };
        let tree = Tree { nodes: vec![root, leaf(-1.5), leaf(16_777_217.0)] };
        Model {
            objective: Objective::SquaredError,
            base_score: 152.133_48,
            features: 1,
            trees: vec![tree],
            attributes: vec![("best_iteration".to_owned(), "0".to_owned())],
        }
    }

    #[test]
    fn a_model_is_read_back_as_it_was_written() {
        let text = stump().to_json();
        assert_eq!(Model::load(text.as_bytes()).unwrap(), stump());
        assert!(text.contains("\"base_score\":\"1.52133484E2\""), "{text}");
        assert!(text.contains("\"split_conditions\":[0.1,-1.5,16777216.0]"), "{text}");
        assert!(text.contains("\"version\":[2,1,4]"), "{text}");
    }

    #[test]
    fn files_that_are_no_model_are_refused() {
        let good = stump().to_json();
        let deep = "[".repeat(100_000);
        let cases = [
            ("", "it is not XGBoost's JSON"),
            (deep.as_str(), "it is not XGBoost's JSON"),
            ("{}", "it is not XGBoost's JSON"),
            (&good.replace("gbtree\"", "dart\""), "its booster is"),
            (&good.replace("reg:squarederror", "multi:softmax"), "not supported"),
            (&good.replace("1.52133484E2", "[1,2]"), "its base_score is not one number"),
            (&good.replace("1.52133484E2", "inf"), "its base_score is not one number"),
            (
                &good.replace("\"left_children\":[1", "\"left_children\":[9"),
                "child is not in the tree",
            ),
            (
                &good.replace("\"left_children\":[1", "\"left_children\":[-1"),
                "child is not in the tree",
            ),
            (&good.replace("\"parents\":[", "\"parents\":[1,"), "not of one length"),
            (&good.replace("categories_nodes\":[", "categories_nodes\":[1"), "categorical"),
        ];
        for (text, wanted) in cases {
            let error = Model::load(text.as_bytes()).unwrap_err().to_string();
            assert!(error.contains(wanted), "{error}");
        }
        let circle = good.replace("\"left_children\":[1", "\"left_children\":[0");
        assert!(Model::load(circle.as_bytes()).unwrap().predict_row(&[0.0]).is_finite());
    }
}
