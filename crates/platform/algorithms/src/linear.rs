//! Linear learner: linear and logistic regression, binary and of several classes.
//!
//! AWS trains many models at once by stochastic gradient descent and keeps the best. This one solves the same problem
//! (the mean loss, `wd` times half the squared weights, `l1` times their absolute values) to its optimum with a
//! quasi-Newton method, for which learning rates and batch sizes mean nothing.
// AWS: https://docs.aws.amazon.com/sagemaker/latest/dg/linear-learner.html

mod hyperparameters;
mod metric;
mod model;
mod problem;
mod solve;
mod threshold;
mod train;

pub use hyperparameters::{Hyperparameters, Predictor};
pub use model::{LinearModel, Prediction};
pub use train::train;
