//! Random cut forest: how unlike the rest a row is.
//!
//! Each tree is grown on a random sample of the rows by cuts at random places; a row that would soon be cut off from the
//! sample has a high score.
// AWS: https://docs.aws.amazon.com/sagemaker/latest/dg/randomcutforest.html

mod tree;

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::channels::{Channels, say};
use crate::given::{Given, OF_THE_TOOLKIT, bad};
use crate::random::Random;
use crate::table::{Format, Layout, Table};
use crate::{Error, Result, container, parallel};
use tree::Tree;

const NAME: &str = "randomcutforest";
const FORMATS: [Format; 2] = [Format::Csv, Format::RecordIo];
/// Trees times samples times features, at most: an endpoint needs some 20 bytes for each.
const MOST_NUMBERS: usize = 32_000_000;
// AWS: rcf_hyperparameters.
const MOST_FEATURES: usize = 10_000;
/// The algorithm has no hyperparameter for it.
const SEED: u64 = 0;
/// Scores farther above the mean than this many standard deviations are anomalies.
// AWS: random-cut-forest-tuning: the three-sigma limit heuristic.
const SIGMAS: f64 = 3.0;

/// The trees, and the file they lie in: `{"algorithm": "randomcutforest", "version": 1, "features": 2, "trees": […]}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ForestModel {
    algorithm: String,
    version: u32,
    features: usize,
    trees: Vec<Tree>,
}

#[derive(Debug)]
struct Hyperparameters {
    feature_dim: Option<usize>,
    trees: usize,
    samples: usize,
    tells_accuracy: bool,
    tells_f1: bool,
}

impl Hyperparameters {
    fn parse(given: &BTreeMap<String, String>) -> Result<Self> {
        let mut given = Given::new(given, &[])?;
        let metrics = metrics(&mut given)?;
        let tells = |name: &str| metrics.iter().any(|metric| metric == name);
        let parsed = Self {
            feature_dim: given.automatic("feature_dim", "[1, 10000]", |it: usize| {
                (1..=MOST_FEATURES).contains(&it)
            })?,
            trees: given.number("num_trees", 100, "[50, 1000]", |it| (50..=1000).contains(&it))?,
            samples: given
                .number("num_samples_per_tree", 256, "[1, 2048]", |it| (1..=2048).contains(&it))?,
            tells_accuracy: tells("accuracy"),
            tells_f1: tells("precision_recall_fscore"),
        };
        given.check_empty(&[OF_THE_TOOLKIT, &["force_dense"]])?;
        Ok(parsed)
    }
}

/// `["accuracy", "precision_recall_fscore"]` or one of them.
fn metrics(given: &mut Given) -> Result<Vec<String>> {
    let known = ["accuracy", "precision_recall_fscore"];
    let Some(text) = given.text("eval_metrics") else { return Ok(known.map(str::to_owned).into()) };
    let names: Option<Vec<String>> = serde_json::from_str(&text).ok();
    let names = names.filter(|names| names.iter().all(|name| known.contains(&name.as_str())));
    names.ok_or_else(|| {
        bad("eval_metrics", &text, "is not a list of accuracy and precision_recall_fscore")
    })
}

/// Trains on the tree at `opt_ml`; the metrics are written to `output`.
pub fn train(opt_ml: &Path, output: &mut impl Write) -> Result<()> {
    let parameters = Hyperparameters::parse(&container::hyperparameters(opt_ml)?)?;
    let channels = Channels::open(opt_ml, &FORMATS, 0.0)?;
    let table = channels.required("train", Layout::Unlabelled, output)?;
    table.check_width("train", parameters.feature_dim)?;
    let test = channels.load("test", Layout::Labelled, output)?;
    if let Some(test) = &test {
        test.check_width("test", Some(table.columns()))?;
        check_labels(test)?;
    }
    if table.columns() > MOST_FEATURES {
        let text = format!("{} features; the algorithm takes {MOST_FEATURES}", table.columns());
        return Err(Error::client(text));
    }
    let samples = parameters.samples.min(table.rows());
    let numbers = parameters.trees.saturating_mul(samples).saturating_mul(table.columns());
    if numbers > MOST_NUMBERS {
        return Err(Error::client(format!(
            "{} trees of {samples} rows of {} features are {numbers} numbers; the built-in algorithm takes {MOST_NUMBERS}",
            parameters.trees,
            table.columns()
        )));
    }
    let model = grow(&table, parameters.trees, samples);
    say(output, &format!("{} trees of {samples} rows each", parameters.trees))?;
    if let Some(test) = test {
        tell(&model, &parameters, &test, output)?;
    }
    container::write_model(opt_ml, &model)
}

fn check_labels(test: &Table) -> Result<()> {
    match test.labels().iter().position(|label| ![0.0, 1.0].contains(label)) {
        Some(row) => Err(Error::client(format!(
            "channel test, row {}: value {}: the label is 1 for an anomaly and 0 for others",
            row + 1,
            test.labels()[row]
        ))),
        None => Ok(()),
    }
}

fn grow(table: &Table, trees: usize, samples: usize) -> ForestModel {
    let of_range = |range: std::ops::Range<usize>| {
        let grown = range.map(|number| {
            // Each tree has numbers of its own, whichever thread grows it.
            let mut random =
                Random::new(SEED.wrapping_add(number as u64).wrapping_mul(0x9e37_79b9));
            let rows = sample(table.rows(), samples, &mut random);
            Tree::grow(rows.iter().map(|row| table.row(*row)).collect(), &mut random)
        });
        grown.collect::<Vec<_>>()
    };
    let trees = parallel::map_ranges(trees, parallel::threads(0), of_range);
    ForestModel {
        algorithm: NAME.to_owned(),
        version: 1,
        features: table.columns(),
        trees: trees.into_iter().flatten().collect(),
    }
}

/// Some of the rows, each at most once.
// R. Floyd (1987): a sample in as many steps as it has members.
fn sample(rows: usize, count: usize, random: &mut Random) -> Vec<usize> {
    let mut chosen = std::collections::BTreeSet::new();
    for last in rows - count..rows {
        let row = random.below(last + 1);
        if !chosen.insert(row) {
            chosen.insert(last);
        }
    }
    chosen.into_iter().collect()
}

/// Tells how well the scores of labelled rows find the anomalies among them.
fn tell(
    model: &ForestModel,
    parameters: &Hyperparameters,
    test: &Table,
    output: &mut impl Write,
) -> Result<()> {
    let of_range = |range: std::ops::Range<usize>| {
        range.map(|row| model.predict(test.row(row))).collect::<Vec<_>>()
    };
    let scores = parallel::map_ranges(test.rows(), parallel::threads(0), of_range).concat();
    let count = scores.len() as f64;
    let mean = scores.iter().sum::<f64>() / count;
    let variance = scores.iter().map(|score| (score - mean).powi(2)).sum::<f64>() / count;
    let limit = mean + SIGMAS * variance.sqrt();
    let (mut right, mut found, mut hits) = (0.0, 0.0, 0.0);
    for (score, label) in scores.iter().zip(test.labels()) {
        let (is_found, is_anomaly) = (*score > limit, *label == 1.0);
        right += f64::from(u8::from(is_found == is_anomaly));
        found += f64::from(u8::from(is_found));
        hits += f64::from(u8::from(is_found && is_anomaly));
    }
    let anomalies = test.labels().iter().map(|label| f64::from(*label)).sum::<f64>();
    let share = |part: f64, of: f64| if of > 0.0 { part / of } else { 0.0 };
    let mut metrics = Vec::new();
    if parameters.tells_accuracy {
        metrics.push(("accuracy", share(right, count)));
    }
    if parameters.tells_f1 {
        metrics.push(("precision", share(hits, found)));
        metrics.push(("recall", share(hits, anomalies)));
        metrics.push(("f1", share(2.0 * hits, found + anomalies)));
    }
    metrics.iter().try_for_each(|(name, value)| {
        // UNVERIFIED: the lines; the name `test:f1` is AWS's.
        say(output, &format!("#quality_metric: host=algo-1, test {name} <score>={value}"))
    })
}

impl ForestModel {
    /// The model in a file; what does not fit together is refused.
    pub fn load(file: &Path) -> Result<Self> {
        let fits = |model: &Self| {
            let features = model.features;
            features > 0
                && !model.trees.is_empty()
                && model.trees.iter().all(|tree| tree.fits(features))
        };
        let mut model = container::read_model(file, NAME, fits)?;
        model.trees.iter_mut().for_each(Tree::surround);
        Ok(model)
    }

    /// How many features a row has.
    pub fn features(&self) -> usize {
        self.features
    }

    /// The row's anomaly score, the mean of the trees'.
    pub fn predict(&self, row: &[f32]) -> f64 {
        self.trees.iter().map(|tree| tree.score(row)).sum::<f64>() / self.trees.len() as f64
    }
}
