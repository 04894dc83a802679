//! The hyperparameters of linear learner.
// AWS: https://docs.aws.amazon.com/sagemaker/latest/dg/ll_hyperparameters.html

use std::collections::BTreeMap;

use crate::given::{Given, OF_THE_TOOLKIT, bad};
use crate::{Error, Result};

/// What is predicted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Predictor {
    /// Whether the label is 1 (and not 0).
    Binary,
    /// One of this many classes, labelled from 0 on.
    Multiclass(usize),
    /// A number.
    Regressor,
}

/// What decides where the scores of label 1 begin.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Selection {
    /// One half.
    Loss,
    Accuracy,
    /// The F score with this beta.
    FBeta(f64),
    PrecisionAtRecall(f64),
    RecallAtPrecision(f64),
}

/// The hyperparameters of one training, checked.
#[derive(Debug, Clone, PartialEq)]
pub struct Hyperparameters {
    pub(super) predictor: Predictor,
    /// What the user says the data has.
    pub(super) feature_dim: Option<usize>,
    pub(super) selection: Selection,
    /// The most steps of the solver.
    pub(super) epochs: usize,
    /// L2 regularisation; found with the validation data when absent.
    pub(super) wd: Option<f64>,
    /// L1 regularisation.
    pub(super) l1: f64,
    /// How much of `wd` the bias gets.
    pub(super) bias_wd_mult: f64,
    pub(super) use_bias: bool,
    pub(super) normalize_data: bool,
    pub(super) normalize_label: bool,
    /// The weight of examples whose label is 1; `None` makes both classes count the same.
    pub(super) positive_weight: Option<f64>,
    pub(super) balance_classes: bool,
    pub(super) f_beta: f64,
    pub(super) accuracy_top_k: usize,
}

/// Steps of the solver when `epochs` is not given: enough to converge.
const DEFAULT_STEPS: usize = 500;

/// Names that belong to stochastic training and change nothing here.
const IGNORED: &[&str] = &[
    "optimizer",
    "learning_rate",
    "beta_1",
    "beta_2",
    "momentum",
    "bias_lr_mult",
    "init_method",
    "init_scale",
    "init_sigma",
    "init_bias",
    "num_models",
    "num_calibration_samples",
    "num_point_for_scaler",
    "early_stopping_patience",
    "early_stopping_tolerance",
    "use_lr_scheduler",
    "lr_scheduler_factor",
    "lr_scheduler_minimum_lr",
    "lr_scheduler_step",
    "margin",
    "quantile",
    "loss_insensitivity",
    "huber_delta",
];

/// Names whose other values would change the model.
const FIXED: &[(&str, &[&str])] =
    &[("unbias_data", &["auto", "true"]), ("unbias_label", &["auto", "true"])];

impl Hyperparameters {
    /// Checks the hyperparameters of a training job.
    pub fn parse(given: &BTreeMap<String, String>) -> Result<Self> {
        let mut given = Given::new(given, &[])?;
        let predictor = predictor(&mut given)?;
        check_loss(&mut given, predictor)?;
        let at_least_0 = |value: f64| value >= 0.0 && value.is_finite();
        let f_beta =
            given.number("f_beta", 1.0, "(0, inf)", |it: f64| it > 0.0 && it.is_finite())?;
        let selection = selection(&mut given, f_beta)?;
        let positive_weight = match given.text("positive_example_weight_mult").as_deref() {
            Some("balanced") => None,
            None => Some(1.0),
            Some(text) => match text.parse::<f64>() {
                Ok(weight) if weight > 0.0 && weight.is_finite() => Some(weight),
                _ => {
                    let why = "is neither balanced nor a number in range (0, inf)";
                    return Err(bad("positive_example_weight_mult", text, why));
                }
            },
        };
        let parsed = Self {
            predictor,
            feature_dim: given.automatic("feature_dim", "[1, inf)", |it: usize| it >= 1)?,
            selection,
            epochs: given.number("epochs", DEFAULT_STEPS, "[1, inf)", |it| it >= 1)?,
            wd: given.automatic("wd", "[0, inf)", at_least_0)?,
            l1: given.automatic("l1", "[0, inf)", at_least_0)?.unwrap_or(0.0),
            bias_wd_mult: given.automatic("bias_wd_mult", "[0, inf)", at_least_0)?.unwrap_or(0.0),
            use_bias: given.flag_or("use_bias", true)?,
            normalize_data: automatic_flag(&mut given, "normalize_data")?.unwrap_or(true),
            normalize_label: automatic_flag(&mut given, "normalize_label")?
                .unwrap_or(predictor == Predictor::Regressor),
            positive_weight,
            balance_classes: given.flag("balance_multiclass_weights")?,
            f_beta,
            accuracy_top_k: given.number("accuracy_top_k", 3, "[1, inf)", |it| it >= 1)?,
        };
        given.check_fixed(FIXED)?;
        given.check_empty(&[OF_THE_TOOLKIT, IGNORED])?;
        if parsed.normalize_label && predictor != Predictor::Regressor {
            let why = "is for predictor_type regressor only";
            return Err(bad("normalize_label", "true", why));
        }
        Ok(parsed)
    }
}

fn predictor(given: &mut Given) -> Result<Predictor> {
    given.require("predictor_type")?;
    let kind = given.text("predictor_type").unwrap_or_default();
    let range = "[3, 1000000]";
    let classes = given.number("num_classes", 0, range, |it: usize| it <= 1_000_000)?;
    match kind.as_str() {
        "binary_classifier" => Ok(Predictor::Binary),
        "regressor" => Ok(Predictor::Regressor),
        "multiclass_classifier" if classes >= 3 => Ok(Predictor::Multiclass(classes)),
        "multiclass_classifier" if classes == 0 => Err(Error::client(
            "Missing hyperparameter: num_classes, which multiclass_classifier needs",
        )),
        "multiclass_classifier" => {
            Err(bad("num_classes", &classes.to_string(), &format!("is not in range {range}")))
        }
        _ => {
            let range = "{binary_classifier, multiclass_classifier, regressor}";
            Err(bad("predictor_type", &kind, &format!("is not in range {range}")))
        }
    }
}

/// The one loss that each kind of predictor has here.
fn check_loss(given: &mut Given, predictor: Predictor) -> Result<()> {
    let own = match predictor {
        Predictor::Binary => "logistic",
        Predictor::Multiclass(_) => "softmax_loss",
        Predictor::Regressor => "squared_loss",
    };
    match given.text("loss") {
        Some(text) if text != "auto" && text != own => Err(bad(
            "loss",
            &text,
            &format!(
                "is not supported by the built-in algorithm with this predictor_type: use {own}"
            ),
        )),
        _ => Ok(()),
    }
}

fn selection(given: &mut Given, f_beta: f64) -> Result<Selection> {
    let share = |value: f64| value > 0.0 && value <= 1.0;
    let recall = given.number("target_recall", 0.8, "(0, 1]", share)?;
    let precision = given.number("target_precision", 0.8, "(0, 1]", share)?;
    let name = "binary_classifier_model_selection_criteria";
    match given.text(name).as_deref() {
        None | Some("accuracy") => Ok(Selection::Accuracy),
        Some("f1") => Ok(Selection::FBeta(1.0)),
        Some("f_beta") => Ok(Selection::FBeta(f_beta)),
        Some("precision_at_target_recall") => Ok(Selection::PrecisionAtRecall(recall)),
        Some("recall_at_target_precision") => Ok(Selection::RecallAtPrecision(precision)),
        Some("loss_function" | "cross_entropy_loss") => Ok(Selection::Loss),
        Some(text) => Err(bad(
            name,
            text,
            "is not in range {accuracy, f_beta, f1, precision_at_target_recall, \
             recall_at_target_precision, loss_function}",
        )),
    }
}

fn automatic_flag(given: &mut Given, name: &str) -> Result<Option<bool>> {
    match given.text(name).as_deref() {
        None | Some("auto") => Ok(None),
        Some("1" | "true" | "True") => Ok(Some(true)),
        Some("0" | "false" | "False") => Ok(Some(false)),
        Some(text) => Err(bad(name, text, "is none of auto, true and false")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(given: &[(&str, &str)]) -> std::result::Result<Hyperparameters, String> {
        let given = given.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
        Hyperparameters::parse(&given).map_err(|error| error.to_string())
    }

    #[test]
    fn what_is_given_is_checked() {
        let parsed = parse(&[
            ("predictor_type", "\"binary_classifier\""),
            ("wd", "auto"),
            ("l1", "0.01"),
            ("mini_batch_size", "100"),
            ("positive_example_weight_mult", "balanced"),
            ("binary_classifier_model_selection_criteria", "f_beta"),
            ("f_beta", "2"),
        ])
        .unwrap();
        assert_eq!((parsed.wd, parsed.l1, parsed.positive_weight), (None, 0.01, None));
        assert_eq!(parsed.selection, Selection::FBeta(2.0));
        let cases: &[(&[(&str, &str)], &str)] = &[
            (&[], "Missing hyperparameter: predictor_type"),
            (
                &[("predictor_type", "tree")],
                "predictor_type: value \"tree\" is not in range {binary",
            ),
            (&[("predictor_type", "multiclass_classifier")], "Missing hyperparameter: num_classes"),
            (
                &[("predictor_type", "multiclass_classifier"), ("num_classes", "2")],
                "num_classes: value \"2\" is not in range [3, 1000000]",
            ),
            (
                &[("predictor_type", "regressor"), ("loss", "hinge_loss")],
                "loss: value \"hinge_loss\" is not supported",
            ),
            (&[("predictor_type", "regressor"), ("wd", "-1")], "wd: value \"-1\" is not in range"),
            (
                &[("predictor_type", "regressor"), ("depth", "1")],
                "Extraneous hyperparameter found: depth",
            ),
            (
                &[("predictor_type", "binary_classifier"), ("normalize_label", "true")],
                "for predictor_type regressor only",
            ),
            (
                &[("predictor_type", "regressor"), ("unbias_label", "false")],
                "unbias_label: value \"false\" is not supported",
            ),
        ];
        for (given, wanted) in cases {
            let error = parse(given).unwrap_err();
            assert!(error.starts_with("ClientError: ") && error.contains(wanted), "{error}");
        }
    }
}
