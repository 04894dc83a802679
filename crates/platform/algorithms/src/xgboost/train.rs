//! Training as a container does it: from `/opt/ml/input` to `/opt/ml/model/xgboost-model`.

use std::fmt::Write as _;
use std::fs;
use std::io::Write;
use std::ops::ControlFlow;
use std::path::Path;

use super::table::guess_format;
use super::{EvaluationSet, Format, Hyperparameters, Layout, Round, Table, boost};
use crate::container::{self, Channel};
use crate::termination::Termination;
use crate::{Error, Result};

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
    let channels = container::channels(opt_ml)?;
    let data = opt_ml.join("input/data");
    let load = |name: &str, output: &mut dyn Write| -> Result<Option<Table>> {
        let folder = data.join(name);
        match channels.get(name) {
            None if !folder.exists() => Ok(None),
            channel => {
                let channel = channel.cloned().unwrap_or_default();
                load_channel(name, &channel, &folder, &parameters, output).map(Some)
            }
        }
    };
    let Some(train) = load("train", output)? else {
        // AWS: the text of the algorithm toolkit.
        return Err(Error::client("Missing channel: train"));
    };
    let validation = load("validation", output)?;
    if parameters.early_stopping_rounds.is_some() && validation.is_none() {
        say(output, "early_stopping_rounds is not used: there is no channel validation")?;
    }
    let (train, validation) = match validation {
        // Sparse data: what the one has and the other has not is missing there.
        Some(validation) => {
            let width = train.columns();
            (train, Some(validation.widened_to(width)))
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

fn say(output: &mut (impl Write + ?Sized), line: &str) -> Result<()> {
    let written = writeln!(output, "{line}").and_then(|()| output.flush());
    written.map_err(Error::io("write", Path::new("standard output")))
}

fn load_channel(
    name: &str,
    channel: &Channel,
    folder: &Path,
    parameters: &Hyperparameters,
    output: &mut (impl Write + ?Sized),
) -> Result<Table> {
    if channel.input_mode.as_deref() == Some("Pipe") {
        return Err(Error::client(format!(
            "channel {name}: input mode Pipe is not supported by the built-in algorithm; use File"
        )));
    }
    let files = container::data_files(folder)?;
    let named = named_format(name, channel.content_type.as_deref())?;
    let format = named.map_or_else(|| guess_format(&files[0]), Ok)?;
    if named.is_none() && format == Format::Csv {
        // AWS: data without a content type is read as text/libsvm.
        let text = "has no ContentType and looks like CSV; AWS would read it as text/libsvm";
        say(output, &format!("channel {name} {text}"))?;
    }
    let layout = if parameters.csv_weights { Layout::Weighted } else { Layout::Labelled };
    let table = Table::read(&files, format, layout)?;
    say(output, &format!("channel {name}: {} rows, {} features", table.rows(), table.columns()))?;
    Ok(table)
}

/// The format a content type names; none when there is no content type.
fn named_format(name: &str, content_type: Option<&str>) -> Result<Option<Format>> {
    let Some(text) = content_type.map(str::trim).filter(|text| !text.is_empty()) else {
        return Ok(None);
    };
    let lower = text.to_lowercase();
    let mut parts = lower.split(';').map(str::trim);
    let format = match parts.next() {
        Some("text/csv" | "csv") => Format::Csv,
        Some("text/libsvm" | "text/x-libsvm" | "libsvm") => Format::LibSvm,
        _ => {
            return Err(Error::client(format!(
                "channel {name}: ContentType {text:?} is not supported by the built-in algorithm, \
                 which reads text/csv and text/libsvm"
            )));
        }
    };
    for parameter in parts.filter(|parameter| !parameter.is_empty()) {
        if let Some(size) = parameter.strip_prefix("label_size=")
            && size.trim() != "1"
        {
            return Err(Error::client(format!("channel {name}: label_size must be 1, not {size}")));
        }
    }
    Ok(Some(format))
}

fn write_model(opt_ml: &Path, text: &str) -> Result<()> {
    let folder = opt_ml.join("model");
    fs::create_dir_all(&folder).map_err(Error::io("create", &folder))?;
    let path = folder.join("xgboost-model");
    fs::write(&path, text).map_err(Error::io("write", &path))
}
