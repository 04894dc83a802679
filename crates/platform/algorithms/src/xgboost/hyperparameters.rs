//! XGBoost's hyperparameters: names, aliases, defaults, ranges.

use std::collections::BTreeMap;

use super::{Metric, Objective};
use crate::given::{Given, bad};
use crate::{Error, Result};

/// The hyperparameters of one training, checked.
#[derive(Debug, Clone, PartialEq)]
pub struct Hyperparameters {
    /// How many trees.
    pub num_round: usize,
    /// What is learned.
    pub objective: Objective,
    /// What is measured each round, in order; early stopping looks at the last.
    pub eval_metric: Vec<Metric>,
    /// Stop when the last metric has not become better on `validation` for this many rounds.
    pub early_stopping_rounds: Option<usize>,
    /// How much of each tree's answer counts.
    pub eta: f32,
    /// The least gain of a split.
    pub gamma: f32,
    /// The greatest depth of a tree; 0 is no limit.
    pub max_depth: usize,
    /// The greatest number of leaves; 0 is no limit.
    pub max_leaves: usize,
    /// Whether the leaf with the greatest gain is split first, instead of level by level.
    pub lossguide: bool,
    /// The least sum of hessians of a child.
    pub min_child_weight: f64,
    /// The greatest weight of a leaf; 0 is no limit.
    pub max_delta_step: f64,
    /// L2 regularisation.
    pub lambda: f64,
    /// L1 regularisation.
    pub alpha: f64,
    /// The share of rows of each tree.
    pub subsample: f64,
    /// The share of columns of each tree, each level of it, each node of that.
    pub colsample: [f64; 3],
    /// How many bins a feature's values are put into.
    pub max_bin: usize,
    /// The weight of rows whose label is 1.
    pub scale_pos_weight: f32,
    /// Where prediction starts, in units of the label; found from the labels when absent.
    pub base_score: Option<f32>,
    /// Seeds sampling.
    pub seed: u64,
    /// How many threads; 0 is as many as there are.
    pub nthread: usize,
    /// Whether the second column of CSV data is the row's weight.
    pub csv_weights: bool,
    /// Whether SIGTERM ends the training early but leaves the model of the rounds so far.
    pub save_model_on_termination: bool,
}

/// Names XGBoost or its SageMaker container know which change nothing here.
const IGNORED: &[&str] = &[
    "silent",
    "verbosity",
    "dsplit",
    "deterministic_histogram",
    "single_precision_histogram",
    "sketch_eps",
    "use_dask_gpu_training",
    "predictor",
    "gpu_id",
    "device",
    "lambda_bias",
    "normalize_type",
    "one_drop",
    "rate_drop",
    "sample_type",
    "skip_drop",
    "prob_buffer_row",
    "refresh_leaf",
    "huber_slope",
    "tweedie_variance_power",
    "aft_loss_distribution",
    "aft_loss_distribution_scale",
    "max_cached_hist_node",
    "validate_parameters",
    "_tuning_objective_metric",
];

/// Names whose other values would change the model: name, the values that are what this engine does.
const FIXED: &[(&str, &[&str])] = &[
    ("booster", &["gbtree"]),
    ("tree_method", &["auto", "hist", "gpu_hist"]),
    ("process_type", &["default"]),
    ("sampling_method", &["uniform"]),
    ("num_class", &["0", "1"]),
    ("num_parallel_tree", &["1"]),
    ("monotone_constraints", &["", "()", "[]"]),
    ("interaction_constraints", &["", "[]"]),
    ("updater", &["", "grow_quantile_histmaker", "grow_quantile_histmaker,prune"]),
    ("seed_per_iteration", &["false", "0"]),
    ("_kfold", &[""]),
    ("_num_cv_round", &["", "1"]),
];

/// Other names for the same thing.
const ALIASES: &[(&str, &str)] = &[
    ("learning_rate", "eta"),
    ("min_split_loss", "gamma"),
    ("reg_lambda", "lambda"),
    ("reg_alpha", "alpha"),
    ("n_jobs", "nthread"),
    ("random_state", "seed"),
    ("num_boost_round", "num_round"),
    ("n_estimators", "num_round"),
];

impl Hyperparameters {
    /// Checks the hyperparameters of a training job.
    pub fn parse(given: &BTreeMap<String, String>) -> Result<Self> {
        let mut given = Given::new(given, ALIASES)?;
        given.require("num_round")?;
        let at_least_0 = |value: f64| value >= 0.0;
        let share = |value: f64| value > 0.0 && value <= 1.0;
        let objective = given.text("objective");
        let objective = Objective::parse(objective.as_deref().unwrap_or("reg:squarederror"))?;
        let early = given.number("early_stopping_rounds", 0, "[1, inf)", |it: usize| it >= 1)?;
        let base_score =
            given.number("base_score", f32::NAN, "of finite numbers", f32::is_finite)?;
        let seed: i64 = given.number("seed", 0, "of 64-bit integers", |_| true)?;
        let metrics = given.text("eval_metric");
        let policy = given.text("grow_policy");
        let parsed = Self {
            num_round: given.number("num_round", 1, "[1, inf)", |it| it >= 1)?,
            eval_metric: Metric::parse_list(metrics.as_deref(), objective)?,
            objective,
            early_stopping_rounds: (early > 0).then_some(early),
            eta: given.number("eta", 0.3, "[0, 1]", |it| (0.0..=1.0).contains(&it))?,
            gamma: given.number("gamma", 0.0, "[0, inf)", |it: f32| it >= 0.0)?,
            max_depth: given.number("max_depth", 6, "[0, 64]", |it| it <= 64)?,
            max_leaves: given.number("max_leaves", 0, "[0, inf)", |_| true)?,
            lossguide: match policy.as_deref() {
                None | Some("depthwise") => false,
                Some("lossguide") => true,
                Some(text) => {
                    return Err(bad("grow_policy", text, "is not in range {depthwise, lossguide}"));
                }
            },
            min_child_weight: given.number("min_child_weight", 1.0, "[0, inf)", at_least_0)?,
            max_delta_step: given.number("max_delta_step", 0.0, "[0, inf)", at_least_0)?,
            lambda: given.number("lambda", 1.0, "[0, inf)", at_least_0)?,
            alpha: given.number("alpha", 0.0, "[0, inf)", at_least_0)?,
            subsample: given.number("subsample", 1.0, "(0, 1]", share)?,
            colsample: [
                given.number("colsample_bytree", 1.0, "(0, 1]", share)?,
                given.number("colsample_bylevel", 1.0, "(0, 1]", share)?,
                given.number("colsample_bynode", 1.0, "(0, 1]", share)?,
            ],
            max_bin: given.number("max_bin", 256, "[2, 65535]", |it| (2..=65535).contains(&it))?,
            scale_pos_weight: given.number("scale_pos_weight", 1.0, "[0, inf)", |it: f32| {
                it >= 0.0 && it.is_finite()
            })?,
            base_score: (!base_score.is_nan()).then_some(base_score),
            seed: seed.cast_unsigned(),
            nthread: given.number("nthread", 0, "[0, inf)", |_| true)?,
            csv_weights: given.flag("csv_weights")?,
            save_model_on_termination: given.flag("save_model_on_termination")?,
        };
        given.check_fixed(FIXED)?;
        given.check_empty(&[IGNORED])?;
        parsed.check_together()
    }

    fn check_together(self) -> Result<Self> {
        if self.max_depth == 0 && self.max_leaves == 0 {
            return Err(Error::client(
                "Hyperparameter max_depth: value 0 (no limit) needs a max_leaves greater than 0",
            ));
        }
        if let Some(score) = self.base_score
            && self.objective == Objective::BinaryLogistic
            && !(score > 0.0 && score < 1.0)
        {
            let why = "is not in range (0, 1) of objective binary:logistic";
            return Err(bad("base_score", &score.to_string(), why));
        }
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(given: &[(&str, &str)]) -> std::result::Result<Hyperparameters, String> {
        let given = given.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
        Hyperparameters::parse(&given).map_err(|error| error.to_string())
    }

    #[test]
    fn defaults_are_xgboosts() {
        let defaults = parse(&[("num_round", "10")]).unwrap();
        assert_eq!((defaults.eta, defaults.max_depth, defaults.max_bin), (0.3, 6, 256));
        assert_eq!((defaults.lambda, defaults.alpha), (1.0, 0.0));
        assert_eq!(defaults.eval_metric, [Metric::Rmse]);
        let logistic = parse(&[("num_round", "1"), ("objective", "binary:logistic")]).unwrap();
        assert_eq!(logistic.eval_metric, [Metric::LogLoss]);
    }

    #[test]
    fn aliases_quotes_and_what_changes_nothing_are_taken() {
        let given = [
            ("num_round", "\"7\""),
            ("learning_rate", "0.1"),
            ("reg_lambda", "2"),
            ("silent", "1"),
            ("tree_method", "hist"),
            ("sagemaker_job_name", "\"x\""),
            ("eval_metric", "rmse, mae"),
        ];
        let parsed = parse(&given).unwrap();
        assert_eq!((parsed.num_round, parsed.eta, parsed.lambda), (7, 0.1, 2.0));
        assert_eq!(parsed.eval_metric, [Metric::Rmse, Metric::Mae]);
    }

    #[test]
    fn what_is_wrong_is_refused_with_its_name_and_value() {
        let cases: &[(&[(&str, &str)], &str)] = &[
            (&[], "ClientError: Missing hyperparameter: num_round"),
            (
                &[("num_round", "0")],
                "Hyperparameter num_round: value \"0\" is not in range [1, inf)",
            ),
            (&[("num_round", "1.5")], "value \"1.5\" is not an integer in range [1, inf)"),
            (&[("num_round", "many")], "Hyperparameter num_round: value \"many\" is not a number"),
            (
                &[("num_round", "1"), ("eta", "1.5")],
                "Hyperparameter eta: value \"1.5\" is not in range [0, 1]",
            ),
            (&[("num_round", "1"), ("eta", "NaN")], "eta: value \"NaN\" is not in range"),
            (
                &[("num_round", "1"), ("subsample", "0")],
                "subsample: value \"0\" is not in range (0, 1]",
            ),
            (&[("num_round", "1"), ("max_dept", "3")], "Extraneous hyperparameter found: max_dept"),
            (
                &[("num_round", "1"), ("booster", "dart")],
                "booster: value \"dart\" is not supported",
            ),
            (
                &[("num_round", "1"), ("objective", "multi:softmax")],
                "objective: value \"multi:softmax\"",
            ),
            (&[("num_round", "1"), ("eval_metric", "rmse,ndcg")], "eval_metric: value \"ndcg\""),
            (&[("num_round", "1"), ("eta", "0.1"), ("learning_rate", "0.2")], "eta: given twice"),
            (&[("num_round", "1"), ("max_depth", "0")], "needs a max_leaves"),
            (
                &[("num_round", "1"), ("objective", "binary:logistic"), ("base_score", "1")],
                "(0, 1)",
            ),
        ];
        for (given, wanted) in cases {
            let error = parse(given).unwrap_err();
            assert!(error.contains(wanted), "{given:?}: {error}");
        }
    }
}
