//! Built-in training algorithms: what runs inside a job when an image means one of SageMaker's own
//! algorithms. Native, without Python.
//!
//! An algorithm keeps the container contract: it reads `/opt/ml/input`, prints its metrics as it
//! trains, writes `/opt/ml/model`, and on failure writes `/opt/ml/output/failure` and ends with a
//! code that is not 0. XGBoost's model file is the one the real algorithm would write; the models of
//! the others are `model.json` (see [`linear`], [`kmeans`], [`pca`] and [`forest`]), because AWS's have forms of
//! their own.

// Labels 0 and 1, equal values and unset parameters are exact, as they are in XGBoost.
#![allow(clippy::float_cmp)]

mod batch;
mod channels;
mod container;
mod error;
pub mod forest;
mod given;
pub mod kmeans;
pub mod linear;
mod parallel;
pub mod pca;
mod place;
mod random;
mod recordio;
mod serve;
mod table;
mod termination;
mod transform;
pub mod xgboost;

pub use error::{Error, Result};
pub use place::{PORT_VARIABLE, Place, SOCKET_VARIABLE, Stream};

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// A Python script that trains as the `xgboost` algorithm does, with everything the `xgboost` package can, in an
/// environment that has that package, NumPy and pandas.
pub const XGBOOST_SCRIPT: &str = include_str!("../python/xgboost_train.py");

/// The names of the built-in algorithms.
pub const NAMES: &[&str] = &["xgboost", "linear-learner", "kmeans", "pca", "randomcutforest"];

/// Trains the algorithm of that name on the tree at `opt_ml` (usually `/opt/ml`); what a container
/// of the algorithm does when it is run with `train`. The exit code is the job's.
pub fn run(name: &str, opt_ml: &Path) -> ExitCode {
    let output = &mut std::io::stdout().lock();
    let trained = match name {
        "xgboost" => xgboost::train(opt_ml, output),
        "linear-learner" => linear::train(opt_ml, output),
        "kmeans" => kmeans::train(opt_ml, output),
        "pca" => pca::train(opt_ml, output),
        "randomcutforest" => forest::train(opt_ml, output),
        _ => Err(unknown(name)),
    };
    finish(opt_ml, trained)
}

/// The exit code of a run; a failure is written where the platform looks for it.
fn finish(opt_ml: &Path, outcome: Result<()>) -> ExitCode {
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            container::write_failure(opt_ml, &error.to_string());
            ExitCode::FAILURE
        }
    }
}

/// `$REFIT_OPT_ML`, or `/opt/ml` when it is not set.
fn opt_ml() -> PathBuf {
    std::env::var_os("REFIT_OPT_ML").map_or_else(|| PathBuf::from("/opt/ml"), PathBuf::from)
}

fn unknown(name: &str) -> Error {
    Error::client(format!("there is no built-in algorithm {name}; there is {}", NAMES.join(", ")))
}

/// The hidden command `refit algorithm …`, given the arguments after `algorithm`:
///
/// - `NAME [train]`: [`run`] on `$REFIT_OPT_ML`, or `/opt/ml` when it is not set;
/// - `NAME serve`: answers `/ping` and `/invocations` with the model in the same tree;
/// - `NAME transform`: batch transform on the same tree;
/// - `batch PROGRAM …`: batch transform on the same tree with a program that serves; without one, with what serves
///   already;
/// - `NAME predict MODEL DATA`: one prediction per line of a CSV file or folder without labels;
/// - `NAME evaluate MODEL DATA`: the metrics of a labelled CSV file or folder, as one JSON object.
///
/// `MODEL` is a model file or a folder that holds one.
pub fn command(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    let words: Vec<&str> = arguments.iter().map(|it| it.to_str().unwrap_or("")).collect();
    let path = |index: usize| Path::new(&arguments[index]);
    let printed = match words[..] {
        ["batch", ..] => {
            let opt_ml = opt_ml();
            return finish(&opt_ml, batch::transform(&opt_ml, &arguments[1..]));
        }
        [name] | [name, "train"] => return run(name, &opt_ml()),
        ["xgboost", "transform"] => {
            let opt_ml = opt_ml();
            return finish(&opt_ml, transform::transform(&opt_ml));
        }
        [name, "serve"] => {
            let opt_ml = opt_ml();
            return finish(&opt_ml, serve::serve(name, &opt_ml));
        }
        ["xgboost", "predict", _, _] => xgboost::predict_file(path(2), path(3)),
        ["xgboost", "evaluate", _, _] => xgboost::evaluate_file(path(2), path(3)),
        [name, "predict" | "evaluate", _, _] => {
            let text = format!("predict and evaluate are there for xgboost, not for {name}");
            Err(Error::client(text))
        }
        _ => Err(Error::client(
            "expected NAME [train], NAME predict MODEL DATA or NAME evaluate MODEL DATA",
        )),
    };
    match printed {
        Ok(text) => {
            println!("{text}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
