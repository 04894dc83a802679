//! Principal component analysis: the directions in which rows differ most.
// AWS: https://docs.aws.amazon.com/sagemaker/latest/dg/pca.html

mod eigen;

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::channels::{Channels, say};
use crate::given::{Given, OF_THE_TOOLKIT};
use crate::table::{Format, Layout, Table};
use crate::{Error, Result, container, parallel};

const NAME: &str = "pca";
const FORMATS: [Format; 2] = [Format::Csv, Format::RecordIo];
/// Rows of one piece; sums are added piece by piece, so that they do not depend on the number of threads.
const PIECE_ROWS: usize = 1024;
/// With more the exact answer takes too long and too much memory.
const MOST_FEATURES: usize = 2000;

const IGNORED: &[&str] = &["extra_components", "force_dense"];
/// Both modes get the exact answer: `randomized` is AWS's way of being quicker with many features.
const FIXED: &[(&str, &[&str])] = &[("algorithm_mode", &["regular", "randomized"])];

/// The components and the file they lie in:
/// `{"algorithm": "pca", "version": 1, "mean": […], "components": [[…], …], "singular_values": […]}`.
///
/// The component of the greatest variance is the last, as it is in AWS's model and projections.
// UNVERIFIED against AWS itself: its sample notebooks take the last columns of `v` for the greatest.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PcaModel {
    algorithm: String,
    version: u32,
    mean: Vec<f64>,
    components: Vec<Vec<f64>>,
    singular_values: Vec<f64>,
}

#[derive(Debug)]
struct Hyperparameters {
    components: usize,
    feature_dim: Option<usize>,
    subtracts_mean: bool,
}

impl Hyperparameters {
    fn parse(given: &BTreeMap<String, String>) -> Result<Self> {
        let mut given = Given::new(given, &[])?;
        given.require("num_components")?;
        let parsed = Self {
            components: given.number("num_components", 1, "[1, inf)", |it| it >= 1)?,
            feature_dim: given.automatic("feature_dim", "[1, inf)", |it: usize| it >= 1)?,
            subtracts_mean: given.flag_or("subtract_mean", true)?,
        };
        given.check_fixed(FIXED)?;
        given.check_empty(&[OF_THE_TOOLKIT, IGNORED])?;
        Ok(parsed)
    }
}

/// Trains on the tree at `opt_ml`; what was found is written to `output`.
pub fn train(opt_ml: &Path, output: &mut impl Write) -> Result<()> {
    let parameters = Hyperparameters::parse(&container::hyperparameters(opt_ml)?)?;
    let channels = Channels::open(opt_ml, &FORMATS, 0.0)?;
    let table = channels.required("train", Layout::Unlabelled, output)?;
    table.check_width("train", parameters.feature_dim)?;
    let columns = table.columns();
    if columns > MOST_FEATURES {
        let text = format!("{columns} features; the built-in algorithm takes {MOST_FEATURES}");
        return Err(Error::client(text));
    }
    let most = columns.min(table.rows());
    if parameters.components > most {
        let text = format!("num_components={} of at most {most}", parameters.components);
        return Err(Error::client(text));
    }
    let mean = if parameters.subtracts_mean { mean(&table) } else { vec![0.0; columns] };
    let (values, vectors) = eigen::symmetric(scatter(&table, &mean), columns);
    let total: f64 = values.iter().map(|value| value.max(0.0)).sum();
    let mut order: Vec<usize> = (0..columns).collect();
    order.sort_by(|one, other| values[*one].total_cmp(&values[*other]));
    let order = &order[columns - parameters.components..];
    let singular_values: Vec<f64> = order.iter().map(|at| values[*at].max(0.0).sqrt()).collect();
    let components: Vec<Vec<f64>> = order.iter().map(|at| upright(&vectors[*at])).collect();
    let kept: f64 = singular_values.iter().map(|value| value * value).sum();
    let share = if total > 0.0 { kept / total } else { 0.0 };
    say(output, &format!("explained variance ratio: {share}"))?;
    let algorithm = NAME.to_owned();
    let model = PcaModel { algorithm, version: 1, mean, components, singular_values };
    container::write_model(opt_ml, &model)
}

fn mean(table: &Table) -> Vec<f64> {
    let mut mean = vec![0.0; table.columns()];
    for row in 0..table.rows() {
        mean.iter_mut().zip(table.row(row)).for_each(|(sum, value)| *sum += f64::from(*value));
    }
    for sum in &mut mean {
        *sum /= table.rows() as f64;
    }
    mean
}

/// The products of all pairs of columns, summed over the rows.
fn scatter(table: &Table, mean: &[f64]) -> Vec<f64> {
    let columns = table.columns();
    // Each thread does some of the columns, so that nothing has to be added up.
    let of_range = |range: std::ops::Range<usize>| {
        let mut sums = vec![0.0; range.len() * columns];
        let mut centred = vec![0.0; columns];
        for row in 0..table.rows() {
            let moved = table.row(row).iter().zip(mean);
            let moved = moved.map(|(value, mean)| f64::from(*value) - mean);
            centred.iter_mut().zip(moved).for_each(|(into, value)| *into = value);
            for (one, sums) in range.clone().zip(sums.chunks_exact_mut(columns)) {
                let own = centred[one];
                sums.iter_mut().zip(&centred).for_each(|(sum, value)| *sum += own * value);
            }
        }
        sums
    };
    let threads = if table.rows() < PIECE_ROWS { 1 } else { parallel::threads(0) };
    parallel::map_ranges(columns, threads, of_range).concat()
}

/// Of the two ways a direction can point, the one whose greatest part is above 0.
fn upright(vector: &[f64]) -> Vec<f64> {
    let greatest = vector.iter().copied().fold(
        0.0,
        |most: f64, it| {
            if it.abs() > most.abs() { it } else { most }
        },
    );
    let sign = if greatest < 0.0 { -1.0 } else { 1.0 };
    vector.iter().map(|it| it * sign).collect()
}

impl PcaModel {
    /// The model in a file; what does not fit together is refused.
    pub fn load(file: &Path) -> Result<Self> {
        container::read_model(file, NAME, |model: &Self| {
            let is_even = model.components.iter().all(|own| own.len() == model.features());
            !model.components.is_empty() && is_even
        })
    }

    /// How many features a row has.
    pub fn features(&self) -> usize {
        self.mean.len()
    }

    /// The row in the components' terms, the greatest last.
    pub fn predict(&self, row: &[f32]) -> Vec<f64> {
        let moved: Vec<f64> =
            row.iter().zip(&self.mean).map(|(value, mean)| f64::from(*value) - mean).collect();
        let along = |own: &Vec<f64>| own.iter().zip(&moved).map(|(a, b)| a * b).sum();
        self.components.iter().map(along).collect()
    }
}
