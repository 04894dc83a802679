//! XGBoost: gradient boosted trees with XGBoost's hyperparameters, semantics and model file.
//!
//! The engine is a histogram booster written after XGBoost's `hist` method: the same cut points, the
//! same split gains and leaf weights, the same treatment of missing values. Without random sampling
//! its trees are XGBoost's own, up to rounding.
// AWS: https://docs.aws.amazon.com/sagemaker/latest/dg/xgboost_hyperparameters.html
// XGBoost: https://xgboost.readthedocs.io/en/stable/parameter.html

mod boost;
mod cuts;
mod evaluate;
mod grow;
mod histogram;
mod hyperparameters;
mod metric;
mod model;
mod model_file;
mod objective;
mod sample;
mod train;
mod tree;

pub use crate::table::{Format, Layout, Table};
pub use boost::{Boosted, EvaluationSet, Round, boost};
pub use evaluate::{Evaluation, evaluate, evaluate_file, predict_file};
pub use hyperparameters::Hyperparameters;
pub use metric::Metric;
pub use model::Model;
pub use objective::Objective;
pub use train::train;
pub use tree::Tree;
