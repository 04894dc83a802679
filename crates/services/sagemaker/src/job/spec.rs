//! What the runner is asked to run.

use crate::Sagemaker;
use crate::images::{Engine, engine};
use crate::job::Failure;
use crate::records::{Job, JobKind, MODEL, Model, key};
use runner::{JobSpec, Limits};
use serde_json::Value;
use service::{Ctx, Principal};

/// Seconds that credentials outlive a job's time limit, for stopping and uploading.
const CREDENTIAL_SLACK_SECONDS: i64 = 900;
/// The time limit where none is given.
// AWS: StoppingCondition: MaxRuntimeInSeconds is one day by default.
const DEFAULT_RUNTIME_SECONDS: u64 = 86_400;

/// The image of a training job, or of the model that a transform job uses.
async fn image_of(ctx: &Ctx, job: &Job) -> Result<String, Failure> {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    match job.kind {
        JobKind::Training => {
            let algorithm = &job.request["AlgorithmSpecification"];
            text(&algorithm["TrainingImage"])
                .or_else(|| text(&algorithm["AlgorithmName"]))
                .ok_or_else(|| Failure::client("the job names neither image nor algorithm"))
        }
        JobKind::Transform => {
            let model = model_of(ctx, job).await?;
            text(&container(&model)["Image"])
                .ok_or_else(|| Failure::client("the model's container names no image"))
        }
    }
}

/// The model of a transform job.
pub(crate) async fn model_of(ctx: &Ctx, job: &Job) -> Result<Model, Failure> {
    let name = job.request.get("ModelName").and_then(Value::as_str).unwrap_or_default();
    let found = ctx.records::<Model>(MODEL).get(&key(&job.region, name)).await;
    let found = found.map_err(|error| Failure::internal(error.message))?;
    found.map(|found| found.value).ok_or_else(|| Failure::client(format!("model {name} is gone")))
}

/// The one container of a model.
pub(crate) fn container(model: &Model) -> &Value {
    model
        .request
        .get("PrimaryContainer")
        .or_else(|| model.request.get("Containers")?.get(0))
        .unwrap_or(&Value::Null)
}

/// What runs the job.
pub(crate) async fn engine_of(ctx: &Ctx, job: &Job) -> Result<Engine, Failure> {
    engine(&image_of(ctx, job).await?).map_err(Failure::client)
}

/// The role that the job acts with.
pub(crate) async fn role_of(ctx: &Ctx, job: &Job) -> Result<String, Failure> {
    let role = match job.kind {
        JobKind::Training => job.request.get("RoleArn").cloned(),
        JobKind::Transform => model_of(ctx, job).await?.request.get("ExecutionRoleArn").cloned(),
    };
    role.as_ref()
        .and_then(Value::as_str)
        .map(str::to_owned)
        .ok_or_else(|| Failure::client("the job has no role"))
}

/// How many processors the job takes: its instance type's, and never more than there are.
pub(crate) fn processors_of(service: &Sagemaker, job: &Job) -> u32 {
    let resources = match job.kind {
        JobKind::Training => &job.request["ResourceConfig"],
        JobKind::Transform => &job.request["TransformResources"],
    };
    let instance = resources["InstanceType"].as_str().unwrap_or_default();
    let wanted = runner::resources::instance_type(instance).map_or(1, |known| known.vcpus);
    wanted.clamp(1, service.processor_count)
}

/// The runner's specification of the job.
pub(crate) async fn spec(
    service: &Sagemaker,
    ctx: &Ctx,
    principal: &Principal,
    job: &Job,
    id: &str,
    engine: Engine,
) -> Result<JobSpec, Failure> {
    let Engine::BuiltIn(algorithm) = engine;
    let action = match job.kind {
        JobKind::Training => "train",
        JobKind::Transform => "transform",
    };
    let argv = service
        .algorithm_argv
        .iter()
        .map(|argument| argument.to_string_lossy().into_owned())
        .chain([algorithm.to_owned(), action.to_owned()]);
    let mut spec = JobSpec::new(id, argv);
    spec.mount_opt_ml = true;
    spec.hostname = Some("algo-1".to_owned());
    let seconds =
        job.request.get("StoppingCondition").and_then(|s| s["MaxRuntimeInSeconds"].as_u64());
    let seconds = seconds.unwrap_or(DEFAULT_RUNTIME_SECONDS);
    spec.limits = Limits { max_runtime_seconds: Some(seconds), ..Limits::default() };
    let credentials = ctx
        .kit
        .authoriser()
        .credentials(principal, seconds as i64 + CREDENTIAL_SLACK_SECONDS)
        .await
        .map_err(|error| Failure::internal(error.message))?;
    spec.env.extend(credentials);
    spec.env.extend([
        ("AWS_ENDPOINT_URL".to_owned(), service.endpoint.clone()),
        ("AWS_REGION".to_owned(), job.region.clone()),
        ("AWS_DEFAULT_REGION".to_owned(), job.region.clone()),
        ("TRAINING_JOB_NAME".to_owned(), job.name.clone()),
        ("TRAINING_JOB_ARN".to_owned(), job.arn.clone()),
        ("CURRENT_HOST".to_owned(), "algo-1".to_owned()),
    ]);
    for (name, value) in
        job.request.get("Environment").and_then(Value::as_object).into_iter().flatten()
    {
        spec.env.insert(name.clone(), value.as_str().unwrap_or_default().to_owned());
    }
    Ok(spec)
}
