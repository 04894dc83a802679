//! Using a model file on data: predictions and metrics.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use super::{Format, Layout, Metric, Model, Objective, Table};
use crate::{Error, Result, container};

/// How good a model is on labelled data.
#[derive(Debug, Clone, PartialEq)]
pub struct Evaluation {
    /// How many rows were measured.
    pub rows: usize,
    /// Each metric's name and value; values that are not defined (`auc` of one class) are not
    /// numbers.
    pub metrics: Vec<(String, f64)>,
}

impl Evaluation {
    /// A metric by name.
    pub fn metric(&self, name: &str) -> Option<f64> {
        self.metrics.iter().find(|metric| metric.0 == name).map(|metric| metric.1)
    }

    /// One JSON object: `rows` and each metric, null where it is not defined.
    pub fn to_json(&self) -> serde_json::Value {
        let mut object = serde_json::Map::new();
        object.insert("rows".to_owned(), self.rows.into());
        for (name, value) in &self.metrics {
            object.insert(name.clone(), (*value).into());
        }
        object.into()
    }
}

/// Measures a model on labelled data with all the metrics that suit its objective: `rmse` and `mae`
/// for numbers; `logloss`, `error`, `auc` and `accuracy` for two classes.
pub fn evaluate(model: &Model, table: &Table) -> Evaluation {
    let predictions = model.predict(table);
    let suitable: &[Metric] = match model.objective() {
        Objective::SquaredError => &[Metric::Rmse, Metric::Mae],
        Objective::BinaryLogistic => &[Metric::LogLoss, Metric::Error(None), Metric::Auc],
    };
    let measure = |it: &Metric| it.measure(&predictions, table.labels(), table.weights());
    let mut metrics: Vec<_> = suitable.iter().map(|it| (it.name(), measure(it))).collect();
    if model.objective() == Objective::BinaryLogistic {
        metrics.push(("accuracy".to_owned(), 1.0 - measure(&Metric::Error(None))));
    }
    Evaluation { rows: table.rows(), metrics }
}

/// Measures a model file on a labelled CSV file, or a folder of such; the text of
/// [`Evaluation::to_json`].
pub fn evaluate_file(model: &Path, data: &Path) -> Result<String> {
    let (model, table) = load(model, data, Layout::Labelled)?;
    Ok(evaluate(&model, &table).to_json().to_string())
}

/// The predictions of a model file for a CSV file without labels, or a folder of such; one a line.
pub fn predict_file(model: &Path, data: &Path) -> Result<String> {
    let (model, table) = load(model, data, Layout::Unlabelled)?;
    let mut text = String::new();
    for prediction in model.predict(&table) {
        // Writing to a string cannot fail.
        writeln!(text, "{prediction}").ok();
    }
    text.truncate(text.trim_end().len());
    Ok(text)
}

fn load(model: &Path, data: &Path, layout: Layout) -> Result<(Model, Table)> {
    let path = if model.is_dir() { model.join("xgboost-model") } else { PathBuf::from(model) };
    let json = std::fs::read(&path).map_err(Error::io("read", &path))?;
    let model = Model::load(&json)?;
    let table = Table::read(&container::data_files(data)?, Format::Csv, layout)?;
    if table.columns() > model.features() {
        return Err(Error::client(format!(
            "{}: {} features, but the model was trained on {}",
            data.display(),
            table.columns(),
            model.features()
        )));
    }
    Ok((model, table))
}
