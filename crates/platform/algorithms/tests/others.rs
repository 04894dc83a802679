//! Linear learner, k-means, PCA and random cut forest as their containers do them, on trees like those of jobs; and recordio-protobuf.

#![allow(clippy::unwrap_used, clippy::format_collect, clippy::float_cmp)]

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::{AtomicU32, Ordering};

use algorithms::forest::ForestModel;
use algorithms::kmeans::KMeansModel;
use algorithms::linear::{LinearModel, Prediction};
use algorithms::pca::PcaModel;
use algorithms::xgboost::{Format, Layout, Table};
use serde_json::{Value, json};

/// An `/opt/ml` tree that is removed when the test is over.
struct Tree(PathBuf);

impl Tree {
    fn new(hyperparameters: &serde_json::Value, content_type: &str) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("refit-others-{}-{count}", std::process::id());
        let tree = Self(std::env::temp_dir().join(name));
        tree.write("input/config/hyperparameters.json", hyperparameters.to_string().as_bytes());
        let channel = json!({ "ContentType": content_type, "TrainingInputMode": "File" });
        let channels = json!({ "train": channel });
        tree.write("input/config/inputdataconfig.json", channels.to_string().as_bytes());
        tree
    }

    fn with(self, path: &str, content: impl AsRef<[u8]>) -> Self {
        self.write(&format!("input/data/{path}"), content.as_ref());
        self
    }

    fn write(&self, path: &str, content: &[u8]) {
        let path = self.0.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    fn train(&self, name: &str) -> Result<Vec<String>, String> {
        let mut output = Vec::new();
        let trained = match name {
            "linear-learner" => algorithms::linear::train(&self.0, &mut output),
            "kmeans" => algorithms::kmeans::train(&self.0, &mut output),
            "randomcutforest" => algorithms::forest::train(&self.0, &mut output),
            _ => algorithms::pca::train(&self.0, &mut output),
        };
        let lines = String::from_utf8(output).unwrap().lines().map(str::to_owned).collect();
        let folder = format!("{}/", self.0.display());
        trained.map(|()| lines).map_err(|error| error.to_string().replace(&folder, ""))
    }

    fn model(&self) -> PathBuf {
        self.0.join("model/model.json")
    }
}

impl Drop for Tree {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).ok();
    }
}

/// Numbers from 0 to 1 that are the same on every machine.
fn numbers(seed: u32) -> impl FnMut() -> f64 {
    let mut state = seed;
    move || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        f64::from(state >> 8) / f64::from(1 << 24)
    }
}

fn near(found: f64, wanted: f64, within: f64) {
    assert!((found - wanted).abs() <= within, "{found} is not {wanted}");
}

#[test]
fn a_line_is_found() {
    let mut next = numbers(1);
    let rows: String = (0..200)
        .map(|_| {
            let (a, b) = (next() * 100.0, next());
            format!("{},{a},{b},7\n", 3.0 * a - 2.0 * b + 5.0)
        })
        .collect();
    let train = |more: &[(&str, &str)]| {
        let mut given = json!({ "predictor_type": "regressor", "feature_dim": "3", "wd": "0" });
        for (name, value) in more {
            given[*name] = (*value).into();
        }
        let tree = Tree::new(&given, "text/csv").with("train/t.csv", &rows);
        let lines = tree.train("linear-learner").unwrap();
        (LinearModel::load(&tree.model()).unwrap(), lines)
    };
    let (model, lines) = train(&[]);
    let Prediction::Number(value) = model.predict(&[10.0, 0.5, 7.0]) else { panic!() };
    near(value, 34.0, 1e-3);
    assert!(lines.iter().any(|line| line.contains("epoch=0, train mse_objective <loss>=")));
    assert!(lines.iter().any(|line| line.contains("host=algo-1, train rmse <loss>=")), "{lines:?}");
    let (plain, _) = train(&[("normalize_data", "false"), ("normalize_label", "false")]);
    let Prediction::Number(value) = plain.predict(&[10.0, 0.5, 7.0]) else { panic!() };
    near(value, 34.0, 1e-2);
    // So much L1 that nothing is worth its weight: the mean is left.
    let (flat, _) = train(&[("l1", "100")]);
    let at = |row: &[f32]| match flat.predict(row) {
        Prediction::Number(value) => value,
        _ => f64::NAN,
    };
    near(at(&[10.0, 0.5, 7.0]), at(&[90.0, 0.1, 7.0]), 1e-9);
}

#[test]
fn classes_are_told_apart() {
    let mut next = numbers(2);
    let mut rows = String::new();
    for index in 0..300 {
        let class = index % 3;
        let x = f64::from(class) * 2.0 + next();
        let y = if class == 1 { 4.0 } else { 0.0 } + next();
        writeln!(rows, "{class} 0:{x} 2:{y}").unwrap();
    }
    let given = json!({ "predictor_type": "multiclass_classifier", "num_classes": "3" });
    let tree = Tree::new(&given, "text/libsvm").with("train/t.txt", &rows);
    let lines = tree.train("linear-learner").unwrap();
    assert!(
        lines.contains(
            &"#quality_metric: host=algo-1, train multiclass_accuracy <score>=1".to_owned()
        )
    );
    let model = LinearModel::load(&tree.model()).unwrap();
    let Prediction::Class(scores, class) = model.predict(&[4.5, 0.0, 0.5]) else { panic!() };
    assert_eq!(class, 2);
    near(scores.iter().sum(), 1.0, 1e-9);

    let two = rows.replace("\n2 ", "\n0 ");
    let given = json!({
        "predictor_type": "binary_classifier", "binary_classifier_model_selection_criteria": "f1",
        "positive_example_weight_mult": "balanced",
    });
    let tree = Tree::new(&given, "text/libsvm").with("train/t.txt", &two);
    let tree = tree.with("validation/t.txt", &two).with("test/t.txt", "0 0:1\n1 0:2.5 2:4.5\n");
    let lines = tree.train("linear-learner").unwrap();
    let wanted = "#quality_metric: host=algo-1, test binary_f_1.000 <score>=1";
    assert!(lines.iter().any(|line| line == wanted), "{lines:?}");
    assert!(lines.iter().any(|line| line.starts_with("wd=")), "{lines:?}");
    let again = Tree::new(&given, "text/libsvm").with("train/t.txt", &two);
    let again = again.with("validation/t.txt", &two);
    again.train("linear-learner").unwrap();
    assert_eq!(fs::read(tree.model()).unwrap(), fs::read(again.model()).unwrap());
}

#[test]
fn clusters_are_found() {
    let mut next = numbers(3);
    let rows: String = (0..400)
        .map(|index| {
            let (x, y) = ([0.0, 10.0, 0.0, 10.0][index % 4], [0.0, 0.0, 10.0, 10.0][index % 4]);
            format!("{},{}\n", x + next(), y + next())
        })
        .collect();
    for method in ["kmeans++", "random"] {
        let given = json!({
            "k": "4", "feature_dim": "2", "init_method": method, "eval_metrics": "[\"msd\",\"ssd\"]",
        });
        let tree = Tree::new(&given, "text/csv;label_size=0").with("train/t.csv", &rows);
        let tree = tree.with("test/t.recordio", data("dense.recordio"));
        // The test data has three features.
        let error = tree.train("kmeans").unwrap_err();
        assert!(error.contains("channel test: 3 features instead of 2"), "{error}");
        fs::remove_dir_all(tree.0.join("input/data/test")).unwrap();
        let lines = tree.train("kmeans").unwrap();
        let value = |name: &str| {
            let line = lines.iter().find(|line| line.contains(name)).unwrap();
            line.rsplit('=').next().unwrap().parse::<f64>().unwrap()
        };
        // The spread of a square of side 1.
        near(value("train msd <loss>"), 1.0 / 6.0, 0.02);
        near(value("train ssd <loss>"), 400.0 / 6.0, 8.0);
        let model = KMeansModel::load(&tree.model()).unwrap();
        let (own, distance) = model.predict(&[10.5, 0.5]);
        assert!(distance < 0.2 && own != model.predict(&[0.5, 10.5]).0);
    }
}

#[test]
fn components_are_found() {
    let mut next = numbers(4);
    let rows: String = (0..300)
        .map(|_| {
            let (along, across) = (next() * 10.0, next());
            format!("0,{},{},{}\n", along + across, along - across, 1.0)
        })
        .collect();
    let given = json!({ "num_components": "2", "feature_dim": "3", "mini_batch_size": "100" });
    let tree = Tree::new(&given, "text/csv").with("train/t.csv", rows);
    let lines = tree.train("pca").unwrap();
    assert!(lines.iter().any(|line| line.contains("is left out as the label")), "{lines:?}");
    let model = PcaModel::load(&tree.model()).unwrap();
    let (one, other) = (model.predict(&[6.0, 6.0, 1.0]), model.predict(&[7.0, 7.0, 1.0]));
    // The greatest comes last.
    near(other[1] - one[1], 2_f64.sqrt(), 1e-3);
    near(other[0] - one[0], 0.0, 0.1);
}

#[test]
fn anomalies_are_found() {
    let mut next = numbers(5);
    let mut rows = String::new();
    let mut labelled = String::new();
    for index in 0..1000 {
        let angle = next() * std::f64::consts::TAU;
        let (x, y) = (10.0 * angle.cos() + next(), 10.0 * angle.sin() + next());
        writeln!(rows, "{x},{y}").unwrap();
        if index % 5 == 0 {
            writeln!(labelled, "0,{x},{y}").unwrap();
        }
    }
    labelled += "1,40,-40\n1,-35,30\n";
    let given = json!({ "feature_dim": "2", "num_trees": "60", "num_samples_per_tree": "128" });
    let tree = Tree::new(&given, "text/csv;label_size=0").with("train/t.csv", &rows);
    let tree = tree.with("test/t.csv", &labelled);
    let lines = tree.train("randomcutforest").unwrap();
    for line in ["test accuracy <score>=1", "test f1 <score>=1", "60 trees of 128 rows each"] {
        assert!(lines.iter().any(|own| own.ends_with(line)), "{line}: {lines:?}");
    }
    let model = ForestModel::load(&tree.model()).unwrap();
    let among = model.predict(&[10.5, 0.5]);
    // The middle of the ring is as empty as what lies outside, but near to everything.
    let (middle, outside) = (model.predict(&[0.5, 0.5]), model.predict(&[60.0, 60.0]));
    assert!(among < 1.2 && middle > among && outside > 2.0 * among, "{among} {middle} {outside}");
    assert_eq!(model.predict(&[f32::INFINITY, 0.0]), model.predict(&[f32::INFINITY, 1.0]));
    let again = Tree::new(&given, "text/csv;label_size=0").with("train/t.csv", &rows);
    again.train("randomcutforest").unwrap();
    assert_eq!(fs::read(tree.model()).unwrap(), fs::read(again.model()).unwrap());
    // What does not fit together is refused before anything is looked up in it.
    let whole: Value = serde_json::from_slice(&fs::read(tree.model()).unwrap()).unwrap();
    let wrong = [
        ("/trees/0/masses/0", json!(0)),
        ("/trees/0/masses", json!([1])),
        ("/trees/0/points/0", json!([1.0])),
        ("/trees/0/cuts/0/0", json!(7)),
        ("/trees/0/cuts/1/2", json!(0)),
        ("/trees/0/cuts/1/3", json!(100_000)),
        ("/trees/0/cuts/1/3", json!(-100_000)),
        ("/features", json!(0)),
        ("/trees", json!([])),
    ];
    for (place, value) in wrong {
        let mut model = whole.clone();
        *model.pointer_mut(place).unwrap() = value;
        tree.write("model/model.json", model.to_string().as_bytes());
        let error = ForestModel::load(&tree.model()).unwrap_err().to_string();
        assert!(error.contains("do not fit together"), "{place}: {error}");
    }
    let mut heavy = whole;
    for mass in heavy["trees"][0]["masses"].as_array_mut().unwrap() {
        *mass = json!(u32::MAX);
    }
    tree.write("model/model.json", heavy.to_string().as_bytes());
    assert!(ForestModel::load(&tree.model()).unwrap().predict(&[0.5, 0.5]).is_finite());
}

#[test]
fn rows_without_features_are_refused() {
    let empty_message = [0x0a, 0x23, 0xd7, 0xce, 0, 0, 0, 0];
    let given = json!({ "k": "1" });
    for (name, given) in [
        ("randomcutforest", &json!({})),
        ("kmeans", &given),
        ("pca", &json!({ "num_components": "1" })),
    ] {
        let tree = Tree::new(given, "application/x-recordio-protobuf");
        let error = tree.with("train/part", empty_message).train(name).unwrap_err();
        assert!(error.contains("the rows have no features"), "{name}: {error}");
    }
}

/// An algorithm, its hyperparameters, a content type, data, and what the refusal says.
type Case = (&'static str, serde_json::Value, &'static str, &'static str, &'static str);

fn refuses((name, given, content_type, text, wanted): &Case) {
    let tree = Tree::new(given, content_type).with("train/t.csv", text);
    let error = tree.train(name).unwrap_err();
    assert!(error.starts_with("ClientError: ") && error.contains(wanted), "{error}");
    assert_eq!(algorithms::run(name, &tree.0), ExitCode::FAILURE);
    assert!(!tree.model().exists());
}

#[test]
fn what_is_wrong_with_linear_learners_data_is_told() {
    let linear = json!({ "predictor_type": "binary_classifier" });
    let cases: [Case; 7] = [
        (
            "linear-learner",
            linear.clone(),
            "text/csv",
            "1,2\n2,3\n",
            "row 2: value 2: the label of a binary",
        ),
        (
            "linear-learner",
            linear.clone(),
            "text/csv",
            "1,2\n0,\n",
            "row 2, feature 1: the value is missing",
        ),
        (
            "linear-learner",
            linear.clone(),
            "text/csv",
            "label,x\n0,1\n",
            "value \"label\" is not a number",
        ),
        (
            "linear-learner",
            linear.clone(),
            "text/csv;label_size=0",
            "1,2\n",
            "label_size must be 1, not 0",
        ),
        ("linear-learner", linear, "application/x-image", "1,2\n", "is not supported"),
        (
            "linear-learner",
            json!({ "predictor_type": "regressor", "feature_dim": "2" }),
            "text/csv",
            "1,2\n",
            "1 features instead of 2",
        ),
        (
            "linear-learner",
            json!({ "predictor_type": "multiclass_classifier", "num_classes": "3" }),
            "text/csv",
            "0,2\n3,1\n",
            "row 2: value 3: the label of a class is an integer from 0 to 2",
        ),
    ];
    for case in cases {
        refuses(&case);
    }
}

#[test]
fn what_is_wrong_with_data_that_has_no_labels_is_told() {
    let cases: [Case; 8] = [
        (
            "randomcutforest",
            json!({ "num_trees": "10" }),
            "text/csv;label_size=0",
            "1\n2\n",
            "Hyperparameter num_trees: value \"10\" is not in range [50, 1000]",
        ),
        (
            "randomcutforest",
            json!({ "eval_metrics": "[\"auc\"]" }),
            "text/csv;label_size=0",
            "1\n2\n",
            "is not a list of accuracy and precision_recall_fscore",
        ),
        (
            "kmeans",
            json!({ "k": "3" }),
            "text/csv;label_size=0",
            "1\n2\n",
            "k=3 clusters of 2 rows",
        ),
        ("kmeans", json!({}), "text/csv", "1,2\n", "Missing hyperparameter: k"),
        (
            "kmeans",
            json!({ "k": "1", "seed": "7" }),
            "text/csv",
            "1,2\n",
            "Extraneous hyperparameter found: seed",
        ),
        (
            "kmeans",
            json!({ "k": "1" }),
            "text/libsvm",
            "1 1:2\n",
            "reads text/csv, application/x-recordio-protobuf",
        ),
        (
            "kmeans",
            json!({ "k": "1" }),
            "application/x-recordio-protobuf",
            "1,2\n",
            "record 1: is not recordio",
        ),
        (
            "pca",
            json!({ "num_components": "2" }),
            "text/csv;label_size=0",
            "1\n2\n",
            "num_components=2 of at most 1",
        ),
    ];
    for case in cases {
        refuses(&case);
    }
}

#[test]
fn odd_data_is_learned_from_without_harm() {
    let texts = ["1,1\n0,1\n", "1,1\n1,2\n", "1,3e38\n0,-3e38\n", "0,1e-40\n1,0\n"];
    for text in texts {
        for kind in ["binary_classifier", "regressor"] {
            let given = json!({ "predictor_type": kind });
            let tree = Tree::new(&given, "text/csv").with("train/t.csv", text);
            tree.train("linear-learner").unwrap();
            LinearModel::load(&tree.model()).unwrap();
        }
        let tree =
            Tree::new(&json!({ "k": "2" }), "text/csv;label_size=0").with("train/t.csv", text);
        tree.train("kmeans").unwrap();
        let given = json!({ "num_components": "1" });
        let tree = Tree::new(&given, "text/csv;label_size=0").with("train/t.csv", text);
        tree.train("pca").unwrap();
        let tree = Tree::new(&json!({}), "text/csv;label_size=0").with("train/t.csv", text);
        tree.train("randomcutforest").unwrap();
        let score = ForestModel::load(&tree.model()).unwrap().predict(&[1.0, 1.0]);
        assert!(score.is_finite() && score > 0.0, "{score}");
    }
}

fn data(name: &str) -> Vec<u8> {
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name)).unwrap()
}

#[test]
fn bytes_of_the_sdk_are_read() {
    // Written by `write_numpy_to_dense_tensor` and `write_spmatrix_to_sparse_tensor` of the SageMaker Python SDK 2.257.7.
    let read = |name: &str| {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name);
        Table::read(&[file], Format::RecordIo, Layout::Labelled).unwrap()
    };
    let values = vec![1.5, -2.0, 3.0, 0.0, 0.25, 1e6];
    let labelled = Table::new(3, values.clone(), vec![1.0, 0.0], None).unwrap();
    assert_eq!(read("dense-labelled.recordio"), labelled);
    assert_eq!(read("float64-labelled.recordio"), labelled);
    assert_eq!(read("dense.recordio"), Table::new(3, values, vec![], None).unwrap());
    let integers = Table::new(2, vec![1.0, -2.0, 3.0, 4.0], vec![], None).unwrap();
    assert_eq!(read("int32.recordio"), integers);
    let sparse = read("sparse-labelled.recordio");
    assert_eq!((sparse.rows(), sparse.columns(), sparse.labels()), (3, 4, &[1.0, 0.0, 1.0][..]));
}

#[test]
fn what_is_read_from_recordio_is_learned() {
    let kind = "application/x-recordio-protobuf";
    let given = json!({ "predictor_type": "binary_classifier", "feature_dim": "3" });
    let tree = Tree::new(&given, kind).with("train/part", data("dense-labelled.recordio"));
    tree.train("linear-learner").unwrap();
    let model = LinearModel::load(&tree.model()).unwrap();
    assert!(matches!(model.predict(&[1.5, -2.0, 3.0]), Prediction::Binary(_, 1)));
    let unlabelled = Tree::new(&given, kind).with("train/part", data("dense.recordio"));
    let error = unlabelled.train("linear-learner").unwrap_err();
    assert!(error.contains("channel train: the rows have no labels"), "{error}");
    let given = json!({ "predictor_type": "binary_classifier" });
    let tree = Tree::new(&given, kind).with("train/part", data("sparse-labelled.recordio"));
    tree.train("linear-learner").unwrap();
    let tree =
        Tree::new(&json!({ "k": "2" }), kind).with("train/part", data("dense-labelled.recordio"));
    tree.train("kmeans").unwrap();
}
