//! Training as a job does it: files in, lines and a model file out.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::{AtomicU32, Ordering};

use algorithms::xgboost::{Format, Layout, Model, Table, evaluate, train};
use serde_json::json;

/// Numbers without end from a seed; the same everywhere.
struct Numbers(u64);

impl Numbers {
    /// The next multiple of 1/64 in 0..1.
    fn next(&mut self) -> f64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 40) % 64) as f64 / 64.0
    }
}

/// Rows of a number that depends on five features, of which some are missing.
fn csv(seed: u64, rows: usize, is_class: bool) -> String {
    let mut numbers = Numbers(seed);
    let mut text = String::new();
    for _ in 0..rows {
        let x: Vec<f64> = (0..5).map(|_| numbers.next()).collect();
        let truth = x[0] * 4.0 + if x[1] > 0.5 { 2.0 } else { 0.0 } - x[2] * x[3] + numbers.next();
        let label = if is_class { f64::from(u8::from(truth > 3.0)) } else { truth };
        text.push_str(&label.to_string());
        for value in x {
            let is_missing = numbers.next() < 0.1;
            text.push(',');
            if !is_missing {
                text.push_str(&value.to_string());
            }
        }
        text.push('\n');
    }
    text
}

/// An `/opt/ml` tree that is removed when the test is over.
struct Tree(PathBuf);

impl Tree {
    fn new(hyperparameters: &serde_json::Value) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("refit-algorithms-{}-{count}", std::process::id());
        let tree = Self(std::env::temp_dir().join(name));
        tree.write("input/config/hyperparameters.json", &hyperparameters.to_string());
        tree
    }

    /// With both channels full of numbers to learn.
    fn regression(hyperparameters: &serde_json::Value) -> Self {
        let tree = Self::new(hyperparameters);
        tree.write("input/data/train/part-0.csv", &csv(1, 200, false));
        tree.write("input/data/train/part-1.csv", &csv(2, 200, false));
        tree.write("input/data/validation/data.csv", &csv(3, 100, false));
        tree
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.0.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn content_type(&self, content_type: &str) {
        let channel = json!({ "ContentType": content_type, "TrainingInputMode": "File" });
        let mut channels = json!({ "train": channel });
        if self.0.join("input/data/validation").exists() {
            channels["validation"] = channel;
        }
        self.write("input/config/inputdataconfig.json", &channels.to_string());
    }

    /// The lines of a training, and why it failed.
    fn train(&self) -> (Vec<String>, Option<String>) {
        let mut output = Vec::new();
        let error = train(&self.0, &mut output).err().map(|error| error.to_string());
        let text = String::from_utf8(output).unwrap();
        let folder = format!("{}/", self.0.display());
        (text.lines().map(str::to_owned).collect(), error.map(|text| text.replace(&folder, "")))
    }

    fn rounds(&self) -> Vec<String> {
        let (lines, error) = self.train();
        assert_eq!(error, None, "{lines:?}");
        lines.into_iter().filter(|line| line.starts_with('[')).collect()
    }

    fn model(&self) -> Model {
        Model::load(&fs::read(self.0.join("model/xgboost-model")).unwrap()).unwrap()
    }

    fn table(&self, path: &str) -> Table {
        Table::read(&[self.0.join(path)], Format::Csv, Layout::Labelled).unwrap()
    }
}

impl Drop for Tree {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).ok();
    }
}

#[test]
fn numbers_are_learned_as_xgboost_learns_them() {
    let tree = Tree::regression(&json!({
        "num_round": "20", "eta": "0.2", "max_depth": "3", "eval_metric": "mae,rmse",
        "lambda": "2", "alpha": "0.5", "min_child_weight": "2", "gamma": "0.25",
    }));
    tree.content_type("text/csv");
    let rounds = tree.rounds();
    // What Python's xgboost 3.2.0 says about the same files and parameters.
    let wanted = [GOLDEN_REGRESSION_FIRST, GOLDEN_REGRESSION_LAST];
    assert_eq!([rounds[0].as_str(), rounds[19].as_str()], wanted);
    let evaluation = evaluate(&tree.model(), &tree.table("input/data/validation/data.csv"));
    let measured = format!("validation-rmse:{:.5}", evaluation.metric("rmse").unwrap());
    assert!(rounds[19].ends_with(&measured), "the file predicts what was measured: {measured}");
}

#[test]
fn classes_are_learned_as_xgboost_learns_them() {
    let tree = Tree::new(&json!({
        "num_round": "15", "objective": "binary:logistic", "max_depth": "4",
        "eval_metric": "logloss,error,auc", "scale_pos_weight": "2",
    }));
    tree.write("input/data/train/data.csv", &csv(4, 300, true));
    tree.write("input/data/validation/data.csv", &csv(5, 100, true));
    tree.content_type("text/csv;label_size=1");
    assert_eq!(tree.rounds()[14], GOLDEN_CLASSES_LAST);
    let evaluation = evaluate(&tree.model(), &tree.table("input/data/validation/data.csv"));
    assert_eq!(evaluation.rows, 100);
    assert!(evaluation.metric("accuracy").unwrap() > 0.8, "{evaluation:?}");
}

const GOLDEN_REGRESSION_FIRST: &str =
    "[0]\ttrain-mae:1.04983\ttrain-rmse:1.29987\tvalidation-mae:1.10032\tvalidation-rmse:1.34506";
const GOLDEN_REGRESSION_LAST: &str =
    "[19]\ttrain-mae:0.34596\ttrain-rmse:0.48032\tvalidation-mae:0.45740\tvalidation-rmse:0.63302";
const GOLDEN_CLASSES_LAST: &str = "[14]\ttrain-logloss:0.09280\ttrain-error:0.02667\ttrain-auc:0.99914\tvalidation-logloss:0.33511\tvalidation-error:0.14000\tvalidation-auc:0.94059";

#[test]
fn training_stops_early_and_keeps_the_best_rounds() {
    let tree = Tree::regression(&json!({
        "num_round": "500", "eta": "0.5", "early_stopping_rounds": "4", "max_depth": "6",
    }));
    let rounds = tree.rounds();
    let kept = tree.model().trees().len();
    assert_eq!(rounds.len(), kept + 4);
    let value = |line: &String| line.rsplit_once(':').unwrap().1.parse::<f64>().unwrap();
    let best = rounds.iter().map(value).fold(f64::INFINITY, f64::min);
    assert_eq!(value(&rounds[kept - 1]).to_bits(), best.to_bits());
    let (lines, _) = tree.train();
    assert_eq!(
        lines.last().unwrap(),
        &format!("stopped early after {} rounds; the best {kept} are kept", kept + 4)
    );
}

#[test]
fn sampling_depends_on_the_seed_only() {
    let train = |seed: &str, threads: &str| {
        let tree = Tree::regression(&json!({
            "num_round": "10", "subsample": "0.5", "colsample_bytree": "0.6",
            "colsample_bynode": "0.5", "seed": seed, "nthread": threads,
        }));
        tree.rounds();
        tree.model()
    };
    assert_eq!(train("1", "1"), train("1", "2"));
    assert_ne!(train("1", "1"), train("2", "1"));
}

#[test]
fn the_same_rows_in_other_formats_give_the_same_model() {
    let text = csv(9, 100, false);
    let parameters = json!({ "num_round": 5 });
    let plain = Tree::new(&parameters);
    plain.write("input/data/train/data.csv", &text);
    plain.content_type("text/csv");
    plain.rounds();
    let sparse = Tree::new(&parameters);
    let pairs = |line: &str| {
        let mut fields = line.split(',');
        let label = fields.next().unwrap().to_owned();
        let known = fields.enumerate().filter(|field| !field.1.is_empty());
        known.fold(label, |line, (index, value)| format!("{line} {index}:{value}"))
    };
    let lines: Vec<String> = text.lines().map(pairs).collect();
    sparse.write("input/data/train/data.txt", &lines.join("\n"));
    let (lines, error) = sparse.train();
    assert_eq!((lines[0].as_str(), error), ("channel train: 100 rows, 5 features", None));
    assert_eq!(plain.model(), sparse.model());
    // A weight of 2 is as good as the row twice.
    let weighted = Tree::new(&json!({ "num_round": 5, "csv_weights": "1" }));
    let lines: Vec<String> = text.lines().map(|line| line.replacen(',', ",2,", 1)).collect();
    weighted.write("input/data/train/data.csv", &lines.join("\n"));
    let (lines, error) = weighted.train();
    assert!(lines[0].contains("AWS would read it as text/libsvm"), "{lines:?}");
    assert_eq!(error, None);
    let twice = Tree::new(&parameters);
    twice.write("input/data/train/data.csv", &format!("{text}{text}"));
    twice.rounds();
    assert_eq!(weighted.model().trees()[0].size(), twice.model().trees()[0].size());
}

#[test]
fn every_line_is_there_as_soon_as_it_is_known() {
    struct Flushed {
        text: Vec<u8>,
        flushed: usize,
    }
    impl Write for Flushed {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            if bytes.starts_with(b"[") {
                assert_eq!(self.flushed, self.text.len(), "the line before is not flushed");
            }
            self.text.extend(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            self.flushed = self.text.len();
            Ok(())
        }
    }
    let tree = Tree::regression(&json!({ "num_round": "3" }));
    let mut output = Flushed { text: Vec::new(), flushed: 0 };
    train(&tree.0, &mut output).unwrap();
    assert_eq!(output.flushed, output.text.len());
    let text = String::from_utf8(output.text).unwrap();
    let form = |line: &str| line.split(['\t', ':']).map(str::len).collect::<Vec<_>>();
    assert_eq!(form(text.lines().last().unwrap()), [3, 10, 7, 15, 7], "{text}");
}

#[test]
fn failures_are_told_in_the_failure_file() {
    let parameters = json!({ "num_round": "3" });
    let fails = |prepare: &dyn Fn(&Tree), wanted: &str| {
        let tree = Tree::new(&parameters);
        prepare(&tree);
        let (_, error) = tree.train();
        let error = error.unwrap();
        assert!(error.starts_with("ClientError: ") && error.contains(wanted), "{error}");
        assert_eq!(algorithms::run("xgboost", &tree.0), ExitCode::FAILURE);
        let failure = fs::read_to_string(tree.0.join("output/failure")).unwrap();
        assert!(failure.contains(wanted), "{failure}");
        assert!(!tree.0.join("model/xgboost-model").exists());
    };
    let data = |name: &'static str, text: &'static str| {
        move |tree: &Tree| tree.write(&format!("input/data/{name}"), text)
    };
    fails(&|_| {}, "Missing channel: train");
    fails(
        &|tree| fs::create_dir_all(tree.0.join("input/data/train")).unwrap(),
        "there is no data in",
    );
    fails(
        &data("train/t.csv", "target,age\n1,2\n"),
        "input/data/train/t.csv, line 1, column 1: value \"target\" is not a number",
    );
    fails(&data("train/a/b/c/t.csv", "1,2\n"), "nested more than 3 folders deep");
    fails(&data("train/_SUCCESS", "1,2\n"), "there is no data in");
    fails(
        &|tree| {
            tree.write("input/data/train/t.csv", "1,2\n");
            tree.write("input/data/validation/t.csv", "1,2,3\n");
        },
        "channel validation: 2 features, but the model is trained on 1",
    );
    for content_type in ["application/x-parquet", "application/json", "text/csv;label_size=2"] {
        let prepare = |tree: &Tree| {
            tree.write("input/data/train/t.csv", "1,2\n");
            tree.content_type(content_type);
        };
        fails(
            &prepare,
            if content_type.contains("size") { "label_size must be 1" } else { content_type },
        );
    }
    fails(&data("train/t.csv", "nan,2\n"), "line 1, column 1: value \"nan\" is not a label");
    fails(&data("train/t.csv", ""), "there is not one row in the data");
    fails(&data("train/t.libsvm", "1 4000000000:1\n0 0:1\n"), "are too sparse");
    let tree = Tree::new(&json!({ "num_round": "3", "objective": "binary:logistic" }));
    tree.write("input/data/train/t.csv", "1,2\n7,3\n");
    assert!(
        tree.train().1.unwrap().contains("channel train, row 2: value 7: label must be in [0,1]")
    );
    let tree = Tree::new(&json!({}));
    assert!(tree.train().1.unwrap().contains("Missing hyperparameter: num_round"));
    assert_eq!(algorithms::run("k-means", &tree.0), ExitCode::FAILURE);
}

#[test]
fn odd_data_is_learned_from_without_harm() {
    let cases = [
        ("1,2\n", "one row"),
        ("1,\n1,\n", "nothing known"),
        ("3,1\n3,2\n3,3\n", "one label"),
        ("1e38,1\n-1e38,2\n3e38,-3e38\n-3e38,3e38\n", "huge numbers"),
        (
            "0,340282350000000000000000000000000000000\n1,-340282350000000000000000000000000000000\n",
            "the greatest",
        ),
    ];
    for (text, name) in cases {
        for objective in ["reg:squarederror", "binary:logistic"] {
            if objective == "binary:logistic" && (name.contains("label") || name.contains("huge")) {
                continue;
            }
            let tree = Tree::new(&json!({
                "num_round": "3", "objective": objective, "min_child_weight": "0", "lambda": "0",
            }));
            tree.write("input/data/train/t.csv", text);
            tree.rounds();
            let prediction = tree.model().predict_row(&[2.0]);
            assert!(!prediction.is_nan(), "{name}, {objective}: {prediction}");
        }
    }
}

#[test]
fn classes_that_are_all_the_same_are_learned() {
    for label in ["0", "1"] {
        let tree = Tree::new(&json!({
            "num_round": "3", "objective": "binary:logistic", "eval_metric": "auc",
        }));
        tree.write("input/data/train/t.csv", &format!("{label},1\n{label},2\n"));
        assert_eq!(tree.rounds()[2], "[2]\ttrain-auc:nan");
        let wanted = label.parse::<f32>().unwrap();
        assert!((tree.model().predict_row(&[1.0]) - wanted).abs() < 0.01);
    }
}

#[test]
fn a_model_file_of_python_is_read() {
    // Written by Python's xgboost 3.2.0 (which puts base_score into a vector), shortened.
    let text = fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/python-model.json"));
    let model = Model::load(&text.unwrap()).unwrap();
    let cases = [([0.25, 0.75], PYTHON_PREDICTIONS[0]), ([0.75, f32::NAN], PYTHON_PREDICTIONS[1])];
    for (row, wanted) in cases {
        assert_eq!(model.predict_row(&row).to_bits(), f32::to_bits(wanted), "{row:?}");
    }
}

const PYTHON_PREDICTIONS: [f32; 2] = [0.444_988_5, 0.749_765_6];
