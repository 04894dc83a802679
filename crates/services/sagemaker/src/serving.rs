//! A model's containers as processes that answer requests.

pub(crate) mod http;

use crate::Sagemaker;
use crate::error::Error;
use crate::images::{Engine, engine};
use crate::job::input::{fetch_to, inside, objects};
use crate::job::transform::{LARGEST_MODEL_BYTES, unpack};
use crate::job::{Failure, runner_error};
use crate::jobs::{self, split_uri};
use crate::packages;
use runner::{JobFolder, JobSpec, Limits};
use serde_json::{Map, Value};
use service::{AwsError, Ctx, Principal};

/// Seconds that a serving process has to end.
// AWS: your-algorithms-inference-code: SIGTERM, then SIGKILL after 30 seconds.
const STOP_GRACE_SECONDS: u64 = 30;
/// Seconds that the credentials of a serving process are valid: nobody renews them while it runs.
const CREDENTIAL_SECONDS: i64 = 365 * 24 * 3600;

/// A model's containers in order, those of model packages looked up.
pub(crate) async fn containers(ctx: &Ctx, model: &Map<String, Value>) -> Result<Vec<Value>, Error> {
    let one = model.get("PrimaryContainer").into_iter();
    let many = model.get("Containers").and_then(Value::as_array).into_iter().flatten();
    let mut all = Vec::new();
    for container in one.chain(many) {
        let Some(package) = container.get("ModelPackageName") else {
            all.push(container.clone());
            continue;
        };
        let package = packages::find(ctx, Some(package)).await?.value;
        let given = package.request.get("InferenceSpecification");
        let given = given.and_then(|given| given.get("Containers")).and_then(Value::as_array);
        for own in given.into_iter().flatten() {
            let mut own = own.clone();
            if let (Some(Value::Object(into)), Some(Value::Object(more))) =
                (own.get_mut("Environment"), container.get("Environment"))
            {
                into.extend(more.clone());
            } else if let Some(more) = container.get("Environment") {
                own["Environment"] = more.clone();
            }
            all.push(own);
        }
    }
    if all.is_empty() {
        return Err(Error::Validation("The model has no container.".to_owned()));
    }
    Ok(all)
}

/// What a serving process is told besides its container.
pub(crate) struct Serving<'a> {
    /// Its id with the runner.
    pub(crate) run_id: &'a str,
    /// Where it listens, on the loopback address.
    pub(crate) port: u16,
    /// The model's role.
    pub(crate) role: &'a str,
    /// On whose behalf the role is taken.
    pub(crate) arn: &'a str,
}

/// Brings the container's model into the folder of the process; answers what is to be started.
pub(crate) async fn prepare(
    service: &Sagemaker,
    ctx: &Ctx,
    container: &Value,
    serving: &Serving<'_>,
) -> Result<JobSpec, Failure> {
    let caller = ctx.kit.caller();
    let role = serving.role;
    let principal = caller
        .assume_for(role, jobs::PRINCIPAL, "SageMaker", serving.arn)
        .await
        .map_err(|error| Failure::refused(&format!("cannot assume the role {role}"), &error))?;
    let folder = service.runner.prepare(serving.run_id).await.map_err(Failure::internal)?;
    fetch_model(service, &principal, container, &folder).await?;
    let image = container.get("Image").and_then(Value::as_str).unwrap_or_default();
    let engine = engine(image).map_err(Failure::client)?;
    let mut spec = JobSpec::new(serving.run_id, argv(service, engine));
    spec.mount_opt_ml = true;
    spec.limits = Limits { stop_grace_seconds: STOP_GRACE_SECONDS, ..Limits::default() };
    let credentials = ctx.kit.authoriser().credentials(&principal, CREDENTIAL_SECONDS).await;
    let credentials = credentials
        .map_err(|error| Failure::refused("the container gets no credentials", &error))?;
    spec.env.extend(credentials);
    let port = serving.port.to_string();
    for (name, value) in [
        ("AWS_ENDPOINT_URL", service.endpoint.as_str()),
        ("AWS_REGION", ctx.region.as_str()),
        ("AWS_DEFAULT_REGION", ctx.region.as_str()),
        // AWS: containers that accept another port than 8080 are told so.
        ("SAGEMAKER_BIND_TO_PORT", port.as_str()),
    ] {
        spec.env.insert(name.to_owned(), value.to_owned());
    }
    let given = container.get("Environment").and_then(Value::as_object);
    for (name, value) in given.into_iter().flatten() {
        spec.env.insert(name.clone(), value.as_str().unwrap_or_default().to_owned());
    }
    Ok(spec)
}

fn argv(service: &Sagemaker, engine: Engine) -> Vec<String> {
    let Engine::BuiltIn(algorithm) = engine;
    let own = service.algorithm_argv.iter().map(|part| part.to_string_lossy().into_owned());
    own.chain([algorithm.to_owned(), "serve".to_owned()]).collect()
}

/// Unpacks the model into `ml/model`.
pub(crate) async fn fetch_model(
    service: &Sagemaker,
    principal: &Principal,
    container: &Value,
    folder: &JobFolder,
) -> Result<(), Failure> {
    let target = folder.ml().join("model");
    std::fs::create_dir_all(&target).map_err(Failure::internal)?;
    let source = container.get("ModelDataSource").and_then(|source| source.get("S3DataSource"));
    let uri = source.map_or_else(|| container.get("ModelDataUrl"), |source| source.get("S3Uri"));
    let Some(uri) = uri.and_then(Value::as_str).filter(|uri| !uri.is_empty()) else {
        return Ok(());
    };
    let is_packed = source
        .is_none_or(|source| source.get("CompressionType").and_then(Value::as_str) != Some("None"));
    if !is_packed {
        let (bucket, _) = split_uri(uri).map_err(Failure::client)?;
        for (key, relative) in objects(service, principal, uri).await? {
            let target = target.join(inside(&relative)?);
            fetch_to(service, principal, &format!("s3://{bucket}/{key}"), &target).await?;
        }
        return Ok(());
    }
    let archive = folder.path().join("model.tar.gz");
    fetch_to(service, principal, uri, &archive).await?;
    let unpacked =
        tokio::task::spawn_blocking(move || unpack(&archive, &target, LARGEST_MODEL_BYTES)).await;
    unpacked
        .map_err(Failure::internal)?
        .map_err(|error| Failure::client(format!("the model {uri} cannot be unpacked: {error}")))
}

/// A port of the loopback address that is free now.
pub(crate) fn free_port() -> Result<u16, AwsError> {
    let listener = std::net::TcpListener::bind((std::net::Ipv4Addr::LOCALHOST, 0));
    listener.and_then(|it| it.local_addr()).map(|it| it.port()).map_err(runner_error)
}
