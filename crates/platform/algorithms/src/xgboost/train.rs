//! Training as a container does it: from `/opt/ml/input` to `/opt/ml/model/xgboost-model`.

use std::fmt::Write as _;
use std::fs;
use std::io::Write;
use std::ops::ControlFlow;
use std::path::Path;

use super::{EvaluationSet, Hyperparameters, Layout, Round, boost};
use crate::channels::{Channels, say};
use crate::container;
use crate::table::Format;
use crate::termination::Termination;
use crate::{Error, Result};

/// What it reads.
const CONTENT_TYPES: [Format; 3] = [Format::Csv, Format::LibSvm, Format::RecordIo];

/// Trains on the tree at `opt_ml`; the metrics of each round are written to `output` as they are
/// measured, in XGBoost's form.
pub fn train(opt_ml: &Path, output: &mut impl Write) -> Result<()> {
    let parameters = Hyperparameters::parse(&container::hyperparameters(opt_ml)?)?;
    let termination = if parameters.save_model_on_termination {
        let listening = Termination::listen();
        Some(listening.map_err(Error::io("listen to signals of", Path::new("this process")))?)
    } else {
        None
    };
    let channels = Channels::open(opt_ml, &CONTENT_TYPES, f32::NAN)?;
    let layout = if parameters.csv_weights { Layout::Weighted } else { Layout::Labelled };
    let train = channels.required("train", layout, output)?;
    let validation = channels.load("validation", layout, output)?;
    if parameters.early_stopping_rounds.is_some() && validation.is_none() {
        say(output, "early_stopping_rounds is not used: there is no channel validation")?;
    }
    let (train, validation) = match validation {
        // Sparse data: what the one has and the other has not is missing there.
        Some(validation) => {
            let width = train.columns();
            (train, Some(validation.widened_to(width, f32::NAN)))
        }
        None => (train, None),
    };
    let sets: Vec<EvaluationSet<'_>> =
        validation.iter().map(|table| EvaluationSet { name: "validation", table }).collect();
    let names = ["train"].into_iter().chain(sets.iter().map(|set| set.name));
    let names: Vec<&str> = names.collect();
    let metrics: Vec<String> = parameters.eval_metric.iter().map(|it| it.name()).collect();
    let boosted = boost(&train, &sets, &parameters, |round| {
        say(output, &round_line(round, &names, &metrics))?;
        if termination.as_ref().is_some_and(Termination::was_asked) {
            say(output, "asked to end: the model of the rounds so far is saved")?;
            return Ok(ControlFlow::Break(()));
        }
        Ok(ControlFlow::Continue(()))
    })?;
    if boosted.stopped_early {
        let (kept, rounds) = (boosted.model.trees().len(), boosted.rounds);
        say(output, &format!("stopped early after {rounds} rounds; the best {kept} are kept"))?;
    }
    write_model(opt_ml, &boosted.model.to_json())
}

/// `[0]<TAB>train-rmse:1.23456<TAB>validation-rmse:1.23456`
fn round_line(round: &Round, names: &[&str], metrics: &[String]) -> String {
    let mut line = format!("[{}]", round.number);
    for (name, values) in names.iter().zip(&round.values) {
        for (metric, value) in metrics.iter().zip(values) {
            // Writing to a string cannot fail. Python writes `nan`.
            let value = if value.is_nan() { "nan".to_owned() } else { format!("{value:.5}") };
            write!(line, "\t{name}-{metric}:{value}").ok();
        }
    }
    line
}

fn write_model(opt_ml: &Path, text: &str) -> Result<()> {
    let folder = opt_ml.join("model");
    fs::create_dir_all(&folder).map_err(Error::io("create", &folder))?;
    let path = folder.join("xgboost-model");
    fs::write(&path, text).map_err(Error::io("write", &path))
}
