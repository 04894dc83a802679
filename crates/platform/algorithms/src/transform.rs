//! Batch transform: predictions for every line of every input file, joined and filtered as
//! SageMaker's `DataProcessing` says.
//!
//! It reads `input/config/transform.json`, the model in `model/` and the files below
//! `input/data/input/`, and writes `output/data/<relative name>.out`.
// AWS: https://docs.aws.amazon.com/sagemaker/latest/dg/batch-transform-data-processing.html

mod filter;

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use serde::Deserialize;

use crate::xgboost::Model;
use crate::{Error, Result, container};

pub(crate) use filter::Filter;

/// `transform.json`: members of `CreateTransformJob` under their names there.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Config {
    content_type: Option<String>,
    data_processing: Option<DataProcessing>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct DataProcessing {
    input_filter: Option<String>,
    output_filter: Option<String>,
    join_source: Option<String>,
}

/// How lines become lines.
struct Plan {
    input: Filter,
    output: Filter,
    joins_input: bool,
}

/// Transforms everything below `opt_ml`.
pub(crate) fn transform(opt_ml: &Path) -> Result<()> {
    let config: Config = container::transform_config(opt_ml)?;
    let plan = plan(&config)?;
    let model_file = opt_ml.join("model/xgboost-model");
    let json = fs::read(&model_file).map_err(Error::io("read", &model_file))?;
    let model = Model::load(&json)?;
    let folder = opt_ml.join("input/data/input");
    for file in container::data_files(&folder)? {
        let text = fs::read_to_string(&file).map_err(Error::io("read", &file))?;
        let answers = lines(&model, &plan, &text, &file)?;
        let relative = file.strip_prefix(&folder).unwrap_or(&file);
        let mut target = opt_ml.join("output/data").join(relative).into_os_string();
        target.push(".out");
        let target = Path::new(&target);
        if let Some(parent) = target.parent() {
            fs::create_dir_all(parent).map_err(Error::io("create", parent))?;
        }
        fs::write(target, answers).map_err(Error::io("write", target))?;
        println!("transformed {} ({} lines)", relative.display(), text.lines().count());
    }
    Ok(())
}

fn plan(config: &Config) -> Result<Plan> {
    if let Some(content_type) = &config.content_type
        && !content_type.starts_with("text/csv")
    {
        return Err(Error::client(format!(
            "batch transform of {content_type} is not there; use text/csv"
        )));
    }
    let nothing = DataProcessing::default();
    let processing = config.data_processing.as_ref().unwrap_or(&nothing);
    let filter = |given: &Option<String>| Filter::parse(given.as_deref().unwrap_or("$"));
    Ok(Plan {
        input: filter(&processing.input_filter)?,
        output: filter(&processing.output_filter)?,
        joins_input: processing.join_source.as_deref() == Some("Input"),
    })
}

/// The answers to all lines of a file.
fn lines(model: &Model, plan: &Plan, text: &str, file: &Path) -> Result<String> {
    let mut answers = String::new();
    for (number, line) in text.lines().enumerate() {
        if line.trim().is_empty() {
            continue;
        }
        let at = || format!("{}:{}", file.display(), number + 1);
        let columns: Vec<&str> = line.split(',').map(str::trim).collect();
        let features = plan.input.select(&columns);
        let row = features
            .iter()
            .map(|text| number_of(text))
            .collect::<std::result::Result<Vec<f32>, &str>>()
            .map_err(|text| Error::client(format!("{}: {text:?} is not a number", at())))?;
        if row.len() > model.features() {
            return Err(Error::client(format!(
                "{}: {} features, but the model was trained on {}",
                at(),
                row.len(),
                model.features()
            )));
        }
        let prediction = model.predict_row(&row).to_string();
        let mut joined = if plan.joins_input { columns } else { Vec::new() };
        joined.push(&prediction);
        // Writing to a string cannot fail.
        writeln!(answers, "{}", plan.output.select(&joined).join(",")).ok();
    }
    Ok(answers)
}

/// A feature; an empty one is missing.
fn number_of(text: &str) -> std::result::Result<f32, &str> {
    if text.is_empty() { Ok(f32::NAN) } else { text.parse().map_err(|_| text) }
}
