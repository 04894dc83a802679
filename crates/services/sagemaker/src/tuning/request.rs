//! From a tuning job's request to those of its training jobs.

use super::records::{TUNING, Trial, Tuning};
use super::{search, space};
use crate::error::Error;
use crate::records::{Status, key};
use serde_json::{Map, Value, json};
use service::Ctx;

/// Members of a definition that its training jobs have as they are.
const TAKEN: [&str; 10] = [
    "RoleArn",
    "InputDataConfig",
    "VpcConfig",
    "OutputDataConfig",
    "StoppingCondition",
    "EnableNetworkIsolation",
    "EnableInterContainerTrafficEncryption",
    "EnableManagedSpotTraining",
    "CheckpointConfig",
    "RetryStrategy",
];

/// The ranges that are searched, of the tuning job or of its definition.
pub(crate) fn ranges(request: &Map<String, Value>) -> &Value {
    let config = request.get("HyperParameterTuningJobConfig").unwrap_or(&Value::Null);
    let definition = request.get("TrainingJobDefinition").unwrap_or(&Value::Null);
    match config.get("ParameterRanges") {
        Some(ranges) => ranges,
        None => definition.get("HyperParameterRanges").unwrap_or(&Value::Null),
    }
}

/// Refuses what cannot be tuned, and what refit does not have.
pub(crate) fn check(request: &Map<String, Value>) -> Result<(), Error> {
    let unsupported = |text: &str| Err(Error::Unsupported(text.to_owned()));
    let invalid = |text: &str| Err(Error::Validation(text.to_owned()));
    let config = request.get("HyperParameterTuningJobConfig").unwrap_or(&Value::Null);
    let Some(definition) = request.get("TrainingJobDefinition") else {
        return unsupported("refit tunes one TrainingJobDefinition at a time.");
    };
    if request.contains_key("TrainingJobDefinitions") {
        return unsupported("refit tunes one TrainingJobDefinition at a time.");
    }
    if request.get("Autotune").is_some_and(|autotune| autotune["Mode"] == "Enabled") {
        return unsupported("refit does not have Autotune.");
    }
    let strategy = config.get("Strategy").and_then(Value::as_str).unwrap_or_default();
    if strategy == "Hyperband" {
        return unsupported(
            "refit does not have the strategy Hyperband: use Bayesian, Random or Grid.",
        );
    }
    let criteria = &config["TuningJobCompletionCriteria"];
    if criteria["ConvergenceDetected"]["CompleteOnConvergence"] == "Enabled" {
        return unsupported("refit does not detect convergence: use BestObjectiveNotImproving.");
    }
    let own = &config["HyperParameterTuningJobObjective"];
    let objective = if own.is_object() { own } else { &definition["TuningObjective"] };
    if objective["MetricName"].as_str().is_none() {
        return invalid("A tuning job needs a HyperParameterTuningJobObjective.");
    }
    let parameters = space::parse(ranges(request)).map_err(Error::Validation)?;
    let given = config["ResourceLimits"]["MaxNumberOfTrainingJobs"].as_u64();
    match (strategy, search::grid_size(&parameters)) {
        // AWS: grid search takes categorical parameters only, and tries every combination.
        ("Grid", None) => invalid("Grid strategy only supports categorical hyperparameters."),
        ("Grid", Some(size)) if given.is_some_and(|given| given != size) => {
            invalid(&format!("MaxNumberOfTrainingJobs must be {size}, the number of combinations."))
        }
        ("Grid", Some(size)) if size > 10_000 => {
            invalid(&format!("{size} combinations are more than refit tries."))
        }
        ("Grid", _) => Ok(()),
        _ if given.is_none() => invalid("ResourceLimits needs MaxNumberOfTrainingJobs."),
        _ => Ok(()),
    }?;
    let fixed = definition.get("StaticHyperParameters").and_then(Value::as_object);
    if let Some(twice) =
        parameters.iter().find(|it| fixed.is_some_and(|fixed| fixed.contains_key(&it.name)))
    {
        return invalid(&format!("The hyperparameter {} is both static and tuned.", twice.name));
    }
    Ok(())
}

/// What earlier tuning jobs found, as far as it lies in this one's space.
// AWS: automatic-model-tuning-warm-start.
pub(crate) async fn parents(
    ctx: &Ctx,
    request: &Map<String, Value>,
) -> Result<Vec<(Vec<f64>, f64)>, Error> {
    let Some(warm) = request.get("WarmStartConfig") else { return Ok(Vec::new()) };
    let parameters = space::parse(ranges(request)).map_err(Error::Validation)?;
    let mut found = Vec::new();
    let names = warm.get("ParentHyperParameterTuningJobs").and_then(Value::as_array);
    for parent in names.into_iter().flatten() {
        let name = parent.get("HyperParameterTuningJobName").and_then(Value::as_str);
        let name = name.unwrap_or_default();
        let parent = ctx.records::<Tuning>(TUNING).get(&key(&ctx.region, name)).await?;
        let parent = parent.map(|parent| parent.value).filter(|it| it.status.is_terminal());
        let Some(parent) = parent else {
            return Err(Error::Validation(format!(
                "The parent tuning job {name} is not there or has not ended."
            )));
        };
        for trial in parent.trials.iter().filter(|trial| trial.status == Status::Completed) {
            let place = |it: &space::Parameter| it.unit(trial.values.get(&it.name)?.as_str()?);
            let point: Option<Vec<f64>> = parameters.iter().map(place).collect();
            if let Some((point, objective)) = point.zip(trial.objective) {
                found.push((point, parent.loss(objective)));
            }
        }
    }
    Ok(found)
}

/// The request of a trial's training job.
pub(super) fn training(tuning: &Tuning, trial: &Trial) -> Value {
    let definition = tuning.definition();
    let mut request = Map::new();
    request.insert("TrainingJobName".to_owned(), json!(trial.job));
    for member in TAKEN {
        if let Some(value) = definition.get(member) {
            request.insert(member.to_owned(), value.clone());
        }
    }
    if let Some(value) = definition.get("Environment") {
        request.insert("Environment".to_owned(), value.clone());
    }
    let algorithm = definition.get("AlgorithmSpecification").cloned().unwrap_or_default();
    request.insert("AlgorithmSpecification".to_owned(), algorithm);
    request.insert("ResourceConfig".to_owned(), resources(definition));
    let fixed = definition.get("StaticHyperParameters").and_then(Value::as_object);
    let mut parameters = fixed.cloned().unwrap_or_default();
    parameters.extend(trial.values.clone());
    // AWS: training jobs of a tuning job are told the objective.
    parameters.insert("_tuning_objective_metric".to_owned(), json!(tuning.objective().0));
    request.insert("HyperParameters".to_owned(), Value::Object(parameters));
    Value::Object(request)
}

/// The instances: those of `HyperParameterTuningResourceConfig` when it is there, its first choice.
fn resources(definition: &Value) -> Value {
    let Some(own) = definition.get("HyperParameterTuningResourceConfig") else {
        return definition.get("ResourceConfig").cloned().unwrap_or_default();
    };
    let first = own["InstanceConfigs"].get(0).unwrap_or(own);
    let mut resources = Map::new();
    for member in ["InstanceType", "InstanceCount", "VolumeSizeInGB"] {
        if let Some(value) = first.get(member) {
            resources.insert(member.to_owned(), value.clone());
        }
    }
    resources.entry("VolumeSizeInGB").or_insert(json!(1));
    Value::Object(resources)
}
