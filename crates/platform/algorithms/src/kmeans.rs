//! K-means: groups of rows that lie near each other.
//!
//! AWS's algorithm reads the data once in small batches and then improves what it found; this one holds all data and does
//! Lloyd's steps on it, from k-means++ (or random) starts, and keeps the best start.
// AWS: https://docs.aws.amazon.com/sagemaker/latest/dg/k-means.html

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::channels::{Channels, say};
use crate::given::{Given, OF_THE_TOOLKIT, bad};
use crate::random::Random;
use crate::table::{Format, Layout, Table};
use crate::{Error, Result, container, parallel};

const NAME: &str = "kmeans";
const FORMATS: [Format; 2] = [Format::Csv, Format::RecordIo];
/// Rows of one piece; sums are added piece by piece, so that they do not depend on the number of threads.
const PIECE_ROWS: usize = 1024;
/// Starts that are tried when the job does not say.
const TRIALS: usize = 5;
/// The algorithm has no hyperparameter for it.
const SEED: u64 = 0;

/// Names that belong to reading the data in batches, and change nothing here.
const IGNORED: &[&str] = &["epochs", "extra_center_factor", "half_life_time_size", "force_dense"];

/// The centres, and the file they lie in: `{"algorithm": "kmeans", "version": 1, "centroids": [[…], …]}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct KMeansModel {
    algorithm: String,
    version: u32,
    centroids: Vec<Vec<f64>>,
}

#[derive(Debug)]
struct Hyperparameters {
    k: usize,
    feature_dim: Option<usize>,
    is_random: bool,
    max_steps: usize,
    trials: usize,
    tolerance: f64,
    /// Which of `msd` and `ssd` are told.
    metrics: Vec<&'static str>,
}

impl Hyperparameters {
    fn parse(given: &BTreeMap<String, String>) -> Result<Self> {
        let mut given = Given::new(given, &[])?;
        given.require("k")?;
        // Where centres begin first and where the improving steps begin is the same here; the latter is the default.
        let first = given.text("init_method");
        let method = given.text("local_lloyd_init_method").or(first);
        let is_random = match method.as_deref() {
            None | Some("kmeans++") => false,
            Some("random") => true,
            Some(text) => {
                return Err(bad("init_method", text, "is not in range {random, kmeans++}"));
            }
        };
        let tolerance = |value: f64| (0.0..=1.0).contains(&value);
        let parsed = Self {
            k: given.number("k", 1, "[1, inf)", |it| it >= 1)?,
            feature_dim: given.automatic("feature_dim", "[1, inf)", |it: usize| it >= 1)?,
            is_random,
            max_steps: given.number("local_lloyd_max_iter", 300, "[1, inf)", |it| it >= 1)?,
            trials: given
                .automatic("local_lloyd_num_trials", "[1, inf)", |it: usize| it >= 1)?
                .unwrap_or(TRIALS),
            tolerance: given.number("local_lloyd_tol", 0.0001, "[0, 1]", tolerance)?,
            metrics: metrics(&mut given)?,
        };
        given.check_empty(&[OF_THE_TOOLKIT, IGNORED])?;
        Ok(parsed)
    }
}

/// `["msd", "ssd"]` or one of them.
fn metrics(given: &mut Given) -> Result<Vec<&'static str>> {
    let Some(text) = given.text("eval_metrics") else { return Ok(vec!["msd"]) };
    let range = "is not a list of msd and ssd";
    let names: Vec<String> =
        serde_json::from_str(&text).map_err(|_| bad("eval_metrics", &text, range))?;
    let known = |name: &String| ["msd", "ssd"].into_iter().find(|it| it == name);
    let found: Option<Vec<_>> = names.iter().map(known).collect();
    found.ok_or_else(|| bad("eval_metrics", &text, range))
}

/// Trains on the tree at `opt_ml`; the metrics are written to `output`.
pub fn train(opt_ml: &Path, output: &mut impl Write) -> Result<()> {
    let parameters = Hyperparameters::parse(&container::hyperparameters(opt_ml)?)?;
    let channels = Channels::open(opt_ml, &FORMATS, 0.0)?;
    let table = channels.required("train", Layout::Unlabelled, output)?;
    table.check_width("train", parameters.feature_dim)?;
    if table.rows() < parameters.k {
        let text = format!("k={} clusters of {} rows", parameters.k, table.rows());
        return Err(Error::client(text));
    }
    let test = channels.load("test", Layout::Unlabelled, output)?;
    let mut best: Option<(f64, Vec<Vec<f64>>)> = None;
    let mut random = Random::new(SEED);
    for trial in 0..parameters.trials {
        let (sum, centres) = lloyd(&table, &parameters, &mut random);
        say(output, &format!("start {trial}: train msd {}", sum / table.rows() as f64))?;
        if best.as_ref().is_none_or(|best| sum < best.0) {
            best = Some((sum, centres));
        }
    }
    let (sum, centroids) = best.unwrap_or_default();
    let mut tell = |split: &str, sum: f64, rows: usize| {
        parameters.metrics.iter().try_for_each(|name| {
            let value = if *name == "msd" { sum / rows as f64 } else { sum };
            say(output, &format!("#quality_metric: host=algo-1, {split} {name} <loss>={value}"))
        })
    };
    tell("train", sum, table.rows())?;
    if let Some(test) = test {
        test.check_width("test", Some(table.columns()))?;
        tell("test", assign(&test, &centroids).0, test.rows())?;
    }
    container::write_model(
        opt_ml,
        &KMeansModel { algorithm: NAME.to_owned(), version: 1, centroids },
    )
}

/// Steps from one start: the sum of squared distances, and the centres.
fn lloyd(table: &Table, parameters: &Hyperparameters, random: &mut Random) -> (f64, Vec<Vec<f64>>) {
    let mut centres = if parameters.is_random {
        random_start(table, parameters.k, random)
    } else {
        spread_start(table, parameters.k, random)
    };
    let mut before = f64::INFINITY;
    for _ in 0..parameters.max_steps {
        let (sum, groups, farthest) = assign(table, &centres);
        for (centre, (count, total)) in centres.iter_mut().zip(groups) {
            if count == 0 {
                // A centre that nobody is near to begins again where the data is served worst.
                *centre = as_centre(table.row(farthest));
            } else {
                *centre = total.iter().map(|it| it / count as f64).collect();
            }
        }
        if before - sum <= parameters.tolerance * sum * 0.01 {
            break;
        }
        before = sum;
    }
    (assign(table, &centres).0, centres)
}

fn as_centre(row: &[f32]) -> Vec<f64> {
    row.iter().map(|value| f64::from(*value)).collect()
}

fn random_start(table: &Table, k: usize, random: &mut Random) -> Vec<Vec<f64>> {
    let mut rows: Vec<usize> = (0..table.rows()).collect();
    for place in 0..k {
        let other = place + random.below(rows.len() - place);
        rows.swap(place, other);
    }
    rows[..k].iter().map(|row| as_centre(table.row(*row))).collect()
}

/// k-means++: each next centre is a row, the likelier the farther it is from those before.
// Arthur and Vassilvitskii (2007), k-means++: the advantages of careful seeding.
fn spread_start(table: &Table, k: usize, random: &mut Random) -> Vec<Vec<f64>> {
    let mut centres = vec![as_centre(table.row(random.below(table.rows())))];
    let mut distances = vec![f64::INFINITY; table.rows()];
    while centres.len() < k {
        let newest = &centres[centres.len() - 1];
        for (row, distance) in distances.iter_mut().enumerate() {
            *distance = distance.min(square_distance(table.row(row), newest));
        }
        let mut rest = random.share() * distances.iter().sum::<f64>();
        let reached = distances.iter().position(|distance| {
            rest -= distance;
            rest < 0.0
        });
        let row = reached.unwrap_or_else(|| random.below(table.rows()));
        centres.push(as_centre(table.row(row)));
    }
    centres
}

fn square_distance(row: &[f32], centre: &[f64]) -> f64 {
    row.iter().zip(centre).map(|(value, own)| (f64::from(*value) - own).powi(2)).sum()
}

/// The nearest centre and its squared distance.
fn nearest(row: &[f32], centres: &[Vec<f64>]) -> (usize, f64) {
    let mut best = (0, f64::INFINITY);
    for (place, centre) in centres.iter().enumerate() {
        let distance = square_distance(row, centre);
        if distance < best.1 {
            best = (place, distance);
        }
    }
    best
}

/// The count and the sum of a cluster's rows.
type Group = (usize, Vec<f64>);

/// The sum of squared distances, what belongs to each centre, and the row that is farthest from its own.
fn assign(table: &Table, centres: &[Vec<f64>]) -> (f64, Vec<Group>, usize) {
    let pieces = table.rows().div_ceil(PIECE_ROWS);
    let empty = || vec![(0, vec![0.0; table.columns()]); centres.len()];
    let of_piece = |piece: usize| {
        let rows = piece * PIECE_ROWS..((piece + 1) * PIECE_ROWS).min(table.rows());
        let (mut sum, mut groups, mut farthest) = (0.0, empty(), (0, -1.0));
        for row in rows {
            let values = table.row(row);
            let (own, distance) = nearest(values, centres);
            sum += distance;
            if distance > farthest.1 {
                farthest = (row, distance);
            }
            let group = &mut groups[own];
            group.0 += 1;
            group.1.iter_mut().zip(values).for_each(|(sum, value)| *sum += f64::from(*value));
        }
        (sum, groups, farthest)
    };
    let of_range = |range: std::ops::Range<usize>| range.map(of_piece).collect::<Vec<_>>();
    let (mut sum, mut groups, mut farthest) = (0.0, empty(), (0, -1.0));
    for piece in parallel::map_ranges(pieces, parallel::threads(0), of_range).into_iter().flatten()
    {
        sum += piece.0;
        for (into, from) in groups.iter_mut().zip(piece.1) {
            into.0 += from.0;
            into.1.iter_mut().zip(from.1).for_each(|(into, from)| *into += from);
        }
        if piece.2.1 > farthest.1 {
            farthest = piece.2;
        }
    }
    (sum, groups, farthest.0)
}

impl KMeansModel {
    /// The model in a file; what does not fit together is refused.
    pub fn load(file: &Path) -> Result<Self> {
        container::read_model(file, NAME, |model: &Self| {
            let is_even = model.centroids.iter().all(|own| own.len() == model.features());
            !model.centroids.is_empty() && is_even
        })
    }

    /// How many features a row has.
    pub fn features(&self) -> usize {
        self.centroids.first().map_or(0, Vec::len)
    }

    /// The nearest centre, and how far it is (not squared).
    pub fn predict(&self, row: &[f32]) -> (usize, f64) {
        let (own, distance) = nearest(row, &self.centroids);
        (own, distance.sqrt())
    }
}
