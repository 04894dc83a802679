//! What the runner is asked to run.

use crate::Sagemaker;
use crate::images::{Engine, engine};
use crate::job::Failure;
use crate::jobs;
use crate::records::{Job, JobKind};
use runner::resources::{Grant, Resources};
use runner::{JobSpec, Limits};
use serde_json::Value;
use service::{Ctx, Principal};

/// Seconds that credentials outlive a job's time limit, for stopping and uploading.
const CREDENTIAL_SLACK_SECONDS: i64 = 900;

/// The image of a training job, or of the model that a transform job uses.
fn image_of(job: &Job) -> Result<&str, Failure> {
    let image = match job.kind {
        JobKind::Training => {
            let algorithm = &job.request["AlgorithmSpecification"];
            algorithm.get("TrainingImage").or_else(|| algorithm.get("AlgorithmName"))
        }
        JobKind::Transform => container(job).get("Image"),
    };
    image.and_then(Value::as_str).ok_or_else(|| {
        Failure::client(match job.kind {
            JobKind::Training => "the job names neither image nor algorithm",
            JobKind::Transform => "the model's container names no image",
        })
    })
}

/// The one container of a transform job's model.
pub(crate) fn container(job: &Job) -> &Value {
    let model = job.model.as_ref();
    model
        .and_then(|model| model.get("PrimaryContainer").or_else(|| model.get("Containers")?.get(0)))
        .unwrap_or(&Value::Null)
}

/// What runs the job.
pub(crate) fn engine_of(job: &Job) -> Result<Engine, Failure> {
    engine(image_of(job)?).map_err(Failure::client)
}

/// The role that the job acts with.
pub(crate) fn role_of(job: &Job) -> Result<String, Failure> {
    let role = match job.kind {
        JobKind::Training => job.request.get("RoleArn"),
        JobKind::Transform => job.model.as_ref().and_then(|model| model.get("ExecutionRoleArn")),
    };
    role.and_then(Value::as_str)
        .map(str::to_owned)
        .ok_or_else(|| Failure::client("the job has no role"))
}

/// What the job asks for: its instance type's processors, memory and GPUs.
pub(crate) fn wanted(job: &Job) -> Resources {
    let member = match job.kind {
        JobKind::Training => "ResourceConfig",
        JobKind::Transform => "TransformResources",
    };
    let instance = job.request.get(member).and_then(|r| r.get("InstanceType")?.as_str());
    // A type that is not known asks for little; it is refused by nobody.
    let small = Resources { vcpus: 1, memory_mib: 1024, gpus: 0 };
    instance.and_then(runner::resources::instance_type).unwrap_or(small)
}

/// The runner's specification of the job.
pub(crate) async fn spec(
    service: &Sagemaker,
    ctx: &Ctx,
    principal: &Principal,
    job: &Job,
    grant: &Grant,
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
    let mut spec = JobSpec::new(job.run_id.as_str(), argv);
    spec.mount_opt_ml = true;
    spec.hostname = Some("algo-1".to_owned());
    let seconds =
        job.request.get("StoppingCondition").and_then(|s| s["MaxRuntimeInSeconds"].as_u64());
    let seconds = seconds.unwrap_or(jobs::DEFAULT_RUNTIME_SECONDS);
    spec.limits = Limits { max_runtime_seconds: Some(seconds), ..Limits::default() };
    let credentials = ctx
        .kit
        .authoriser()
        .credentials(principal, seconds as i64 + CREDENTIAL_SLACK_SECONDS)
        .await
        .map_err(|error| Failure::refused("the job gets no credentials", &error))?;
    spec.env.extend(credentials);
    spec.env.extend([
        ("AWS_ENDPOINT_URL".to_owned(), service.endpoint.clone()),
        ("AWS_REGION".to_owned(), job.region.clone()),
        ("AWS_DEFAULT_REGION".to_owned(), job.region.clone()),
        ("CURRENT_HOST".to_owned(), "algo-1".to_owned()),
    ]);
    if job.kind == JobKind::Training {
        spec.env.insert("TRAINING_JOB_NAME".to_owned(), job.name.clone());
        spec.env.insert("TRAINING_JOB_ARN".to_owned(), job.arn.clone());
    }
    // A job sees the GPUs that are its own, and no other.
    let gpus: Vec<String> = grant.gpu_indices.iter().map(ToString::to_string).collect();
    spec.env.insert("CUDA_VISIBLE_DEVICES".to_owned(), gpus.join(","));
    for (name, value) in
        job.request.get("Environment").and_then(Value::as_object).into_iter().flatten()
    {
        spec.env.insert(name.clone(), value.as_str().unwrap_or_default().to_owned());
    }
    Ok(spec)
}
