//! A model's containers as processes that answer requests.

pub(crate) mod http;

use crate::Sagemaker;
use crate::error::Error;
use crate::images::{Asked, Way};
use crate::job::input::{fetch_to, inside, objects};
use crate::job::script::{self, Program};
use crate::job::{self, Failure, archive, runner_error};
use crate::jobs::{self, split_uri};
use crate::packages;
use algorithms::{PORT_VARIABLE, Place, SOCKET_VARIABLE};
use runner::{JobFolder, JobSpec, Limits};
use serde_json::{Map, Value};
use service::{AwsError, Ctx, Principal};
use std::path::{Path, PathBuf};

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

/// The socket file of a process that is refit's own, in the job's folder, which nobody else may enter.
const SOCKET: &str = "serve.sock";
/// The file there that says that it listens at the socket and not at its port.
const HAS_SOCKET: &str = "serves-at-socket";

/// What a serving process is told besides its container.
pub(crate) struct Serving<'a> {
    /// Its id with the runner.
    pub(crate) run_id: &'a str,
    /// Where it listens, on the loopback address, unless it listens at a socket file.
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
    let mut spec = JobSpec::new(serving.run_id, Vec::<String>::new());
    spec.mount_opt_ml = true;
    spec.hidden = Some(job::spec::hidden(service));
    spec.limits = Limits { stop_grace_seconds: STOP_GRACE_SECONDS, ..Limits::default() };
    let credentials = ctx.kit.authoriser().credentials(&principal, CREDENTIAL_SECONDS).await;
    let credentials = credentials
        .map_err(|error| Failure::refused("the container gets no credentials", &error))?;
    spec.env.extend(credentials);
    for (name, value) in [
        ("AWS_ENDPOINT_URL", service.endpoint.as_str()),
        ("AWS_REGION", ctx.region.as_str()),
        ("AWS_DEFAULT_REGION", ctx.region.as_str()),
    ] {
        spec.env.insert(name.to_owned(), value.to_owned());
    }
    server(service, &principal, container, &folder, serving.port, &mut spec).await?;
    if spec.env.contains_key(SOCKET_VARIABLE) {
        // For a server that comes later.
        std::fs::write(folder.path().join(HAS_SOCKET), "").map_err(Failure::internal)?;
    }
    Ok(spec)
}

/// Where a process listens that was started.
pub(crate) async fn place(service: &Sagemaker, run_id: &str, port: u16) -> Result<Place, AwsError> {
    let folder = service.runner.prepare(run_id).await.map_err(runner_error)?;
    let folder = folder.path();
    Ok(if folder.join(HAS_SOCKET).exists() {
        Place::Socket(folder.join(SOCKET))
    } else {
        Place::Port(port)
    })
}

/// Says in `spec` what serves the container's model, which lies in the folder already.
pub(crate) async fn server(
    service: &Sagemaker,
    principal: &Principal,
    container: &Value,
    folder: &JobFolder,
    port: u16,
    spec: &mut JobSpec,
) -> Result<(), Failure> {
    let image = container.get("Image").and_then(Value::as_str).unwrap_or_default();
    let variables = container.get("Environment").and_then(Value::as_object);
    let variable = |name: &str| variables.and_then(|all| all.get(name)?.as_str());
    let way = way(service, image, variable("SAGEMAKER_PROGRAM"), folder)?;
    // What is refit's own needs no port, where everybody on this machine could ask it. Others know ports only.
    let is_own = matches!(way, Way::BuiltIn(_) | Way::Python(_));
    let program = match way {
        Way::BuiltIn(algorithm) => {
            let own = service.algorithm_argv.iter();
            let own = own.map(|part| part.to_string_lossy().into_owned());
            let argv = own.chain([algorithm, "serve".to_owned()]).collect();
            Program { argv, ..Program::default() }
        }
        Way::Python(packages) => {
            let code = code_of(service, principal, variable("SAGEMAKER_SUBMIT_DIRECTORY"), folder);
            let code = code.await?;
            python(service, folder, image, packages, &code).await?
        }
        Way::Folder(image) => folder_image(service, folder, &image, port).await?,
        Way::Container(image) => {
            spec.container = Some(job::spec::container_of(image, None).await?);
            // AWS: a container is run with `serve`.
            Program { argv: vec!["serve".to_owned()], ..Program::default() }
        }
    };
    program.put_into(spec);
    spec.env.insert(PORT_VARIABLE.to_owned(), port.to_string());
    for (name, value) in variables.into_iter().flatten() {
        spec.env.insert(name.clone(), value.as_str().unwrap_or_default().to_owned());
    }
    if is_own {
        let socket = folder.path().join(SOCKET).to_string_lossy().into_owned();
        spec.env.insert(SOCKET_VARIABLE.to_owned(), socket);
    }
    Ok(())
}

/// What serves an image: the user's script when there is one.
fn way(
    service: &Sagemaker,
    image: &str,
    program: Option<&str>,
    folder: &JobFolder,
) -> Result<Way, Failure> {
    let has_code = folder.ml().join("model/code").is_dir();
    let asked = Asked { has_program: program.is_some() || has_code };
    let found = service.images.way(image, asked);
    // An image for scripts serves plain models too.
    let found = found.or_else(|_| service.images.way(image, Asked { has_program: true }));
    found.map_err(Failure::client)
}

/// Brings the script: what `SAGEMAKER_SUBMIT_DIRECTORY` names, or `code` in the model. Answers its folder below `ml/`.
async fn code_of(
    service: &Sagemaker,
    principal: &Principal,
    directory: Option<&str>,
    folder: &JobFolder,
) -> Result<PathBuf, Failure> {
    let own = PathBuf::from("model/code");
    match directory.filter(|directory| !directory.is_empty()) {
        Some("/opt/ml/model/code") | None => Ok(own),
        Some(directory) => {
            let code = PathBuf::from("code");
            std::fs::create_dir_all(folder.ml().join(&code)).map_err(Failure::internal)?;
            script::bring(service, principal, directory, folder).await?;
            Ok(code)
        }
    }
}

/// The server of this crate with the user's script, in the environment of the image.
async fn python(
    service: &Sagemaker,
    folder: &JobFolder,
    image: &str,
    packages: Vec<String>,
    code: &Path,
) -> Result<Program, Failure> {
    let source = folder.ml().join(code);
    std::fs::create_dir_all(&source).map_err(Failure::internal)?;
    let environment = script::environment_of(service, folder, &source, packages, false).await?;
    let server = folder.path().join("inference.py");
    std::fs::write(&server, include_str!("serving/inference.py")).map_err(Failure::internal)?;
    let framework = ["xgboost", "pytorch"].into_iter().find(|name| image.contains(name));
    let code = format!("/opt/ml/{}", code.display());
    let argv = vec![
        environment.python.to_string_lossy().into_owned(),
        server.to_string_lossy().into_owned(),
        framework.unwrap_or("scikit-learn").to_owned(),
        code.clone(),
        "/opt/ml/model".to_owned(),
    ];
    let mut program = script::program(&environment, argv);
    program.directory = Some(code.clone());
    program.env.retain(|(name, _)| name != "PYTHONPATH");
    program.env.push(("PYTHONPATH".to_owned(), code));
    Ok(program)
}

/// What a folder image serves with: its executable `serve`, or its `serve.py` in an environment of its
/// `requirements.txt`.
async fn folder_image(
    service: &Sagemaker,
    folder: &JobFolder,
    image: &Path,
    port: u16,
) -> Result<Program, Failure> {
    let shown = image.display();
    let directory = Some(image.to_string_lossy().into_owned());
    let executable = image.join("serve");
    if script::is_executable(&executable) {
        let argv = vec![executable.to_string_lossy().into_owned(), "serve".to_owned()];
        return Ok(Program { argv, directory, ..Program::default() });
    }
    if image.join("serve.py").is_file() {
        let environment = script::environment_of(service, folder, image, Vec::new(), false).await?;
        let file = image.join("serve.py").to_string_lossy().into_owned();
        let python = environment.python.to_string_lossy().into_owned();
        let mut program = script::program(&environment, vec![python, file]);
        program.env.push(("PORT".to_owned(), port.to_string()));
        program.directory = directory;
        return Ok(program);
    }
    Err(Failure::client(format!(
        "the folder {shown} cannot serve: it has neither an executable serve nor a serve.py"
    )))
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
    let unpacked = tokio::task::spawn_blocking(move || {
        archive::unpack(&archive, &target, archive::LARGEST_BYTES)
    });
    let unpacked = unpacked.await;
    unpacked
        .map_err(Failure::internal)?
        .map_err(|error| Failure::client(format!("the model {uri} cannot be unpacked: {error}")))
}

/// A port of the loopback address that is free now.
pub(crate) fn free_port() -> Result<u16, AwsError> {
    let listener = std::net::TcpListener::bind((std::net::Ipv4Addr::LOCALHOST, 0));
    listener.and_then(|it| it.local_addr()).map(|it| it.port()).map_err(runner_error)
}
