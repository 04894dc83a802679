//! What the runner is asked to run.

mod xgboost;

use crate::Sagemaker;
use crate::images::{self, Asked, Way};
use crate::job::Failure;
use crate::job::hosts::{self, Host};
use crate::job::script::{self, Program};
use crate::jobs;
use crate::records::{Job, JobKind};
use crate::serving;
use runner::resources::{Grant, Resources};
use runner::{Hidden, JobFolder, JobSpec, Limits};
use serde_json::Value;
use service::{Ctx, Principal};

/// Seconds that credentials outlive a job's time limit, for stopping and uploading.
const CREDENTIAL_SLACK_SECONDS: i64 = 900;

/// The image of a training job, or of the model that a transform job uses.
pub(crate) fn image_of(job: &Job) -> Result<&str, Failure> {
    let image = match job.kind {
        JobKind::Training => {
            let algorithm = &job.request["AlgorithmSpecification"];
            // What an algorithm of the account's own stood for when the job was made.
            let own = job.model.as_ref().and_then(|own| own.get("TrainingImage"));
            own.or_else(|| algorithm.get("TrainingImage"))
                .or_else(|| algorithm.get("AlgorithmName"))
        }
        JobKind::Transform => container(job).get("Image"),
        JobKind::Processing => job.request["AppSpecification"].get("ImageUri"),
    };
    image.and_then(Value::as_str).ok_or_else(|| {
        Failure::client(match job.kind {
            JobKind::Training => "the job names neither image nor algorithm",
            JobKind::Transform => "the model's container names no image",
            JobKind::Processing => "the job names no image",
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

/// The role that the job acts with.
pub(crate) fn role_of(job: &Job) -> Result<String, Failure> {
    let role = match job.kind {
        JobKind::Training | JobKind::Processing => job.request.get("RoleArn"),
        JobKind::Transform => job.model.as_ref().and_then(|model| model.get("ExecutionRoleArn")),
    };
    role.and_then(Value::as_str)
        .map(str::to_owned)
        .ok_or_else(|| Failure::client("the job has no role"))
}

/// What the job asks for: the processors, memory and GPUs of its instance types.
pub(crate) fn wanted(service: &Sagemaker, job: &Job) -> Resources {
    let known = |name: &str| service.instance_types.find(name).unwrap_or(SMALL);
    hosts::hosts(job).iter().map(|host| known(&host.instance_type)).fold(Resources::default(), plus)
}

/// A type that is not known asks for little; it is refused by nobody.
const SMALL: Resources = Resources { vcpus: 1, memory_mib: 1024, gpus: 0 };

fn plus(one: Resources, other: Resources) -> Resources {
    Resources {
        vcpus: one.vcpus.saturating_add(other.vcpus),
        memory_mib: one.memory_mib.saturating_add(other.memory_mib),
        gpus: one.gpus.saturating_add(other.gpus),
    }
}

/// The time limit of a job, seconds; what earlier attempts took is taken off.
fn limit_seconds(job: &Job, now_ms: i64) -> u64 {
    let asked =
        job.request.get("StoppingCondition").and_then(|s| s["MaxRuntimeInSeconds"].as_u64());
    let asked = asked.unwrap_or(jobs::DEFAULT_RUNTIME_SECONDS);
    let began = job.started_ms.filter(|_| job.attempt > 0).unwrap_or(now_ms);
    asked.saturating_sub((now_ms - began).max(0) as u64 / 1000).max(1)
}

/// What no job is to see: the server's records, everybody's objects, other jobs and their environments.
pub(crate) fn hidden(service: &Sagemaker) -> Hidden {
    Hidden { folder: service.home.clone(), shown: Vec::new() }
}

/// Gives a specification what every job has: limits, credentials, where AWS's APIs are.
pub(crate) async fn common(
    service: &Sagemaker,
    ctx: &Ctx,
    principal: &Principal,
    job: &Job,
    spec: &mut JobSpec,
) -> Result<(), Failure> {
    spec.mount_opt_ml = true;
    spec.hidden = Some(hidden(service));
    let seconds = limit_seconds(job, ctx.kit.clock.now_ms());
    spec.limits = Limits { max_runtime_seconds: Some(seconds), ..Limits::default() };
    give_credentials(ctx, principal, job, spec).await?;
    spec.env.extend([
        ("AWS_ENDPOINT_URL".to_owned(), service.endpoint.clone()),
        ("AWS_REGION".to_owned(), job.region.clone()),
        ("AWS_DEFAULT_REGION".to_owned(), job.region.clone()),
    ]);
    Ok(())
}

/// Gives a specification the role's credentials, for all the time that the job may take from now on.
pub(crate) async fn give_credentials(
    ctx: &Ctx,
    principal: &Principal,
    job: &Job,
    spec: &mut JobSpec,
) -> Result<(), Failure> {
    let seconds = limit_seconds(job, ctx.kit.clock.now_ms()) as i64 + CREDENTIAL_SLACK_SECONDS;
    let credentials = ctx.kit.authoriser().credentials(principal, seconds).await;
    let refused = |error| Failure::refused("the job gets no credentials", &error);
    spec.env.extend(credentials.map_err(refused)?);
    Ok(())
}

/// Adds what the request says of the environment, which comes last.
fn own_variables(job: &Job, spec: &mut JobSpec) {
    for (name, value) in
        job.request.get("Environment").and_then(Value::as_object).into_iter().flatten()
    {
        spec.env.insert(name.clone(), value.as_str().unwrap_or_default().to_owned());
    }
}

/// The program and first arguments of a built-in algorithm.
fn built_in(service: &Sagemaker, algorithm: &str, action: &str) -> Vec<String> {
    let argv = service.algorithm_argv.iter().map(|it| it.to_string_lossy().into_owned());
    argv.chain([algorithm.to_owned(), action.to_owned()]).collect()
}

/// The runner's specification of a transform job.
pub(crate) async fn transform(
    service: &Sagemaker,
    ctx: &Ctx,
    principal: &Principal,
    job: &Job,
    host: &Host,
    folder: &JobFolder,
) -> Result<JobSpec, Failure> {
    let mut spec = JobSpec::new(host.run_id.as_str(), Vec::<String>::new());
    common(service, ctx, principal, job, &mut spec).await?;
    spec.hostname = Some(host.name.clone());
    let port = serving::free_port().map_err(Failure::internal)?;
    let container = container(job);
    serving::server(service, principal, container, folder, port, &mut spec).await?;
    let own = service.algorithm_argv.iter().map(|it| it.to_string_lossy().into_owned());
    if let Some(container) = &mut spec.container {
        container.beside = own.chain(["batch".to_owned()]).collect();
        spec.env.extend(super::transform::variables(job));
        own_variables(job, &mut spec);
        return Ok(spec);
    }
    let kind = job.request["TransformInput"].get("ContentType").and_then(Value::as_str);
    let is_built_in = own.clone().eq(spec.argv.iter().take(own.len()).cloned());
    let is_xgboost = spec.argv.get(own.len()).is_some_and(|name| name == "xgboost");
    if is_built_in && is_xgboost && kind.is_none_or(|kind| kind.starts_with("text/csv")) {
        // Rows of numbers need no server.
        spec.argv.pop();
        spec.argv.push("transform".to_owned());
    } else {
        let server = std::mem::take(&mut spec.argv);
        spec.argv = own.chain(["batch".to_owned()]).chain(server).collect();
    }
    own_variables(job, &mut spec);
    Ok(spec)
}

/// The runner's specification of a host of a training job, as far as it does not depend on what the job is granted.
pub(crate) async fn training(
    service: &Sagemaker,
    ctx: &Ctx,
    principal: &Principal,
    job: &Job,
    host: &Host,
    folder: &JobFolder,
) -> Result<JobSpec, Failure> {
    let mut spec = JobSpec::new(host.run_id.as_str(), Vec::<String>::new());
    common(service, ctx, principal, job, &mut spec).await?;
    spec.isolate_network = job.request.get("EnableNetworkIsolation") == Some(&Value::Bool(true));
    let asked = Asked { has_program: script::has_program(&job.request) };
    let program = match service.images.way(image_of(job)?, asked).map_err(Failure::client)? {
        Way::BuiltIn(algorithm) => {
            match xgboost::packages(service, job, image_of(job)?, &algorithm)? {
                Some(packages) => xgboost::prepare(service, folder, packages).await?,
                None => {
                    Program { argv: built_in(service, &algorithm, "train"), ..Program::default() }
                }
            }
        }
        Way::Python(packages) => {
            script::prepare(service, principal, job, host, folder, packages).await?
        }
        Way::Folder(image) => script::prepare_folder(service, job, folder, &image).await?,
        Way::Container(image) => {
            spec.container =
                Some(container_of(image, script::words(job, "ContainerEntrypoint")).await?);
            let arguments = script::words(job, "ContainerArguments");
            // AWS: AlgorithmSpecification: an entrypoint of one's own replaces `train`.
            let has_own =
                arguments.is_some() || script::words(job, "ContainerEntrypoint").is_some();
            let argv =
                if has_own { arguments.unwrap_or_default() } else { vec!["train".to_owned()] };
            Program { argv, ..Program::default() }
        }
    };
    program.put_into(&mut spec);
    for (name, value) in [
        ("CURRENT_HOST", &host.name),
        ("TRAINING_JOB_NAME", &job.name),
        ("TRAINING_JOB_ARN", &job.arn),
        ("SAGEMAKER_JOB_NAME", &job.name),
        ("SAGEMAKER_REGION", &job.region),
    ] {
        spec.env.insert(name.to_owned(), value.clone());
    }
    spec.hostname = Some(host.name.clone());
    Ok(spec)
}

/// The container of an image, on the engine that is there.
pub(crate) async fn container_of(
    image: images::Container,
    entrypoint: Option<Vec<String>>,
) -> Result<runner::Container, Failure> {
    let hint = "refit runs images in Docker or Podman; without them use an image of a framework (script mode), \
                a folder (file:///PATH), or a row in images.json";
    let Some(engine) = runner::container::find_engine() else {
        return Err(Failure::client(format!(
            "the image {} needs a container engine, and none was found; {hint}",
            image.image
        )));
    };
    runner::container::check(&engine).await.map_err(|why| {
        Failure::client(format!("the container engine at {engine} cannot be used: {why}; {hint}"))
    })?;
    Ok(runner::Container {
        image: image.image,
        engine,
        entrypoint,
        beside: Vec::new(),
        pull: image.pull,
        // The server listens on the loopback address, which a network of the container's own would not have.
        network: std::env::var("REFIT_CONTAINER_NETWORK").unwrap_or_else(|_| "host".to_owned()),
        cpu_thousandths: None,
        gpus: Vec::new(),
        shm_bytes: None,
    })
}

/// Adds to a host's specification what will most likely stand in it when the job is granted its place, so that much can
/// be made ready before.
pub(crate) fn foresee(
    service: &Sagemaker,
    job: &Job,
    host: &Host,
    all: &[Host],
    spec: &mut JobSpec,
) {
    if let Some(known) = service.instance_types.find(&host.instance_type) {
        limit(spec, known);
    }
    if job.kind != JobKind::Transform {
        spec.hosts = hosts::addresses(job, all);
    }
}

fn limit(spec: &mut JobSpec, part: Resources) {
    spec.limits.memory_bytes = Some(part.memory_mib.saturating_mul(1024 * 1024));
    spec.limits.vcpus = Some(part.vcpus);
}

/// Adds to a host's specification what depends on what the job was granted: its GPUs, its limits, and the variables that
/// tell of them.
pub(crate) fn complete(
    service: &Sagemaker,
    job: &Job,
    host: &Host,
    all: &[Host],
    grant: &Grant,
    spec: &mut JobSpec,
) {
    let (part, gpus) = host.part(grant, all.len());
    // A job sees the GPUs that are its own, and no other.
    let names: Vec<String> = gpus.iter().map(ToString::to_string).collect();
    spec.env.insert("CUDA_VISIBLE_DEVICES".to_owned(), names.join(","));
    if service.instance_types.find(&host.instance_type).is_some() {
        limit(spec, part);
    }
    if let Some(container) = &mut spec.container {
        container.gpus = gpus;
        container.cpu_thousandths = Some(u64::from(part.vcpus) * 1000);
        container.shm_bytes = Some(part.memory_mib.saturating_mul(1024 * 1024) / 2);
        // The engine counts GPUs for the container.
        spec.env.remove("CUDA_VISIBLE_DEVICES");
    } else if job.kind == JobKind::Training {
        let facts = script::Facts {
            hyperparameters: job.request.get("HyperParameters").unwrap_or(&Value::Null),
            channels: &super::config::channels(job),
            resources: &hosts::resource_config(all, host),
            host,
            job: &job.name,
            cpus: part.vcpus,
            gpus: part.gpus,
        };
        spec.env.extend(script::variables(&facts));
    }
    own_variables(job, spec);
}
